"""Store what an admin shared at the partner's: the interface and exactly its accounts (R13, R41).

Written in the caller's transaction, after every call to the partner has ended. What was not shared
is not stored at all. What was shared before is updated, never doubled; an account that comes back
under another link keeps its holder, its mode and its history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cardsync_sdk.pan import mask_pans
from cardsync_sdk.types import AccountKind, ConnectorInfo, Link, RemoteAccount
from webapp.domain.identity import account_keys, last_four, ref_key
from webapp.domain.interfaces import (
    DueReason,
    ImportMode,
    InterfaceState,
    usual_import_mode,
)
from webapp.domain.lifecycle import Event, after
from webapp.domain.schedule import first_run_at
from webapp.storage import accounts as accounts_store
from webapp.storage import audit, links
from webapp.storage.accounts import Account, AccountIdentity
from webapp.storage.columns import new_id
from webapp.storage.interfaces import Interface, fence_off, interface_of_link, stop_empty
from webapp.storage.people import LegalEntity
from webapp.storage.secrets import SecretBox
from webapp.sync.ringing import take_up_parked
from webapp.sync.stopping import may_restore

# ISO 4217: "no currency involved".
NO_CURRENCY: Final = "XXX"


@dataclass(frozen=True, slots=True)
class Sharer:
    """Who stores what came back: the admin, for which legal entity, through which connector."""

    session: Session
    box: SecretBox
    info: ConnectorInfo
    entity: LegalEntity
    user_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Shared:
    """What storing one link came to; counts of accounts."""

    interface_id: str
    added: int
    known: int
    stopped: int


def store_share(by: Sharer, link: Link, listed: Sequence[RemoteAccount]) -> Shared:
    """Store ``link`` and exactly the accounts of ``listed`` that are shared."""
    shared = [_with_currency(by, account) for account in listed if account.shared]
    found = interface_of_link(by.session, by.entity.id, by.info.slug, link.ref)
    interface = _activate(by, found, link)
    mine = {
        account.external_ref: account
        for account in accounts_store.accounts_of(by.session, interface.id)
    }
    keys = account_keys(
        shared,
        accounts_store.keys_of_refs(by.session, interface.id),
        connector=by.info.slug,
        institution=link.institution,
        link_ref=link.ref,
    )
    identities = _identities(by, list(keys.values()))
    elsewhere, others = _held_elsewhere(by, interface, identities)
    added = 0
    for remote in shared:
        identity = identities[keys[remote.ref]]
        account = mine.get(remote.ref) or elsewhere.get(identity.id)
        added += account is None
        _store_account(by, interface, identity, remote, account)
    stopped = _stop_unshared(by, mine, {account.ref for account in shared})
    by.session.flush()
    stop_empty(by.session, [*others, interface.id])
    take_up_parked(by.session, interface, by.now)
    return Shared(interface.id, added, len(shared) - added, stopped)


def _with_currency(by: Sharer, account: RemoteAccount) -> RemoteAccount:
    """Take the entity's currency for an account whose source shows none yet."""
    if account.currency != NO_CURRENCY:
        return account
    return replace(account, currency=by.entity.currency)


def _activate(by: Sharer, found: Interface | None, link: Link) -> Interface:
    interface = found or _new_interface(by)
    links.store_link(by.box, interface, link)
    if interface.state != InterfaceState.ACTIVE:
        _schedule(by, interface)
    by.session.add(interface)
    by.session.flush()
    if found is not None:
        # A run that still speaks with the old consent must not move the new one's cursor.
        fence_off(by.session, [interface.id])
    action = "interface.reconnected" if found else "interface.connected"
    _audit(by, action, "interface", interface.id, institution=link.institution)
    return interface


def _new_interface(by: Sharer) -> Interface:
    return Interface(
        legal_entity_id=by.entity.id,
        connector=by.info.slug,
        created_by=by.user_id,
        created_at=by.now,
    )


def _schedule(by: Sharer, interface: Interface) -> None:
    """Activate, with the first run on the day after (R29); one that stood still is due at once."""
    zone = ZoneInfo(by.entity.timezone)
    if interface.activated_on is None:
        interface.activated_on = by.now.astimezone(zone).date()
    first = first_run_at(interface.activated_on, zone, interface.id)
    early = first > by.now
    again = Event.CONNECTED_ON_FIRST_DAY if early else Event.CONNECTED_AGAIN
    new = interface.state == InterfaceState.INCOMPLETE
    interface.state = after(interface.state, Event.LINKED if new else again)
    interface.last_error, interface.last_error_reason, interface.attempts = "", "", 0
    # A consent is tried at once even where it is synced only when asked: somebody waits for it.
    interface.next_due_at = by.now if not early else first if interface.nightly else None
    interface.due_reason = DueReason.FIRST if early else DueReason.RETRY


