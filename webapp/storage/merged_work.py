"""What people did on two transactions that become one: one expense, with the receipts of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, delete, select, update

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import ExpenseStatus, status_of
from webapp.domain.merging import Settlement, Survivor, Work, settle
from webapp.storage import reporting
from webapp.storage.expense_lines import line_of, select_lines
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.reports import Report, ReportLine, lock_reports_of
from webapp.storage.transactions import BankTransaction

# What people say of an expense.
_WORDS: Final = ("status", "category_id", "comment", "not_expense_reason", "not_expense_note")


@dataclass(frozen=True, slots=True)
class United:
    """What came of two expenses.

    ``left_report``: the one that survives was in an open report and is to enter one again.
    ``gone``: the words of the one that went, kept with the event.
    """

    left_report: bool = False
    gone: Mapping[str, str | None] = field(default_factory=dict)


def unite(session: Session, stays: BankTransaction, goes: BankTransaction, at: datetime) -> United:
    """Have one expense with the work of both be that of ``stays``.

    :raises MergeRefused: if work would be lost; nothing was changed then.
    """
    lock_people(session, [stays.id, goes.id])
    lines = _lines(session, [stays.id, goes.id])
    expenses = {one.transaction_id: one for one in _expenses(session, [stays.id, goes.id])}
    works = {
        transaction_id: _work(one, lines[one.id].receipts)
        for transaction_id, one in expenses.items()
    }
    settled = settle(works.get(stays.id), works.get(goes.id))
    if settled.survivor is None:
        return United()
    pair = (stays.id, goes.id) if settled.survivor is Survivor.STAYS else (goes.id, stays.id)
    kept, other = expenses[pair[0]], expenses.get(pair[1])
    gone = {} if other is None else other.model_dump(include=set(_WORDS))
    if other is not None:
        _take_over(session, lines, kept, other, at)
    moves = kept.transaction_id != stays.id
    line = lines[kept.id]
    left_report = moves and not line.locked and line.report_id is not None
    if left_report:
        reporting.follow(session, line, ExpenseStatus.TO_COMPLETE, at)
    _write(session, kept, stays, settled, touched=other is not None or moves)
    return United(left_report, gone)


def follow_bank(session: Session, row: BankTransaction, at: datetime, *, enters: bool) -> None:
    """Have a transaction's expense follow what the bank says of it now.

    What is in a submitted report stays as it is (I12), as does what is said to be no expense.

    :param enters: once complete it enters its month's report, though it was complete before.
    """
    found = _lines(session, [row.id])
    for line in found.values():
        if line.locked:
            continue
        none = line.status is ExpenseStatus.NOT_EXPENSE
        status = line.status if none else status_of(line.missing)
        values: dict[str, object] = {"day": row.day}
        if status is not line.status:
            done = at if status is ExpenseStatus.COMPLETE else None
            values |= {"status": status.value, "completed_at": done, "version": line.version + 1}
        session.exec(update(Expense).where(col(Expense.id) == line.id).values(**values))
        if status is not ExpenseStatus.COMPLETE or line.announced:
            reporting.follow(session, line, ExpenseStatus.TO_COMPLETE, at)
        elif enters or status is not line.status:
            reporting.enter_booked(session, [row.id], at)


def lock_people(session: Session, transaction_ids: Sequence[str]) -> None:
    """Have all changes to the expenses of these transactions, and to their reports, take turns."""
    holders = select(Expense.user_id).where(col(Expense.transaction_id).in_(transaction_ids))
    for user_id in sorted(set(session.exec(holders))):
        lock_reports_of(session, user_id)


def _expenses(session: Session, transaction_ids: Sequence[str]) -> list[Expense]:
    query = select(Expense).where(col(Expense.transaction_id).in_(transaction_ids))
    return list(session.exec(query.execution_options(populate_existing=True)))


def _lines(session: Session, transaction_ids: Sequence[str]) -> dict[str, ExpenseLine]:
    """Return the expenses of these transactions as lines, by the expense's id."""
    query = select_lines().where(col(Expense.transaction_id).in_(transaction_ids))
    return {line.id: line for line in map(line_of, session.execute(query))}


def _work(expense: Expense, receipts: int) -> Work:
    return Work(
        ExpenseStatus(expense.status),
        expense.category_id,
        expense.comment,
        receipts,
        expense.locked_at is not None,
        expense.version,
        expense.not_expense_note,
    )


def _take_over(
    session: Session, lines: dict[str, ExpenseLine], kept: Expense, other: Expense, at: datetime
) -> None:
    """Give the receipts of ``other`` to ``kept`` and let ``other``, which is not locked, go."""
    reporting.follow(session, lines[other.id], ExpenseStatus.TO_COMPLETE, at)
    moved = session.exec(
        update(Receipt).where(col(Receipt.expense_id) == other.id).values(expense_id=kept.id)
    )
    if moved.rowcount and kept.locked_at is not None:
        # Who decides on the report must have seen the further receipt.
        inside = select(ReportLine.report_id).where(ReportLine.expense_id == kept.id)
        session.exec(
            update(Report)
            .where(col(Report.id).in_(inside))
            .values(version=Report.version + 1)
            .execution_options(synchronize_session=False)
        )
    session.exec(delete(Expense).where(col(Expense.id) == other.id))
    session.flush()


def _write(
    session: Session, kept: Expense, stays: BankTransaction, settled: Settlement, *, touched: bool
) -> None:
    kept.transaction_id, kept.account_id = stays.id, stays.account_id
    kept.category_id, kept.comment = settled.category_id, settled.comment
    kept.not_expense_note = settled.note
    if kept.locked_at is None:
        kept.day = stays.day
    # An expense that nobody has touched goes on counting as such.
    if touched and kept.version > 1:
        kept.version += 1
    session.add(kept)
    session.flush()
