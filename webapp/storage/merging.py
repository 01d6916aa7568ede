"""Two stored transactions made one, and parted again, with what people did on both (I11, A29).

The row that goes stays in the table as a duplicate of the one that stands for both, so that no sync
brings it back. Locks are taken as everywhere: accounts first, then the reports of the people.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, or_, select, update

from cardsync_sdk.types import TransactionKind
from webapp.domain.life import EventKind
from webapp.domain.merging import MergeRefusal, MergeRefused
from webapp.domain.questions import Answer
from webapp.domain.sameness import DUPLICATE
from webapp.storage import audit, merged_work
from webapp.storage.accounts import lock_accounts
from webapp.storage.lives import Happened, record_events
from webapp.storage.people import LegalEntity
from webapp.storage.questions import Question
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

# What the bank says of a transaction: the columns that a sync writes, with their digest.
BANK_VALUES: Final = (
    "external_id",
    "kind",
    "status",
    "day",
    "purchased_on",
    "booked_on",
    "value_on",
    "amount_minor",
    "currency",
    "original_minor",
    "original_currency",
    "fee_minor",
    "memo",
    "label",
    "merchant",
    "fuel",
    "card_last4",
    "source_stamp",
    "content",
)
_DAYS: Final = ("day", "purchased_on", "booked_on", "value_on")
# The key of a row whose own key belongs to the one that stands for it.
_MERGED: Final = "merged:"


_ACTIONS = {EventKind.MERGED: "transaction.merged", EventKind.SPLIT: "transaction.split"}


def merge(
    session: Session,
    stays_id: str,
    goes_id: str,
    *,
    by: str | None,
    at: datetime,
    takes_values: bool,
) -> None:
    """Have ``stays_id`` stand for both; ``goes_id`` becomes its duplicate.

    :param by: the person who said so; ``None`` where an agreed rule did.
    :param takes_values: the bank tells the purchase as the row that goes from now on: the one that
        stays takes its values, and its keys.
    :raises MergeRefused: with the reason; nothing was changed then.
    """
    stays, goes = _lock_pair(session, stays_id, goes_id)
    _refuse(stays, goes)
    united = merged_work.unite(session, stays, goes, at)
    before = _take_followers(session, stays.id, goes.id)
    before |= {"merged_into": None, "status": goes.status, "expense": dict(united.gone)}
    values = None
    if takes_values:
        values = stays.model_dump(mode="json", include=set(BANK_VALUES))
        before["below"] = _with_values(session, stays.id)
        before |= _hand_over_keys(session, stays, goes)
        _set_values(stays, {name: getattr(goes, name) for name in BANK_VALUES})
        stays.last_run_id = goes.last_run_id
        stays.first_run_id = stays.first_run_id or goes.first_run_id
    goes.status, goes.merged_into = DUPLICATE, stays.id
    session.add_all([stays, goes])
    session.flush()
    merged_work.follow_bank(session, stays, at, enters=united.left_report or takes_values)
    _lapse(session, goes.id, at)
    _tell(session, EventKind.MERGED, stays, goes, by, at, {stays.id: values, goes.id: before})


def split(session: Session, goes_id: str, *, by: str | None, at: datetime) -> str:
    """Part a duplicate from the row that stands for it; returns that row's id.

    Receipts, comments and the expense stay where they are: nobody knows which of the two purchases
    they are for. The caller gives the parted one an expense of its own, as attaching does.

    :raises MergeRefused: with the reason; nothing was changed then.
    """
    found = session.get(BankTransaction, goes_id)
    if found is None or found.merged_into is None:
        raise MergeRefused(MergeRefusal.NOT_MERGED)
    stays, goes = _lock_pair(session, found.merged_into, goes_id)
    if goes.merged_into != stays.id:
        raise MergeRefused(MergeRefusal.NOT_MERGED)
    event = _merge_of(session, goes.id)
    before = dict(event.before or {}) if event is not None else {}
    values = _values_before(session, stays, goes, before)
    merged_work.lock_people(session, [stays.id])
    _give_keys_back(session, goes, before)
    goes.status, goes.merged_into = before.get("status", "booked"), None
    if values is not None:
        _set_values(goes, {name: getattr(stays, name) for name in BANK_VALUES})
        goes.last_run_id = stays.last_run_id
        _set_values(stays, values)
    _give_followers_back(session, stays.id, goes.id, before)
    session.add_all([stays, goes])
    session.flush()
    merged_work.follow_bank(session, stays, at, enters=False)
    _tell(session, EventKind.SPLIT, stays, goes, by, at, {})
    return stays.id


def stand_alone(session: Session, gone: Any, account_id: str) -> None:
    """Have duplicates of rows that are about to be deleted stand for themselves again.

    :param gone: the query of the ids of these rows, all of one account.
    """
    query = select(BankTransaction).where(
        col(BankTransaction.merged_into).in_(gone), BankTransaction.account_id != account_id
    )
    for row in session.exec(query).all():
        event = _merge_of(session, row.id)
        before = dict(event.before or {}) if event is not None else {}
        stays = session.get_one(BankTransaction, row.merged_into)
        _give_keys_back(session, row, before)
        if "identity_key" in before:
            _set_values(row, {name: getattr(stays, name) for name in BANK_VALUES})
        row.status, row.merged_into = before.get("status", "booked"), None
        session.add(row)
    session.flush()


def _lock_pair(
    session: Session, stays_id: str, goes_id: str
) -> tuple[BankTransaction, BankTransaction]:
    """Return both rows as they stand once every sync of their accounts has finished."""
    if stays_id == goes_id:
        raise MergeRefused(MergeRefusal.SAME_ROW)
    ids = (stays_id, goes_id)
    wanted = col(BankTransaction.id).in_(ids)
    lock_accounts(session, set(session.exec(select(BankTransaction.account_id).where(wanted))))
    query = select(BankTransaction).where(wanted).execution_options(populate_existing=True)
    rows = {row.id: row for row in session.exec(query)}
    if len(rows) < len(ids):
        raise MergeRefused(MergeRefusal.SETTLED)
    return rows[stays_id], rows[goes_id]


def _refuse(stays: BankTransaction, goes: BankTransaction) -> None:
    why = None
    if stays.legal_entity_id != goes.legal_entity_id:
        why = MergeRefusal.OTHER_ENTITY
    elif DUPLICATE in (stays.status, goes.status):
        why = MergeRefusal.SETTLED
    elif [stays.kind, goes.kind].count(TransactionKind.SUMMARY) == 1:
        why = MergeRefusal.TOTAL
    if why is not None:
        raise MergeRefused(why)


def _hand_over_keys(
    session: Session, stays: BankTransaction, goes: BankTransaction
) -> dict[str, Any]:
    """Have every key of ``goes`` find ``stays`` from now on; returns the keys it had."""
    query = select(TransactionAlias).where(TransactionAlias.transaction_id == goes.id)
    aliases = session.exec(query).all()
    had = {
        "identity_key": goes.identity_key,
        "aliases": [[one.account_identity_id, one.key] for one in aliases],
    }
    for alias in aliases:
        alias.transaction_id = stays.id
    key, goes.identity_key = goes.identity_key, f"{_MERGED}{goes.id}"
    session.flush()
    session.add(
        TransactionAlias(
            account_identity_id=goes.account_identity_id, key=key, transaction_id=stays.id
        )
    )
    return had


def _give_keys_back(session: Session, goes: BankTransaction, before: dict[str, Any]) -> None:
    key = before.get("identity_key")
    if key is None:
        return
    # Whoever stands for it now: the one it was merged into may have been merged itself.
    own = session.get(TransactionAlias, (goes.account_identity_id, key))
    if own is not None:
        session.delete(own)
        session.flush()
    goes.identity_key = key
    for identity_id, alias_key in before.get("aliases", ()):
        alias = session.get(TransactionAlias, (identity_id, alias_key))
        if alias is not None:
            alias.transaction_id = goes.id


def _set_values(row: BankTransaction, values: dict[str, Any]) -> None:
    for name, value in values.items():
        plain = name in _DAYS and isinstance(value, str)
        setattr(row, name, date.fromisoformat(value) if plain else value)


def _values_before(
    session: Session, stays: BankTransaction, goes: BankTransaction, before: dict[str, Any]
) -> dict[str, Any] | None:
    """Return what the bank had said of ``stays`` before it took the values of ``goes``, if it did.

    :raises MergeRefused: if it has taken another row's values since.
    """
    if "identity_key" not in before:
        return None
    for other in _with_values(session, stays.id):
        merged = _merge_of(session, other)
        if merged is not None and goes.id in (merged.before or {}).get("below", ()):
            raise MergeRefused(MergeRefusal.LATER_MERGE)
    query = select(TransactionEvent).where(
        TransactionEvent.transaction_id == stays.id,
        TransactionEvent.kind == EventKind.MERGED.value,
        TransactionEvent.detail == goes.id,
    )
    event = session.exec(query.order_by(col(TransactionEvent.at).desc()).limit(1)).first()
    return event.before if event is not None else None


def _with_values(session: Session, stays_id: str) -> list[str]:
    """Return the duplicates whose values and keys this row has taken."""
    query = select(BankTransaction.id).where(
        BankTransaction.merged_into == stays_id,
        col(BankTransaction.identity_key).startswith(_MERGED),
    )
    return sorted(session.exec(query))


def _merge_of(session: Session, goes_id: str) -> TransactionEvent | None:
    """Return the event by which a row became a duplicate last."""
    query = select(TransactionEvent).where(
        TransactionEvent.transaction_id == goes_id, TransactionEvent.kind == EventKind.MERGED.value
    )
    events = session.exec(query.order_by(col(TransactionEvent.at).desc())).all()
    return next((one for one in events if "merged_into" in (one.before or {})), None)


def _take_followers(session: Session, stays_id: str, goes_id: str) -> dict[str, Any]:
    """Have what points to the row that goes point to the one that stays; returns what did."""
    query = select(BankTransaction.id, BankTransaction.merged_into).where(
        or_(col(BankTransaction.merged_into) == goes_id, col(BankTransaction.refund_of) == goes_id)
    )
    found: dict[str, Any] = {"duplicates": [], "refunds": []}
    for row_id, merged_into in session.exec(query):
        found["duplicates" if merged_into == goes_id else "refunds"].append(row_id)
    _point(session, "merged_into", found["duplicates"], goes_id, stays_id)
    _point(session, "refund_of", found["refunds"], goes_id, stays_id)
    return found


def _give_followers_back(
    session: Session, stays_id: str, goes_id: str, before: dict[str, Any]
) -> None:
    _point(session, "merged_into", before.get("duplicates", ()), stays_id, goes_id)
    _point(session, "refund_of", before.get("refunds", ()), stays_id, goes_id)


def _point(session: Session, column: str, ids: Iterable[str], was: str, to: str) -> None:
    pointer = getattr(BankTransaction, column)
    session.exec(
        update(BankTransaction)
        .where(col(BankTransaction.id).in_(list(ids)), pointer == was)
        .values({column: to})
    )


def _lapse(session: Session, goes_id: str, at: datetime) -> None:
    """Answer what is still asked about a row that is a duplicate now."""
    session.exec(
        update(Question)
        .where(
            or_(col(Question.first_id) == goes_id, col(Question.second_id) == goes_id),
            col(Question.answer).is_(None),
        )
        .values(answer=Answer.LAPSED.value, answered_at=at)
    )


def _tell(
    session: Session,
    kind: EventKind,
    stays: BankTransaction,
    goes: BankTransaction,
    by: str | None,
    at: datetime,
    before: dict[str, dict[str, Any] | None],
) -> None:
    """Write what happened into the lives of both rows and into the audit trail."""
    happened = [
        Happened(row.id, kind, before.get(row.id), other.id)
        for row, other in ((stays, goes), (goes, stays))
    ]
    record_events(session, happened, at=at, user_id=by)
    audit.record(
        session,
        at=at,
        action=_ACTIONS[kind],
        target_kind="transaction",
        target_id=stays.id,
        actor_id=by,
        group_id=session.get_one(LegalEntity, stays.legal_entity_id).group_id,
        legal_entity_id=stays.legal_entity_id,
        account=stays.account_id,
        transaction=goes.id,
    )