def _identities(by: Sharer, keys: Sequence[str]) -> dict[str, AccountIdentity]:
    found = accounts_store.identities(by.session, by.entity.id, keys)
    for key in keys:
        if key not in found:
            found[key] = AccountIdentity(legal_entity_id=by.entity.id, key=key, created_at=by.now)
            by.session.add(found[key])
    by.session.flush()
    return found


def _held_elsewhere(
    by: Sharer, interface: Interface, identities: dict[str, AccountIdentity]
) -> tuple[dict[str, Account], list[str]]:
    """Return the accounts these identities already have, and the other interfaces they are under.

    Runs of those interfaces are stopped: they must not write for an account that moves away.
    """
    ids = [identity.id for identity in identities.values()]
    found = accounts_store.accounts_of_identities(by.session, by.entity.id, ids)
    others = sorted({account.interface_id for account in found.values()} - {interface.id})
    if others:
        fence_off(by.session, others)
    return found, others


def _store_account(
    by: Sharer,
    interface: Interface,
    identity: AccountIdentity,
    remote: RemoteAccount,
    known: Account | None,
) -> Account:
    account = known or Account(
        legal_entity_id=by.entity.id,
        interface_id=interface.id,
        identity_id=identity.id,
        external_ref=remote.ref,
        kind=remote.kind,
        name="",
        currency=remote.currency,
        import_mode=usual_import_mode(household=by.entity.household),
        activated_on=_joined_on(by, interface),
        created_at=by.now,
    )
    if (account.interface_id, account.external_ref) != (interface.id, remote.ref):
        # The cursor spoke of another link; the overlap of a full walk costs nothing.
        account.interface_id, account.external_ref = interface.id, remote.ref
        account.cursor = None
    # A trip for another card does not take up one that was stopped here (D-G).
    stays_stopped = known is not None and may_restore(known, by.now)
    newly = (known is None or not known.shared) and not stays_stopped
    if not stays_stopped:
        account.shared, account.stopped_at = True, None
    # Listed by the source just now: it is seen, and nobody need be told otherwise (D-O).
    account.not_seen_since = None
    account.kind = remote.kind
    account.name = mask_pans(remote.name)
    account.holder_name = mask_pans(remote.holder_name or "")
    account.number_last4 = last_four(remote.number_masked or remote.iban)
    account.id_traits = " ".join(sorted(remote.id_traits or ()))
    by.session.add(account)
    if newly:
        _audit(by, "account.shared", "account", account.id, interface=interface.id)
    return account


def _joined_on(by: Sharer, interface: Interface) -> date | None:
    """Return the day an account joins an interface that is already at work, else ``None`` (R45)."""
    today = by.now.astimezone(ZoneInfo(by.entity.timezone)).date()
    return today if interface.activated_on != today else None


def _stop_unshared(by: Sharer, mine: dict[str, Account], shared_refs: set[str]) -> int:
    """Stop syncing what is not shared any more; its history and its expenses stay."""
    gone = [
        account
        for account in mine.values()
        if account.shared and account.external_ref not in shared_refs
    ]
    for account in gone:
        account.shared = False
        by.session.add(account)
        _audit(by, "account.unshared", "account", account.id, interface=account.interface_id)
    return len(gone)


def _audit(by: Sharer, action: str, kind: str, target_id: str, **detail: str) -> None:
    audit.record_in(by.session, by, action, kind=kind, target_id=target_id, **detail)


@dataclass(frozen=True, slots=True)
class FileAccount:
    """An account whose statements are handed in as files, as its admin names it."""

    name: str
    kind: AccountKind
    currency: str
    last4: str


def open_file_interface(by: Sharer, named: FileAccount) -> str:
    """Create an interface with one account that is fed by files, and return its id.

    It is active at once and has no next sync: a file is imported when it is handed in.
    """
    interface = _new_interface(by)
    interface.label = mask_pans(named.name)
    interface.state = after(interface.state, Event.LINKED_TO_FILES)
    interface.nightly = False
    interface.activated_on = by.now.astimezone(ZoneInfo(by.entity.timezone)).date()
    ref = new_id()
    key = ref_key(ref, connector=by.info.slug, link_ref="")
    identity = AccountIdentity(legal_entity_id=by.entity.id, key=key, created_at=by.now)
    by.session.add_all([interface, identity])
    by.session.flush()
    remote = RemoteAccount(
        ref=ref,
        name=named.name,
        kind=named.kind,
        currency=named.currency,
        number_masked=named.last4,
    )
    _audit(by, "interface.connected", "interface", interface.id)
    account = _store_account(by, interface, identity, remote, None)
    # Whoever hands a file in has chosen its days already.
    account.import_mode = ImportMode.ALL_AVAILABLE
    return interface.id
