"""A claimed run with everything it needs, loaded before the network is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from cardsync_sdk.registry import Connector, Registry
from cardsync_sdk.types import AccountRef, FetchWindow, IdTrait, Link
from webapp.domain.interfaces import ImportMode
from webapp.domain.transactions import IdentityCounter
from webapp.domain.windows import deep_is_due, import_floor, next_window, window_again
from webapp.storage import leases
from webapp.storage.accounts import Account
from webapp.storage.coverage import first_hole
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.leases import Claim
from webapp.storage.links import load_link
from webapp.storage.people import LegalEntity
from webapp.storage.secrets import SecretBox
from webapp.sync.state import RunState
from webapp.sync.watching import USUAL_LIMITS, Limits, Watch


class NotReady(Exception):
    """The run cannot begin: its connector is not installed."""


@dataclass(frozen=True)
class Engine:
    """What every run needs of its surroundings."""

    database: Database
    registry: Registry
    secrets: SecretBox
    limits: Limits = USUAL_LIMITS


@dataclass(frozen=True)
class Job:
    """What one run does.

    ``windows`` says what is asked of each account, by account id; ``again`` what is asked for once
    more besides. ``feed`` is false for a file handed in: it moves neither the schedule nor a mark
    of the feed. ``watch``: seen by whoever supervises the run.
    """

    claim: Claim
    state: RunState
    connector: Connector
    link: Link
    zone: ZoneInfo
    activated_on: date
    accounts: tuple[Account, ...]
    windows: Mapping[str, FetchWindow]
    again: Mapping[str, FetchWindow] = field(default_factory=dict)
    feed: bool = True
    watch: Watch = field(default_factory=Watch)

    @property
    def today(self) -> date:
        """The business day in the legal entity's zone (D-D)."""
        return self.claim.as_of.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Found:
    """What a run needs of the database; ``holes``: the first day never fetched, by account id."""

    entity_id: str
    connector: Connector
    link: Link
    zone: ZoneInfo
    activated_on: date
    accounts: tuple[Account, ...]
    holes: Mapping[str, date]


def load_feed_job(engine: Engine, claim: Claim, run_id: str, watch: Watch | None = None) -> Job:
    """Load the run of a claimed interface; an account's floor is fixed at its first run (D-S).

    :raises FencedOff: if an admin has changed what is imported since the claim.
    :raises NotReady: if the connector is not installed.
    :raises SecretUnreadable: if the stored link does not open.
    """
    with engine.database.read() as session:
        found = _read(session, engine, claim)
    if any(_owes_floor(account, found.activated_on) for account in found.accounts):
        with engine.database.write() as session:
            # A floor that an admin sets at this moment must not be written over by one read before.
            leases.renew(session, claim)
            found = _read(session, engine, claim)
            fix_floors(found.accounts, found.activated_on)
    connector, accounts = found.connector, found.accounts
    today = claim.as_of.astimezone(found.zone).date()
    windows = {
        account.id: next_window(
            floor=account.import_from,
            complete_until=account.complete_until,
            today=today,
            lookback=connector.info.lookback,
            deep_read_on=account.deep_read_on,
            hole=found.holes.get(account.id),
        )
        for account in accounts
    }
    return Job(
        claim=claim,
        state=new_state(claim, run_id, found.entity_id, connector, accounts),
        connector=connector,
        link=found.link,
        zone=found.zone,
        activated_on=found.activated_on,
        accounts=accounts,
        windows=windows,
        again=_windows_again(claim, accounts, windows),
        watch=watch or Watch(),
    )


def _read(session: Session, engine: Engine, claim: Claim) -> Found:
    found = session.execute(_interface(), {"of": claim.interface_id})
    interface, timezone = found.one()
    if interface.fence != claim.fence:
        raise leases.FencedOff(f"interface {interface.id}: what is imported was changed")
    if interface.activated_on is None:
        raise NotReady("the interface was never activated")
    accounts = _shared_accounts(session, interface.id)
    zone = ZoneInfo(timezone)
    today = claim.as_of.astimezone(zone).date()
    holes = {one.id: _first_hole(session, one, today) for one in accounts}
    return Found(
        entity_id=interface.legal_entity_id,
        connector=connector_of(engine.registry, interface.connector),
        link=load_link(session, engine.secrets, interface),
        zone=zone,
        activated_on=interface.activated_on,
        accounts=accounts,
        holes={account_id: day for account_id, day in holes.items() if day is not None},
    )


