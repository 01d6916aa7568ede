"""What happens to reports: expenses enter and leave, and the report goes its way to a decision.

All changes to one person's reports and expenses take turns (``reports.lock_reports_of``). What is
submitted stays word for word as it was until somebody sends it back (I12): the bank's side is
copied into the report's lines, the person's side is locked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import insert, literal
from sqlalchemy import select as select_columns
from sqlmodel import Session, case, col, delete, select, update

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import ExpenseStatus
from webapp.domain.reports import (
    OPEN,
    TRANSITIONS,
    Actor,
    Hindrance,
    ReportPlace,
    ReportStatus,
    Step,
    StepRefusal,
    hindrances,
    hindrances_to,
    month_of,
    refusal_of_step,
)
from webapp.storage import audit
from webapp.storage.expense_lines import find_to_write, line_of, select_lines
from webapp.storage.expenses import Expense
from webapp.storage.people import LegalEntity
from webapp.storage.reports import COPIED, Report, ReportLine, lock_reports_of
from webapp.storage.reports import find_to_write as find_report_to_write
from webapp.storage.transactions import BankTransaction

AUDITED = {
    Step.SUBMIT: "report.submitted",
    Step.RECALL: "report.recalled",
    Step.APPROVE: "report.approved",
    Step.SEND_BACK: "report.sent_back",
}


class Refused(Exception):
    """A step is not taken; ``why`` says why. Nothing was changed."""

    def __init__(self, why: StepRefusal) -> None:
        super().__init__(why.value)
        self.why = why


class Hindered(Exception):
    """Some expenses cannot be in the report; nothing was changed.

    ``lines`` are those expenses, each with what keeps it out; none, where the report is empty.
    """

    def __init__(self, lines: Sequence[tuple[ExpenseLine, tuple[Hindrance, ...]]]) -> None:
        super().__init__(f"{len(lines)} expenses cannot be in the report")
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acts, the legal entities they reach, those in which they approve, and when."""

    user_id: str
    entities: frozenset[str]
    approves: frozenset[str]
    at: datetime


# --- Expenses enter and leave --------------------------------------------------------------------


def follow(session: Session, line: ExpenseLine, status: ExpenseStatus, at: datetime) -> None:
    """Have an expense enter its month's report once it is complete, and leave it once it is not.

    :param line: the expense as it was before it got ``status``. One that was complete already
        stays where it is: its holder may have taken it out.
    """
    if status is not ExpenseStatus.COMPLETE:
        if line.report_id is not None:
            _leave(session, line)
    elif line.status is not status and line.report_id is None and not line.announced:
        _enter(session, [line], at)


def enter_booked(session: Session, transaction_ids: Sequence[str], at: datetime) -> int:
    """Put the expenses of transactions just booked, completed before, into their reports (D-M).

    Returns how many. In a transaction of its own: nothing of theirs may be locked yet.
    """
    query = select(Expense.id, Expense.user_id).where(
        col(Expense.transaction_id).in_(transaction_ids),
        Expense.status == ExpenseStatus.COMPLETE.value,
    )
    found = session.exec(query).all()
    for user_id in sorted({user_id for _, user_id in found}):
        lock_reports_of(session, user_id)
    return _enter_ready(session, [expense_id for expense_id, _ in found], at)


def collect(session: Session, by: Doer, expense_ids: Sequence[str]) -> int:
    """Put a person's completed expenses into the reports of their months; returns how many."""
    lock_reports_of(session, by.user_id)
    return _enter_ready(session, expense_ids, by.at, by)


def _enter_ready(
    session: Session, expense_ids: Sequence[str], at: datetime, by: Doer | None = None
) -> int:
    query = select_lines().where(col(Expense.id).in_(expense_ids))
    if by is not None:
        query = query.where(
            col(Expense.user_id) == by.user_id, col(Expense.legal_entity_id).in_(by.entities)
        )
    lines = map(line_of, session.execute(query))
    ready = [line for line in lines if line.report_id is None and not hindrances(line)]
    _enter(session, ready, at)
    return len(ready)


def _enter(session: Session, lines: Iterable[ExpenseLine], at: datetime) -> None:
    def place(line: ExpenseLine) -> tuple[str, str, date]:
        return line.user_id, line.legal_entity_id, month_of(line.day)

    for (user, entity, month), group in groupby(sorted(lines, key=place), key=place):
        report_id = _open_report(session, user, entity, month, at)
        _add(session, report_id, [line.id for line in group])


