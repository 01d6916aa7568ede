"""Completed expenses that lack something because the bank says something else of them now (R3)."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from webapp.domain.expenses import ExpenseStatus
from webapp.storage import reporting
from webapp.storage.expense_lines import line_of, select_lines
from webapp.storage.expenses import Expense
from webapp.storage.reports import lock_reports_of


def recheck(session: Session, transaction_ids: Sequence[str], at: datetime) -> int:
    """Give those of these transactions' expenses back to be completed; returns how many.

    An amount that grew may ask for a receipt. What is in a submitted report stays as it is (I12);
    what its holder said is kept. In a transaction of its own: nothing of theirs may be locked yet.
    """
    done = (
        col(Expense.transaction_id).in_(transaction_ids),
        col(Expense.status) == ExpenseStatus.COMPLETE.value,
        col(Expense.locked_at).is_(None),
    )
    for user_id in sorted(set(session.exec(select(Expense.user_id).where(*done)))):
        lock_reports_of(session, user_id)
    lines = [line_of(row) for row in session.execute(select_lines().where(*done))]
    lacking = [line for line in lines if line.missing]
    for line in lacking:
        session.exec(
            update(Expense)
            .where(col(Expense.id) == line.id)
            .values(
                status=ExpenseStatus.TO_COMPLETE.value,
                completed_at=None,
                version=Expense.version + 1,
            )
        )
        reporting.follow(session, line, ExpenseStatus.TO_COMPLETE, at)
    return len(lacking)
