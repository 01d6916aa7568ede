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
    place = _place_of(by, interface_id, known_id, by_file)
    lock_interfaces(by.session, [interface_id, place])
    locked = {account.id: account for account in lock_accounts(by.session, [new_id, known_id])}
    # Somebody else may have matched it while this waited for its turn.
    if _place_of(by, interface_id, known_id, by_file) != place:
        raise CannotMatch
    new, known = locked.get(new_id), locked[known_id]
    if new is None or not _can_become(by, new, known, interface_id):
        raise CannotMatch
    fence_off(by.session, [interface_id, place])
    _go_on(by, new, known)
    since = _ask_what_follows(by, known)
    by.session.flush()
    stop_empty(by.session, [place])
    return Matched(known, since)


def _place_of(by: Saver, interface_id: str, known_id: str, by_file: Collection[str]) -> str:
    possible = store.candidates(by.session, by.entity.id, interface_id, by_file)
    place = next((one.interface.id for one in possible if one.account.id == known_id), None)
    if place is None:
        raise CannotMatch
    return place


def _can_become(by: Saver, new: Account, known: Account, interface_id: str) -> bool:
    here = new.id != known.id and new.shared and new.interface_id == interface_id
    empty = new.id not in store.last_days(by.session, [new.id])
    return here and empty and new.currency == known.currency


def _ask_what_follows(by: Saver, known: Account) -> date | None:
    """Have the account begin after the last day it has, and return that day, if it has any.

    A card with deferred debit is booked on a day to come: what is bought until then would be left
    out. There the last purchase counts, and a person looks first: what was bought since the last
    debit is told again.
    """
    days = store.last_days(by.session, [known.id])
    if known.id not in days:
        return None
    last = days[known.id]
    if last > by.today:
        last = min(store.last_purchases(by.session, [known.id])[known.id], by.today)
        known.review_first = True
    known.import_mode, known.import_from = ImportMode.SINCE_DATE, last + DAY
    return known.import_from


def _go_on(by: Saver, new: Account, known: Account) -> None:
    place, ref = new.interface_id, new.external_ref
    known.kind, known.name, known.holder_name = new.kind, new.name, new.holder_name
    known.number_last4, known.id_traits = new.number_last4, new.id_traits
    known.import_mode, known.import_from = new.import_mode, new.import_from
    known.activated_on = new.activated_on
    known.review_first = known.review_first or new.review_first
    key = store.hand_on(by.session, new, known)
    known.interface_id, known.external_ref = place, ref
    known.cursor = known.complete_until = known.not_seen_since = None
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