def _open_report(session: Session, user_id: str, entity_id: str, month: date, at: datetime) -> str:
    """Return the report that takes up a month's expenses: the draft, one sent back, a new draft."""
    query = (
        select(Report.id)
        .where(
            Report.user_id == user_id,
            Report.legal_entity_id == entity_id,
            Report.month == month,
            col(Report.status).in_(OPEN),
        )
        .order_by(case((col(Report.status) == ReportStatus.DRAFT, 0), else_=1), col(Report.id))
    )
    found = session.exec(query.limit(1)).one_or_none()
    if found is not None:
        return found
    report = Report(user_id=user_id, legal_entity_id=entity_id, month=month, created_at=at)
    session.add(report)
    session.flush()
    return report.id


def _add(session: Session, report_id: str, expense_ids: Sequence[str]) -> None:
    rows = [{"expense_id": expense_id, "report_id": report_id} for expense_id in expense_ids]
    session.execute(insert(ReportLine), rows)
    _touch(session, report_id)


def _leave(session: Session, line: ExpenseLine) -> None:
    session.exec(delete(ReportLine).where(col(ReportLine.expense_id) == line.id))
    if line.report_id is not None:
        _touch(session, line.report_id)


def _touch(session: Session, report_id: str) -> None:
    # Who submits must have seen what is in it.
    session.exec(
        update(Report).where(col(Report.id) == report_id).values(version=Report.version + 1)
    )


def put_in(session: Session, by: Doer, expense_id: str, report_id: str | None = None) -> str:
    """Put a person's own expense into the report of its month; returns the report's id (R4).

    :param report_id: an open report of that month to put it into; without it the one there is.
    :raises Hindered: if it cannot enter, with all that keeps it out.
    :raises Refused: if the report is not open, or there is no such expense or report of theirs.
    """
    lock_reports_of(session, by.user_id)
    line = _own_line(session, by, expense_id)
    if line.report_id is not None and report_id in (None, line.report_id):
        return line.report_id
    report = _own_open_report(session, by, report_id) if report_id else None
    against = hindrances_to(line, _place(report)) if report else hindrances(line)
    if against:
        raise Hindered([(line, against)])
    if report is None:
        report_id = _open_report(
            session, line.user_id, line.legal_entity_id, month_of(line.day), by.at
        )
    else:
        report_id = report.id
    _add(session, report_id, [line.id])
    return report_id


def take_out(session: Session, by: Doer, expense_id: str) -> str:
    """Take a person's own expense out of its open report; returns the report's id.

    :raises Refused: if it is in none, or in one that is not open.
    """
    lock_reports_of(session, by.user_id)
    line = _own_line(session, by, expense_id)
    if line.report_id is None or line.locked:
        raise Refused(StepRefusal.NOT_NOW)
    _leave(session, line)
    return line.report_id


def _own_line(session: Session, by: Doer, expense_id: str) -> ExpenseLine:
    line = find_to_write(session, expense_id, by.entities)
    if line is None or line.user_id != by.user_id:
        raise Refused(StepRefusal.NOT_ALLOWED)
    return line


def _own_open_report(session: Session, by: Doer, report_id: str) -> Report:
    report = find_report_to_write(session, report_id, by.entities)
    if report is None or report.user_id != by.user_id:
        raise Refused(StepRefusal.NOT_ALLOWED)
    if not report.is_open:
        raise Refused(StepRefusal.NOT_NOW)
    return report


def _place(report: Report) -> ReportPlace:
    return ReportPlace(report.id, report.legal_entity_id, report.user_id, report.month)


# --- The report goes its way ---------------------------------------------------------------------


def take_step(
    session: Session, by: Doer, report_id: str, step: Step, *, version: int, reason: str = ""
) -> Report:
    """Take a report one step further, with an audit row, and return it.

    :param version: the report's version when the person saw it.
    :raises Refused: if the person may not, or not now, or it was changed meanwhile.
    :raises Hindered: if it is to be submitted and is empty, or an expense cannot go with it.
    """
    report = find_report_to_write(session, report_id, by.entities)
    if report is None:
        raise Refused(StepRefusal.NOT_ALLOWED)
    refusal = refusal_of_step(
        step,
        ReportStatus(report.status),
        is_holder=report.user_id == by.user_id,
        approves=report.legal_entity_id in by.approves,
        reason=reason,
    )
    if refusal is None and report.version != version:
        refusal = StepRefusal.CHANGED
    if refusal is not None:
        raise Refused(refusal)
    _move(session, by, report, step, reason)
    _record(session, by, report, step, reason)
    return report


