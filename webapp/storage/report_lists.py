"""Reports as pages list them: the holder's own, those that wait for a decision, what is in none.

The number of statements never depends on how many reports or expenses a page shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_, select

from webapp.domain.expense_lines import ENTERED, ExpenseLine, Month
from webapp.domain.expenses import ExpenseStatus, PaymentMode, expense_minor
from webapp.domain.people import RIGHTS, Right
from webapp.domain.reports import ReportStatus, Total, totals
from webapp.storage.expense_lines import as_submitted, line_of, select_lines
from webapp.storage.expenses import Expense
from webapp.storage.people import LegalEntity, RoleGrant, User
from webapp.storage.reports import Report, ReportLine
from webapp.storage.transactions import BankTransaction

# How many expenses outside a report its page shows, and how many are put in at one press.
LEFT_OUT_SHOWN = 50
COLLECTED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Summary:
    """One report in a list: whose it is, where, how many expenses, and what they come to."""

    id: str
    month: date
    status: ReportStatus
    submitted_at: datetime | None
    decided_at: datetime | None
    entity_name: str
    timezone: str
    holder_name: str
    count: int
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some reports in order, and the id of the last one if more follow."""

    reports: tuple[Summary, ...]
    after: str | None


def own(
    session: Session, user_id: str, entities: frozenset[str], *, after: str | None, limit: int
) -> Page:
    """Return a person's reports, the newest month first."""
    query = _summaries().where(
        col(Report.user_id) == user_id, col(Report.legal_entity_id).in_(entities)
    )
    last = session.get(Report, after) if after else None
    if last is not None:
        query = query.where(tuple_(col(Report.month), col(Report.id)) < (last.month, last.id))
    return _page(session, query.order_by(col(Report.month).desc(), col(Report.id).desc()), limit)


def to_decide(
    session: Session, entities: frozenset[str], not_of: str, *, after: str | None, limit: int
) -> Page:
    """Return the submitted reports of ``entities``, who waits longest first; none of ``not_of``."""
    query = _of_others(entities, not_of, ReportStatus.SUBMITTED)
    place = tuple_(col(Report.submitted_at), col(Report.id))
    last = session.get(Report, after) if after else None
    if last is not None and last.submitted_at is not None:
        query = query.where(place > tuple_(last.submitted_at, last.id))
    return _page(session, query.order_by(col(Report.submitted_at), col(Report.id)), limit)


def approved(session: Session, entities: frozenset[str], not_of: str, limit: int) -> Page:
    """Return the reports of ``entities`` approved last."""
    query = _of_others(entities, not_of, ReportStatus.APPROVED)
    return _page(session, query.order_by(col(Report.decided_at).desc(), col(Report.id)), limit)


def _of_others(entities: frozenset[str], not_of: str, status: ReportStatus) -> Select[Any]:
    return _summaries().where(
        col(Report.legal_entity_id).in_(entities),
        col(Report.status) == status.value,
        col(Report.user_id) != not_of,
    )


def _summaries() -> Select[Any]:
    columns: list[Any] = [
        col(Report.id),
        col(Report.month),
        col(Report.status),
        col(Report.submitted_at),
        col(Report.decided_at),
        col(LegalEntity.name).label("entity_name"),
        col(LegalEntity.timezone),
        col(User.name).label("holder_name"),
    ]
    return (
        select_columns(*columns)
        .select_from(Report)
        .join(LegalEntity, col(LegalEntity.id) == col(Report.legal_entity_id))
        .join(User, col(User.id) == col(Report.user_id))
    )


def _page(session: Session, query: Select[Any], limit: int) -> Page:
    rows = session.execute(query.limit(limit + 1)).all()
    shown = rows[:limit]
    sums = _sums(session, [row.id for row in shown])
    found = tuple(
        Summary(
            **{**row._asdict(), "status": ReportStatus(row.status)},
            count=sum(count for count, _ in sums.get(row.id, ())),
            totals=totals(part for _, part in sums.get(row.id, ())),
        )
        for row in shown
    )
    return Page(found, shown[-1].id if len(rows) > limit else None)


def _sums(
    session: Session, report_ids: Sequence[str]
) -> dict[str, list[tuple[int, tuple[str, PaymentMode, int]]]]:
    """Return, by report id, how many expenses and how much, by currency and payment mode."""
    columns: list[Any] = [
        col(ReportLine.report_id),
        as_submitted("currency").label("currency"),
        col(Expense.payment_mode),
    ]
    query = (
        select_columns(*columns, func.count(), func.sum(as_submitted("amount_minor")))
        .select_from(ReportLine)
        .join(Expense, col(Expense.id) == col(ReportLine.expense_id))
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .where(col(ReportLine.report_id).in_(report_ids))
        .group_by(*columns)
    )
    found: dict[str, list[tuple[int, tuple[str, PaymentMode, int]]]] = {}
    for report_id, currency, mode, count, minor in session.execute(query):
        # PostgreSQL adds whole numbers up to a Decimal.
        part = (currency, PaymentMode(mode), expense_minor(int(minor)))
        found.setdefault(report_id, []).append((count, part))
    return found


def left_out(session: Session, report: Report) -> list[ExpenseLine]:
    """Return the holder's expenses of the report's month and legal entity that are in no report."""
    month = Month(report.month)
    query = (
        _in_no_report(report.user_id, frozenset({report.legal_entity_id}))
        .where(col(Expense.day).between(month.first, month.last))
        .order_by(col(Expense.day), col(Expense.id))
    )
    return [line_of(row) for row in session.execute(query.limit(LEFT_OUT_SHOWN))]


def complete_in_none(session: Session, user_id: str, entities: frozenset[str]) -> list[str]:
    """Return the ids of a person's completed expenses that are in no report.

    Booked by the bank, or entered by hand: those a person vouches for.
    """
    query = _in_no_report(user_id, entities).where(
        col(Expense.status) == ExpenseStatus.COMPLETE.value,
        col(BankTransaction.status).in_(("booked", ENTERED)),
    )
    ids = query.with_only_columns(col(Expense.id)).order_by(col(Expense.id))
    return list(session.execute(ids.limit(COLLECTED_AT_ONCE)).scalars())


def _in_no_report(user_id: str, entities: frozenset[str]) -> Select[Any]:
    return select_lines().where(
        col(Expense.user_id) == user_id,
        col(Expense.legal_entity_id).in_(entities),
        col(Expense.status) != ExpenseStatus.NOT_EXPENSE.value,
        col(BankTransaction.status).in_(("booked", "announced", ENTERED)),
        col(ReportLine.expense_id).is_(None),
    )


def approvers_of(session: Session, entity: LegalEntity, not_of: str) -> list[str]:
    """Return the names of those who may decide over the reports of ``not_of`` in a legal entity."""
    roles = [role.value for role, rights in RIGHTS.items() if Right.APPROVE in rights]
    query = (
        select(User.name)
        .join(RoleGrant, col(RoleGrant.user_id) == col(User.id))
        .where(
            col(User.active),
            col(User.id) != not_of,
            col(RoleGrant.role).in_(roles),
            or_(
                col(RoleGrant.legal_entity_id) == entity.id,
                (col(RoleGrant.group_id) == entity.group_id)
                & col(RoleGrant.legal_entity_id).is_(None),
            ),
        )
        .distinct()
        .order_by(col(User.name))
    )
    return list(session.exec(query))


def names_of(session: Session, user_ids: Iterable[str | None]) -> dict[str, str]:
    """Return people's names by their ids."""
    query = select(User.id, User.name).where(col(User.id).in_([one for one in user_ids if one]))
    return dict(session.exec(query).all())
