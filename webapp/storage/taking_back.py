"""The bulk writes of an undo: what a run told first goes, what it changed is put back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, select

from cardsync_sdk.money import Money
from cardsync_sdk.types import (
    FetchedTransaction,
    Fuel,
    Merchant,
    TransactionKind,
    TransactionStatus,
)
from webapp.domain.fates import Fate
from webapp.domain.life import EventKind
from webapp.domain.transactions import bank_content
from webapp.storage import merged_work
from webapp.storage.balances import AccountBalance
from webapp.storage.expenses import Expense
from webapp.storage.ingest import in_chunks, load_known
from webapp.storage.lives import Happened, plain, record_events
from webapp.storage.questions import HeldRow, Question
from webapp.storage.runs import Coverage, RowFate, SyncRun
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

_DAYS: Final = ("day", "purchased_on", "booked_on", "value_on")


def take_away(session: Session, run_id: str, ids: Sequence[str]) -> None:
    """Delete transactions that nobody has touched, with everything that hangs on them."""
    _drop_questions(session, run_id)
    for some in in_chunks(ids):
        asked = or_(col(Question.first_id).in_(some), col(Question.second_id).in_(some))
        _delete_questions(session, asked)
        for model, column in (
            (TransactionAlias, TransactionAlias.transaction_id),
            (TransactionEvent, TransactionEvent.transaction_id),
            (Expense, Expense.transaction_id),
        ):
            session.exec(delete(model).where(col(column).in_(some)))
        # A refund that stays finds its purchase again once that is told again.
        for pointing, pointer in (
            (BankTransaction, col(BankTransaction.refund_of)),
            (HeldRow, col(HeldRow.transaction_id)),
        ):
            session.connection().execute(
                update(pointing).where(pointer.in_(some)).values({pointer: None})
            )
        session.exec(delete(BankTransaction).where(col(BankTransaction.id).in_(some)))


def _drop_questions(session: Session, run_id: str) -> None:
    """Delete what the run asked about an account, unless a run that stands held rows back too."""
    others = exists().where(
        col(RowFate.account_id) == col(Question.account_id),
        col(RowFate.fate) == Fate.QUARANTINED.value,
        col(RowFate.reason) == col(Question.kind),
        col(RowFate.run_id) != run_id,
        col(SyncRun.id) == col(RowFate.run_id),
        col(SyncRun.undone_at).is_(None),
    )
    mine = and_(
        col(Question.run_id) == run_id,
        col(Question.answer).is_(None),
        col(Question.second_id).is_(None),
        ~others.correlate(Question),
    )
    _delete_questions(session, mine)


def _delete_questions(session: Session, which: ColumnElement[bool]) -> None:
    ids = session.exec(select(Question.id).where(which)).all()
    for some in in_chunks(ids):
        session.exec(delete(HeldRow).where(col(HeldRow.question_id).in_(some)))
        session.exec(delete(Question).where(col(Question.id).in_(some)))


def put_back(
    session: Session,
    run_id: str,
    values: Mapping[str, Mapping[str, Any]],
    *,
    by: str | None,
    at: datetime,
) -> None:
    """Have transactions say again what they said before a run; their expenses follow (I12).

    :param values: by transaction id, the values as the run's events kept them.
    """
    for some in in_chunks(values):
        merged_work.lock_people(session, some)
        query = select(BankTransaction).where(col(BankTransaction.id).in_(some))
        query = query.execution_options(populate_existing=True)
        rows = session.exec(query.order_by(col(BankTransaction.id))).all()
        session.exec(
            delete(TransactionAlias).where(
                col(TransactionAlias.run_id) == run_id,
                col(TransactionAlias.transaction_id).in_(some),
            )
        )
        last = _last_runs(session, some, run_id)
        events = []
        for row in rows:
            before = _free(session, row, values[row.id])
            replaced = {name: plain(getattr(row, name)) for name in before}
            events.append(Happened(row.id, EventKind.UNDONE, replaced))
            _set(row, before)
            row.last_run_id = last.get(row.id, row.first_run_id)
        session.flush()
        record_events(session, events, run_id=run_id, user_id=by, at=at)
        for row in rows:
            merged_work.follow_bank(session, row, at, enters=False)


def _free(session: Session, row: BankTransaction, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values without a former key that is another transaction's by now."""
    found = dict(values)
    key = found.get("identity_key")
    if key is not None and load_known(session, row.account_identity_id, [key]):
        del found["identity_key"]
    return found


def _set(row: BankTransaction, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        is_day = name in _DAYS and isinstance(value, str)
        setattr(row, name, date.fromisoformat(value) if is_day else value)
    if values:
        row.content = _content(row)


def _content(row: BankTransaction) -> str:
    """Return the digest of what the bank said of a stored row.

    One that is withdrawn or expired was told as announced, or as booked.
    """
    told = {one.value for one in TransactionStatus}
    booked = TransactionStatus.BOOKED if row.booked_on else TransactionStatus.ANNOUNCED
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "external_id",
            "purchased_on",
            "booked_on",
            "value_on",
            "memo",
            "label",
            "card_last4",
        )
    }
    original = row.original_minor, row.original_currency
    return bank_content(
        FetchedTransaction(
            account_ref=row.account_id,
            amount=Money(row.amount_minor, row.currency),
            original=None if None in original else Money(*original),  # type: ignore[arg-type]
            fee=None if row.fee_minor is None else Money(row.fee_minor, row.currency),
            kind=TransactionKind(row.kind),
            status=TransactionStatus(row.status) if row.status in told else booked,
            merchant=_made(Merchant, row.merchant),
            fuel=_made(Fuel, row.fuel),
            **values,
        )
    )


def _made(model: type[Any], value: Mapping[str, Any] | None) -> Any:
    names = {one.name for one in fields(model)}
    return None if value is None else model(**{k: v for k, v in value.items() if k in names})


def _last_runs(session: Session, ids: Collection[str], run_id: str) -> dict[str, str]:
    """Return, by transaction, the run that changed it last apart from ``run_id``, if any did."""
    rows = session.execute(
        select_columns(col(TransactionEvent.transaction_id), col(TransactionEvent.run_id))
        .join(SyncRun, col(SyncRun.id) == col(TransactionEvent.run_id))
        .where(
            col(TransactionEvent.transaction_id).in_(ids),
            col(TransactionEvent.run_id) != run_id,
            col(TransactionEvent.kind) != EventKind.UNDONE.value,
            col(SyncRun.undone_at).is_(None),
        )
        .order_by(col(SyncRun.started_at), col(TransactionEvent.id))
    )
    return {one.transaction_id: one.run_id for one in rows}


def forget_marks(session: Session, run_id: str) -> None:
    """Delete the days that a run fetched and the balances it told."""
    for ledger in (Coverage, AccountBalance):
        session.exec(delete(ledger).where(col(ledger.run_id) == run_id))