def _move(session: Session, by: Doer, report: Report, step: Step, reason: str) -> None:
    """Change the report's status, and lock or unlock what is in it."""
    target = TRANSITIONS[step].target
    if step is Step.SUBMIT:
        _lock(session, report, by.at)
        report.submitted_at = by.at
    elif target in OPEN:
        _unlock(session, report)
    if step is Step.RECALL:
        _take_over_draft(session, report)
        report.submitted_at = None
    if TRANSITIONS[step].actor is Actor.APPROVER:
        report.decided_at, report.decided_by, report.reason = by.at, by.user_id, reason
    report.status = target.value
    report.version += 1
    session.flush()


def lines_of(session: Session, report_id: str) -> list[ExpenseLine]:
    """Return the expenses of a report, the oldest first."""
    query = select_lines().where(col(ReportLine.report_id) == report_id)
    rows = session.execute(query.order_by(col(Expense.day), col(Expense.id)))
    return [line_of(row) for row in rows]


def _lock(session: Session, report: Report, at: datetime) -> None:
    """Copy what the bank says into the report's lines and lock their expenses.

    Judged is the copy: a sync that writes at this moment changes nothing of it.
    """
    ids = list(session.exec(select(ReportLine.expense_id).where(ReportLine.report_id == report.id)))
    session.exec(delete(ReportLine).where(col(ReportLine.report_id) == report.id))
    copied = (
        select_columns(
            col(Expense.id),
            literal(report.id),
            *(getattr(BankTransaction, name) for name in COPIED),
        )
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .where(col(Expense.id).in_(ids))
    )
    session.execute(insert(ReportLine).from_select(["expense_id", "report_id", *COPIED], copied))
    session.exec(
        update(Expense)
        .where(col(Expense.id).in_(ids))
        .values(locked_at=at, version=Expense.version + 1)
    )
    judged = [(line, hindrances(line)) for line in lines_of(session, report.id)]
    hindered = [(line, against) for line, against in judged if against]
    if hindered or not judged:
        raise Hindered(hindered)


def _unlock(session: Session, report: Report) -> None:
    """Give the expenses back to their holder, with what the bank says today."""
    inside = select_columns(col(ReportLine.expense_id)).where(
        col(ReportLine.report_id) == report.id
    )
    today = (
        select_columns(col(BankTransaction.day))
        .where(col(BankTransaction.id) == col(Expense.transaction_id))
        .scalar_subquery()
    )
    session.exec(
        update(Expense)
        .where(col(Expense.id).in_(inside))
        .values(locked_at=None, day=today, version=Expense.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.exec(
        update(ReportLine)
        .where(col(ReportLine.report_id) == report.id)
        .values(dict.fromkeys(COPIED))
    )


def _take_over_draft(session: Session, report: Report) -> None:
    """Have a report that becomes the draft again take over what was in the one begun meanwhile."""
    newer = session.exec(
        select(Report.id).where(
            Report.user_id == report.user_id,
            Report.legal_entity_id == report.legal_entity_id,
            Report.month == report.month,
            Report.status == ReportStatus.DRAFT.value,
        )
    ).one_or_none()
    if newer is not None:
        session.exec(
            update(ReportLine).where(col(ReportLine.report_id) == newer).values(report_id=report.id)
        )
        session.exec(delete(Report).where(col(Report.id) == newer))


def _record(session: Session, by: Doer, report: Report, step: Step, reason: str) -> None:
    group_id = session.get_one(LegalEntity, report.legal_entity_id).group_id
    audit.record(
        session,
        at=by.at,
        action=AUDITED[step],
        target_kind="report",
        target_id=report.id,
        actor_id=by.user_id,
        group_id=group_id,
        legal_entity_id=report.legal_entity_id,
        user=report.user_id,
        month=report.month.isoformat(),
        **({"comment": reason} if reason else {}),
    )
