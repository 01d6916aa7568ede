"""Rows of the bank that may be purchases entered by hand: a person is asked about each (I11)."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, text
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cardsync_sdk.types import TransactionKind
from webapp.domain.by_hand import Row, candidates, days_around
from webapp.domain.expense_lines import ENTERED
from webapp.domain.questions import Doubt, QuestionKind
from webapp.storage.accounts import Account
from webapp.storage.expenses import Expense
from webapp.storage.questions import Question
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction

TOLD = ("announced", "booked")
# The columns that make a row of the rules, in its order.
ROW: tuple[Any, ...] = (
    BankTransaction.id,
    BankTransaction.account_id,
    col(Expense.user_id).label("holder_id"),
    BankTransaction.day,
    BankTransaction.amount_minor,
    BankTransaction.currency,
    BankTransaction.original_minor,
    BankTransaction.original_currency,
)


def look_for_bank_rows(session: Session, run_id: str, account_ids: Sequence[str]) -> int:
    """Ask a person about each new row of these accounts that may be one entered by hand.

    New is what this run saw first, and what was stored after the entry: a run that broke off asked
    nothing. Each pair is asked once, whatever the answer. Returns how many questions it wrote.
    """
    entries = _entered_beside(session, account_ids)
    if not entries:
        return 0
    query = (
        select_columns(*ROW, col(BankTransaction.first_run_id))
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(
            col(BankTransaction.account_id).in_(account_ids),
            col(BankTransaction.status).in_(TOLD),
            *near(entries),
        )
    )
    told = [(Row(*row[:-1]), row.first_run_id == run_id) for row in session.execute(query)]
    at = session.get_one(SyncRun, run_id).as_of
    asked = 0
    for entry in entries:
        # Ids are ordered by the time at which they were made.
        new = [row for row, first_seen in told if first_seen or row.id > entry.id]
        asked += _ask(session, entry, candidates(entry, new), run_id=run_id, at=at)
    return asked


def _entered_beside(session: Session, account_ids: Sequence[str]) -> list[Row]:
    """Return what waits for the bank's word in the legal entities of these accounts."""
    rows = session.connection().execute(_entered_of(), {"accounts": list(account_ids)})
    return [Row(*row) for row in rows]


@cache
def _entered_of() -> Any:
    """Return the query, built once: every run that brought something asks it."""
    beside = col(Account.id).in_(bindparam("accounts", expanding=True))
    entities = select_columns(col(Account.legal_entity_id)).where(beside)
    return (
        select_columns(*ROW)
        .select_from(Expense)
        .join(BankTransaction, col(Expense.transaction_id) == col(BankTransaction.id))
        # Written out: SQLite takes a partial index for a value it knows only.
        .where(
            text(f"bank_transaction.status = '{ENTERED}'"),
            col(BankTransaction.legal_entity_id).in_(entities),
        )
    )


def ask_of_known(session: Session, entry: Row, account: Account, at: datetime) -> None:
    """Ask about rows that wait on the card, which the person cannot be shown."""
    rows = session.execute(
        select_columns(*ROW)
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(
            col(BankTransaction.account_id) == account.id,
            col(BankTransaction.status).in_(TOLD),
            col(Expense.id).is_(None),
            *near([entry]),
        )
    )
    _ask(session, entry, candidates(entry, [Row(*row) for row in rows]), run_id=None, at=at)


def _ask(
    session: Session, entry: Row, told: Sequence[Row], *, run_id: str | None, at: datetime
) -> int:
    if not told:
        return 0
    query = select(Question.second_id).where(Question.first_id == entry.id)
    known = set(session.exec(query))
    new = [row for row in told if row.id not in known]
    for row in new:
        session.add(
            Question(
                legal_entity_id=session.get_one(Account, row.account_id).legal_entity_id,
                account_id=row.account_id,
                kind=QuestionKind.SAME_PURCHASE.value,
                doubt=Doubt.BY_HAND.value,
                first_id=entry.id,
                second_id=row.id,
                run_id=run_id,
                asked_at=at,
                evidence={
                    "days_apart": (row.day - entry.day).days,
                    "other_account": row.account_id != entry.account_id,
                    "in_original_currency": row.currency != entry.currency,
                },
            )
        )
    return len(new)


def near(entries: Sequence[Row]) -> tuple[ColumnElement[bool], ...]:
    """Narrow a query to what the rules can take for one of ``entries``."""
    first, last = days_around(entry.day for entry in entries)
    minor = {entry.amount_minor for entry in entries}
    bank = BankTransaction
    return (
        col(bank.day).between(first, last),
        col(bank.kind) != TransactionKind.SUMMARY,
        or_(col(bank.amount_minor).in_(minor), col(bank.original_minor).in_(minor)),
    )
