"""Questions as pages show them: what is open where, and both rows with what people did on them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cardsync_sdk.interchange import from_dict
from webapp.domain.expenses import title_of
from webapp.domain.sameness import DUPLICATE, NEAR, WITHDRAWN, Aspect, Told, compare
from webapp.storage.accounts import Account
from webapp.storage.expenses import Category, Expense, Receipt
from webapp.storage.people import LegalEntity, User
from webapp.storage.questions import HeldRow, Question
from webapp.storage.transactions import BankTransaction

_First: Any = aliased(BankTransaction)
_Second: Any = aliased(BankTransaction)


@dataclass(frozen=True, slots=True)
class OpenHere:
    """How many questions are open about one account."""

    entity_id: str
    interface_id: str
    account_id: str
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """A bank row as far as a list or a table names it; amounts are in minor units."""

    title: str
    memo: str
    day: date
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A question in a list; ``first`` and ``second`` where it is about two rows."""

    question: Question
    account: Account
    entity: LegalEntity
    first: Row | None
    second: Row | None
    answered_by: str | None
    held: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of two rows, with the expense that came of it."""

    row: BankTransaction
    account: Account
    expense: Expense | None
    holder: str | None
    category: Category | None
    receipts: int

    @property
    def title(self) -> str:
        """Return what names the row."""
        return _title(self.row)

    @property
    def told(self) -> Told:
        """Return what is compared of it."""
        return _told(self.row)


@dataclass(frozen=True, slots=True)
class Held:
    """A row held back beside the transaction it seems to be, with what of them agrees."""

    row: Row
    known: Row | None
    agrees: Mapping[Aspect, bool]

    @property
    def fits(self) -> bool:
        """Say whether day, amount and wording agree."""
        return bool(self.agrees) and all(self.agrees[aspect] for aspect in COMPARED)


COMPARED = (Aspect.DAY, Aspect.AMOUNT, Aspect.WORDING)


def is_open() -> ColumnElement[bool]:
    """Return the condition of a question that waits for a person; for :func:`with_rows`.

    One about a row that was withdrawn or merged meanwhile waits for nobody.
    """
    alive = and_(
        _Second.status.not_in((*WITHDRAWN, DUPLICATE)),
        _First.status != DUPLICATE,
    )
    return and_(col(Question.answer).is_(None), or_(col(Question.second_id).is_(None), alive))


def with_rows(query: Any) -> Any:
    """Join the two rows of each question, where there are any."""
    return query.outerjoin(_First, _First.id == col(Question.first_id)).outerjoin(
        _Second, _Second.id == col(Question.second_id)
    )


def open_here(session: Session, entities: Collection[str]) -> list[OpenHere]:
    """Return how many questions are open in these legal entities, by account."""
    place = (col(Question.legal_entity_id), col(Account.interface_id), col(Question.account_id))
    query = (
        select_columns(*place, func.count())
        .select_from(Question)
        .join(Account, col(Account.id) == col(Question.account_id))
    )
    rows = session.execute(
        with_rows(query)
        .where(col(Question.legal_entity_id).in_(entities), is_open())
        .group_by(*place)
    )
    return [OpenHere(*row) for row in rows]


def listed(
    session: Session, entities: Collection[str], *, answered: bool, limit: int
) -> list[Listed]:
    """Return the questions of these legal entities: open ones oldest first, or answered ones."""
    held = (
        select_columns(func.count())
        .where(col(HeldRow.question_id) == col(Question.id))
        .correlate(Question)
        .scalar_subquery()
    )
    wanted: tuple[Any, ...] = (
        Question,
        Account,
        LegalEntity,
        _First,
        _Second,
        col(User.name),
        held,
    )
    query = (
        select_columns(*wanted)
        .select_from(Question)
        .join(Account, col(Account.id) == col(Question.account_id))
        .join(LegalEntity, col(LegalEntity.id) == col(Question.legal_entity_id))
        .outerjoin(User, col(User.id) == col(Question.answered_by))
    )
    query = with_rows(query).where(col(Question.legal_entity_id).in_(entities))
    if answered:
        query = query.where(col(Question.answer).is_not(None))
        query = query.order_by(col(Question.answered_at).desc(), col(Question.id).desc())
    else:
        query = query.where(is_open()).order_by(col(Question.asked_at), col(Question.id))
    return [
        Listed(
            row[0], row[1], row[2], row[3] and _row(row[3]), row[4] and _row(row[4]), row[5], row[6]
        )
        for row in session.execute(query.limit(limit))
    ]


def find(session: Session, question_id: str) -> Question | None:
    """Return a question by its id."""
    return session.get(Question, question_id)


def sides(session: Session, ids: Sequence[str]) -> list[Side]:
    """Return these rows with what came of them, in the order of ``ids``; in one query."""
    receipts = (
        select_columns(func.count())
        .where(col(Receipt.expense_id) == col(Expense.id))
        .correlate(Expense)
        .scalar_subquery()
    )
    wanted: tuple[Any, ...] = (
        BankTransaction,
        Account,
        Expense,
        col(User.name),
        Category,
        receipts,
    )
    rows = session.execute(
        select_columns(*wanted)
        .join(Account, col(Account.id) == col(BankTransaction.account_id))
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .outerjoin(User, col(User.id) == col(Expense.user_id))
        .outerjoin(Category, col(Category.id) == col(Expense.category_id))
        .where(col(BankTransaction.id).in_(ids))
    )
    found = [Side(*row) for row in rows]
    return sorted(found, key=lambda side: ids.index(side.row.id))


def held_rows(session: Session, question_id: str) -> list[Held]:
    """Return the rows that wait for the answer, each beside the one it seems to be."""
    rows = session.execute(
        select_columns(HeldRow, BankTransaction)
        .outerjoin(BankTransaction, col(BankTransaction.id) == col(HeldRow.transaction_id))
        .where(col(HeldRow.question_id) == question_id)
        .order_by(col(HeldRow.number))
    )
    return [_held(*row) for row in rows]


def candidates(session: Session, row: BankTransaction, *, limit: int) -> list[Side]:
    """Return rows of the legal entity that a person may mean: equal amounts of near days."""
    days = (row.day - NEAR, row.day + NEAR)
    query = select(col(BankTransaction.id), col(BankTransaction.day)).where(
        col(BankTransaction.legal_entity_id) == row.legal_entity_id,
        col(BankTransaction.id) != row.id,
        col(BankTransaction.amount_minor) == row.amount_minor,
        col(BankTransaction.currency) == row.currency,
        col(BankTransaction.day).between(*days),
        col(BankTransaction.status) != DUPLICATE,
    )
    found = session.exec(query).all()
    nearest = sorted(found, key=lambda one: (abs(one[1] - row.day), one[0]))
    return sides(session, [row_id for row_id, _day in nearest[:limit]])


def _title(row: BankTransaction) -> str:
    return title_of((row.merchant or {}).get("name"), row.label, row.memo)


def _row(row: BankTransaction) -> Row:
    return Row(_title(row), row.memo, row.day, row.amount_minor, row.currency)


def _told(row: BankTransaction) -> Told:
    return Told(row.amount_minor, row.currency, row.day, row.memo, row.account_id, row.status)


def _held(held: HeldRow, known: BankTransaction | None) -> Held:
    told = from_dict(json.loads(held.line))
    name = told.merchant.name if told.merchant else None
    row = Row(
        title_of(name, told.label, told.memo),
        told.memo,
        told.day,
        told.amount.minor,
        told.amount.currency,
    )
    if known is None:
        return Held(row, None, {})
    here = Told(row.amount_minor, row.currency, row.day, row.memo, "", told.status.value)
    return Held(row, _row(known), compare(here, _told(known)))
