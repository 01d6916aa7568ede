"""The holder's own list of expenses: its pages, what is left to complete, what comes next.

Every query takes the holder and the legal entities the holder reaches. A list pages by its last
key, never by an offset, so that it costs the same at any depth and a sync in between neither
repeats nor skips a line.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_, select

from webapp.domain.expense_lines import WITHDRAWN, ExpenseLine, Key, Month, Section
from webapp.domain.expenses import ExpenseStatus, expense_minor
from webapp.domain.people import Role
from webapp.storage.accounts import Account, Attachment
from webapp.storage.expense_lines import line_of, select_lines
from webapp.storage.expenses import Expense
from webapp.storage.people import LegalEntity, RoleGrant, User
from webapp.storage.transactions import BankTransaction


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose expenses are asked for, and the legal entities this person reaches."""

    user_id: str
    entities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines in order, and the key below which more follow, if any do."""

    lines: tuple[ExpenseLine, ...]
    more_below: Key | None


@dataclass(frozen=True, slots=True)
class Open:
    """What is left to complete: how many, and how much in minor units per currency."""

    count: int
    sums: tuple[tuple[int, str], ...]


def _in_section(query: Select[Any], section: Section) -> Select[Any]:
    # What was submitted stays where it was, whatever the bank says later (I12).
    withdrawn = and_(col(BankTransaction.status).in_(WITHDRAWN), col(Expense.locked_at).is_(None))
    if section is Section.WITHDRAWN:
        return query.where(withdrawn, col(Expense.status) != ExpenseStatus.NOT_EXPENSE.value)
    if section is Section.NOT_EXPENSE:
        return query.where(col(Expense.status) == section.value)
    return query.where(col(Expense.status) == section.value, ~withdrawn)


def _held_by(holder: Holder) -> tuple[ColumnElement[bool], ...]:
    # Inside an expression, so that SQLite is not tempted by the index of the legal entity: one
    # person's expenses are always fewer than a company's.
    entity = func.nullif(col(Expense.legal_entity_id), "")
    return col(Expense.user_id) == holder.user_id, entity.in_(holder.entities)


def _of(query: Select[Any], holder: Holder, month: Month | None) -> Select[Any]:
    query = query.where(*_held_by(holder))
    if month is not None:
        query = query.where(col(Expense.day).between(month.first, month.last))
    return query


def _below(query: Select[Any], key: Key | None) -> Select[Any]:
    if key is not None:
        # Compared as a row: the same condition spelled out with OR reads the whole index.
        place = tuple_(col(Expense.day), col(Expense.id))
        query = query.where(place < tuple_(key.day, key.id))
    return query.order_by(col(Expense.day).desc(), col(Expense.id).desc())


def page(
    session: Session,
    holder: Holder,
    *,
    sections: Iterable[Section],
    month: Month | None,
    below: Key | None,
    limit: int,
) -> Page:
    """Return the next ``limit`` lines of ``sections``, the newest first within each section.

    One statement for each section that the page reaches, however many lines it holds.
    """
    found: list[ExpenseLine] = []
    wanted = list(sections)
    if below is not None:
        wanted = wanted[wanted.index(below.section) :] if below.section in wanted else []
    for section in wanted:
        start = below if below is not None and below.section is section else None
        query = _below(_of(_in_section(select_lines(), section), holder, month), start)
        found += map(line_of, session.execute(query.limit(limit + 1 - len(found))))
        if len(found) > limit:
            break
    shown = tuple(found[:limit])
    return Page(shown, shown[-1].key if len(found) > limit else None)


def next_to_complete(
    session: Session, holder: Holder, after: ExpenseLine, month: Month | None
) -> ExpenseLine | None:
    """Return the next line to complete below ``after``, else the first of them all."""
    start = Key(Section.TO_COMPLETE, after.day, after.id)
    for key in (start, None):
        query = _of(_in_section(select_lines(), Section.TO_COMPLETE), holder, month)
        query = _below(query.where(col(Expense.id) != after.id), key)
        row = session.execute(query.limit(1)).one_or_none()
        if row is not None:
            return line_of(row)
    return None


def left_to_complete(session: Session, holder: Holder, month: Month | None) -> Open:
    """Return how many expenses are to complete, and how much per currency."""
    currency = col(BankTransaction.currency)
    columns: list[Any] = [currency, func.count(), func.sum(col(BankTransaction.amount_minor))]
    totals = (
        select_columns(*columns)
        .select_from(Expense)
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .group_by(currency)
        .order_by(func.count().desc())
    )
    query = _of(_in_section(totals, Section.TO_COMPLETE), holder, month)
    rows = session.execute(query).all()
    # PostgreSQL adds whole numbers up to a Decimal.
    sums = tuple((expense_minor(int(total)), code) for code, _, total in rows)
    return Open(sum(count for _, count, _ in rows), sums)


def days_reached(session: Session, holder: Holder) -> tuple[date, date] | None:
    """Return the first and the last day of the holder's expenses: a few looks into one index."""

    def end(status: ExpenseStatus, *, newest: bool) -> Any:
        day = col(Expense.day)
        query = select(day).where(col(Expense.status) == status.value, *_held_by(holder))
        return query.order_by(day.desc() if newest else day).limit(1).scalar_subquery()

    ends = [end(status, newest=newest) for newest in (False, True) for status in ExpenseStatus]
    found = [day for day in session.execute(select_columns(*ends)).one() if day is not None]
    return (min(found), max(found)) if found else None


def cards_held(session: Session, user_id: str) -> list[str]:
    """Return the names of the accounts attached to a person now."""
    query = (
        select(Account.name)
        .join(Attachment, col(Attachment.account_id) == col(Account.id))
        .where(
            Attachment.user_id == user_id,
            col(Attachment.ends_on).is_(None),
            col(Account.shared),
        )
        .order_by(col(Account.name))
    )
    return list(session.exec(query))


def admins_of(session: Session, entities: frozenset[str]) -> list[User]:
    """Return the people who can attach a card in these legal entities, by name."""
    groups = select(LegalEntity.group_id).where(col(LegalEntity.id).in_(entities))
    query = (
        select(User)
        .join(RoleGrant, col(RoleGrant.user_id) == col(User.id))
        .where(
            col(User.active),
            RoleGrant.role == Role.ADMIN.value,
            or_(
                col(RoleGrant.legal_entity_id).in_(entities),
                col(RoleGrant.group_id).in_(groups),
            ),
        )
        .distinct()
        .order_by(col(User.name))
    )
    return list(session.exec(query))