def _first_hole(session: Session, account: Account, today: date) -> date | None:
    """Return the first day that was never fetched up to the last success, where it is asked for."""
    if account.complete_until is None or not deep_is_due(account.deep_read_on, today):
        return None
    hole = first_hole(session, account.id, account.import_from, account.complete_until)
    return hole.first if hole else None


def _windows_again(
    claim: Claim, accounts: Sequence[Account], usual: Mapping[str, FetchWindow]
) -> dict[str, FetchWindow]:
    """Return what is asked for once more, by account id."""
    found = {
        account.id: window_again(
            claim.again,
            account_id=account.id,
            floor=account.import_from,
            usual=usual[account.id],
            from_cursor=account.cursor is not None,
        )
        for account in accounts
    }
    return {account_id: window for account_id, window in found.items() if window is not None}


def connector_of(registry: Registry, slug: str) -> Connector:
    """Return the connector ``slug``.

    :raises NotReady: if it is not installed, or broken.
    """
    try:
        return registry.get(slug)
    except KeyError:
        raise NotReady(f"the connector {slug} is not installed, or could not be loaded") from None


def new_state(
    claim: Claim,
    run_id: str,
    entity_id: str,
    connector: Connector,
    accounts: Sequence[Account],
    *,
    floors: bool = True,
) -> RunState:
    """Return the fresh memory of a run over ``accounts``, read through ``connector``."""
    return RunState(
        claim=claim,
        run_id=run_id,
        source=connector.info.slug,
        entity_id=entity_id,
        account_ids=[account.id for account in accounts],
        counters=fresh_counters(connector, accounts),
        floors=floors,
        by_file=connector.info.reads_files,
        metered=connector.info.quota.calls_a_minute is not None,
    )


def fresh_counters(connector: Connector, accounts: Sequence[Account]) -> dict[str, IdentityCounter]:
    """Return counters for one walk over ``accounts``, by the source's account ref."""
    return {
        account.external_ref: IdentityCounter(connector.info.slug, traits_of(account, connector))
        for account in accounts
    }


def traits_of(account: Account, connector: Connector) -> frozenset[IdTrait]:
    """Return the account's own id policy where its connector declared one, else the default."""
    own = account.id_traits.split()
    if own and not connector.info.reads_files:
        return frozenset(IdTrait(trait) for trait in own)
    return connector.info.id_traits


def account_ref(account: Account) -> AccountRef:
    """Return how a connector is told of ``account``."""
    return AccountRef(account.external_ref, account.currency, account.number_last4 or None)


def fix_floors(accounts: Sequence[Account], activated_on: date) -> None:
    """Give each account that never ran the floor its import mode says, for good."""
    for account in accounts:
        if account.import_from is None:
            account.import_from = _floor_of(account, activated_on)


def _owes_floor(account: Account, activated_on: date) -> bool:
    return account.import_from is None and _floor_of(account, activated_on) is not None


def _floor_of(account: Account, activated_on: date) -> date | None:
    """Return the floor that the import mode says; ``None`` for everything there is."""
    mode = ImportMode(account.import_mode)
    return import_floor(mode, activated_on=account.activated_on or activated_on)


def _shared_accounts(session: Session, interface_id: str) -> tuple[Account, ...]:
    return tuple(session.execute(_shared(), {"of": interface_id}).scalars())


# What every run begins with, so built once.
@cache
def _interface() -> Any:
    return (
        select(Interface, col(LegalEntity.timezone))
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .where(col(Interface.id) == bindparam("of"))
    )


@cache
def _shared() -> Any:
    return (
        select(Account)
        .where(col(Account.interface_id) == bindparam("of"), col(Account.shared))
        # The same order in every run, whatever ids were given within one millisecond.
        .order_by(col(Account.external_ref))
    )
