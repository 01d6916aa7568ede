"""Let an account that was there already go on under another link (R63).

What a link shows anew is an account of its own until an admin says that it is one known before:
stopped, fed by files, or under a connection that no longer works. Then the known one goes on, with
its history, its holders and its expenses, and the match is remembered under the key that was shown.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from webapp.domain.attachments import DAY
from webapp.domain.interfaces import ImportMode
from webapp.storage import matching as store
from webapp.storage.accounts import Account, AccountIdentityAlias, lock_accounts
from webapp.storage.interfaces import fence_off, lock_interfaces, stop_empty
from webapp.sync.attaching import Saver, audit_account


@dataclass(frozen=True, slots=True)
class Matched:
    """The account that goes on, and the first day its new link is asked for, if that is fixed."""

    account: Account
    since: date | None


class CannotMatch(Exception):
    """The two cannot be one: the new one holds transactions, or the known one is fed elsewhere."""


def match_account(
    by: Saver, interface_id: str, new_id: str, known_id: str, *, by_file: Collection[str]
) -> Matched:
    """Have the account ``known_id`` go on where ``new_id`` is shown now, which ends.

    A new link names rows anew, so overlapping days could come twice: it is asked for what follows
    the last day the account has, until another day is chosen.

    :param by_file: the connectors whose interfaces are fed by files.
    :raises CannotMatch: if that would mix two accounts.
    """
    possible = store.candidates(by.session, by.entity.id, interface_id, by_file)
    place = next((one.interface.id for one in possible if one.account.id == known_id), None)
    if place is None:
        raise CannotMatch
    lock_interfaces(by.session, [interface_id, place])
    locked = {account.id: account for account in lock_accounts(by.session, [new_id, known_id])}
    new, known = locked.get(new_id), locked[known_id]
    days = store.last_days(by.session, [new_id, known_id])
    if (
        new is None
        or new.interface_id != interface_id
        or new_id in days
        or new.currency != known.currency
    ):
        raise CannotMatch
    fence_off(by.session, [interface_id, place])
    _go_on(by, new, known)
    since = days[known_id] + DAY if known_id in days else None
    if since is not None:
        known.import_mode, known.import_from = ImportMode.SINCE_DATE, since
    by.session.flush()
    stop_empty(by.session, [place])
    return Matched(known, since)


def _go_on(by: Saver, new: Account, known: Account) -> None:
    place, ref = new.interface_id, new.external_ref
    known.kind, known.name, known.holder_name = new.kind, new.name, new.holder_name
    known.number_last4, known.id_traits = new.number_last4, new.id_traits
    known.import_mode, known.import_from = new.import_mode, new.import_from
    known.activated_on = new.activated_on
    known.review_first = known.review_first or new.review_first
    key = store.hand_on(by.session, new, known)
    known.interface_id, known.external_ref = place, ref
    known.cursor = known.complete_until = None
    known.shared, known.stopped_at = True, None
    by.session.add_all(
        [
            known,
            AccountIdentityAlias(
                legal_entity_id=by.entity.id,
                key=key,
                identity_id=known.identity_id,
                created_at=by.now,
            ),
        ]
    )
    audit_account(by, "account.matched", known, interface=place)
