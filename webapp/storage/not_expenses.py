"""Expenses that are none: taken out by their holder with a reason, and taken up again (D-R).

The row stays, so that no sync brings the transaction back as a new expense. Nothing its holder had
said of it is lost.
"""

from sqlmodel import Session, col, func, update

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import ExpenseStatus, NotExpense, status_of
from webapp.storage import audit, reporting
from webapp.storage.completions import Locked, NotCompletable
from webapp.storage.expense_lines import find_to_write
from webapp.storage.expenses import Expense
from webapp.storage.reporting import Doer
from webapp.storage.reports import lock_reports_of


def set_aside(session: Session, by: Doer, expense_id: str, said: NotExpense) -> bool:
    """Record that a person's own expense is none; false if that was recorded already.

    It leaves the report it is in.

    :raises NotCompletable: if it is not the person's own, or the bank withdrew it.
    :raises Locked: if it is in a submitted or approved report.
    """
    line = _own(session, by, expense_id)
    if line.status is ExpenseStatus.NOT_EXPENSE:
        return False
    if line.locked:
        raise Locked
    if not line.can_be_completed:
        raise NotCompletable
    _write(
        session,
        line,
        status=ExpenseStatus.NOT_EXPENSE.value,
        not_expense_reason=said.reason.value,
        not_expense_note=said.note,
    )
    reporting.follow(session, line, ExpenseStatus.NOT_EXPENSE, by.at)
    _record(session, by, line, "expense.set_aside", not_expense=said.reason.value)
    return True


def take_up(session: Session, by: Doer, expense_id: str) -> bool:
    """Have it be an expense again, with all that was said of it; false if it is one already.

    :raises NotCompletable: if it is not the person's own.
    """
    line = _own(session, by, expense_id)
    if line.status is not ExpenseStatus.NOT_EXPENSE:
        return False
    status = status_of(line.missing)
    done = func.coalesce(col(Expense.completed_at), by.at)
    _write(
        session,
        line,
        status=status.value,
        not_expense_reason=None,
        not_expense_note="",
        completed_at=done if status is ExpenseStatus.COMPLETE else None,
    )
    reporting.follow(session, line, status, by.at)
    _record(session, by, line, "expense.taken_up")
    return True


def _own(session: Session, by: Doer, expense_id: str) -> ExpenseLine:
    lock_reports_of(session, by.user_id)
    line = find_to_write(session, expense_id, by.entities)
    if line is None or line.user_id != by.user_id:
        raise NotCompletable
    return line


def _write(session: Session, line: ExpenseLine, **values: object) -> None:
    session.exec(
        update(Expense).where(col(Expense.id) == line.id).values(version=line.version + 1, **values)
    )


def _record(session: Session, by: Doer, line: ExpenseLine, action: str, **detail: str) -> None:
    audit.record(
        session,
        at=by.at,
        action=action,
        target_kind="expense",
        target_id=line.id,
        actor_id=by.user_id,
        group_id=line.group_id,
        legal_entity_id=line.legal_entity_id,
        **detail,
    )
