"""Transactions that a row of unknown key may be, and those that a whole window came without."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, bindparam, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cardsync_sdk.types import FetchWindow
from webapp.domain.expenses import ExpenseStatus
from webapp.domain.likeness import EARLIEST, LATEST, Candidate
from webapp.domain.planning import Known
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.ingest import in_chunks
from webapp.storage.questions import HeldRow, Question
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction

TOLD = ("announced", "booked", "cancelled", "expired")
ACTIVE = ("announced", "booked")
# Past so many amounts the statement is not narrowed by them.
MANY_AMOUNTS = 1_000


def has_transactions(session: Session, account_id: str) -> bool:
    """Say whether anything was ever stored of an account."""
    return session.connection().execute(_any_of(), {"account": account_id}).first() is not None


@cache
def _any_of() -> Any:
    return (
        select(BankTransaction.id)
        .where(BankTransaction.account_id == bindparam("account"))
        .limit(1)
    )


def near(
    session: Session, account_id: str, first: date, last: date, amounts: Collection[int] | None
) -> list[Candidate]:
    """Return an account's transactions that rows of ``first`` to ``last`` may be, oldest first.

    :param amounts: of the rows, in minor units; ``None`` for any. What was never booked may be
        booked otherwise.
    """
    asked: dict[str, object] = {
        "account_id": account_id,
        "first": first - LATEST,
        "last": last - EARLIEST,
    }
    narrowed = amounts is not None and len(amounts) <= MANY_AMOUNTS
    if amounts is not None and narrowed:
        asked["amounts"] = list(amounts)
    return [_candidate(row) for row in session.execute(_near(narrowed=narrowed), asked)]


# Each is asked once per account and batch: putting the statement together anew cost more than it.
@cache
def _near(*, narrowed: bool) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [
        col(BankTransaction.account_id) == bindparam("account_id"),
        col(BankTransaction.day).between(bindparam("first"), bindparam("last")),
        col(BankTransaction.status).in_(TOLD),
    ]
    if narrowed:
        amount = col(BankTransaction.amount_minor).in_(bindparam("amounts", expanding=True))
        conditions.append(or_(amount, col(BankTransaction.booked_on).is_(None)))
    return _select().where(*conditions)


def by_ids(session: Session, ids: Collection[str]) -> dict[str, Candidate]:
    """Return these transactions by their ids."""
    found = [
        _candidate(row)
        for some in in_chunks(ids)
        for row in session.execute(_by_ids(), {"ids": some})
    ]
    return {one.known.id: one for one in found}


@cache
def _by_ids() -> Select[Any]:
    return _select().where(col(BankTransaction.id).in_(bindparam("ids", expanding=True)))


def under_other_accounts(
    session: Session, identity_ids: Collection[str], keys: Sequence[str]
) -> dict[str, Candidate]:
    """Return, by identity key, transactions held under ``keys`` for other accounts of a source."""
    found = {}
    for some in in_chunks(keys):
        asked = {"identity_ids": list(identity_ids), "keys": some}
        for row in session.execute(_under_identities(), asked):
            one = _candidate(row)
            found[one.known.identity_key] = one
    return found


@cache
def _under_identities() -> Select[Any]:
    return _select().where(
        col(BankTransaction.account_identity_id).in_(bindparam("identity_ids", expanding=True)),
        col(BankTransaction.identity_key).in_(bindparam("keys", expanding=True)),
        col(BankTransaction.status).in_(TOLD),
    )


def told_within(
    session: Session, account_id: str, window: FetchWindow, *, interface_id: str, source: str
) -> list[Candidate]:
    """Return an account's live transactions of whole days that one interface told last."""
    booked_on = col(BankTransaction.booked_on)
    query = _select().where(
        col(BankTransaction.account_id) == account_id,
        col(BankTransaction.day).between(window.first, window.last),
        or_(booked_on.is_(None), booked_on.between(window.first, window.last)),
        col(BankTransaction.status).in_(ACTIVE),
        col(SyncRun.interface_id) == interface_id,
        col(SyncRun.source) == source,
    )
    return [_candidate(row) for row in session.execute(query)]


def told_as_another(
    session: Session,
    ids: Collection[str],
    *,
    without: Collection[str] = (),
    within: Collection[str] | None = None,
) -> set[str]:
    """Return those of ``ids`` that stand for another row, too, which goes on being told (A29).

    :param without: rows that are told no more. :param within: the rows that were shown, if known.
    """
    found = set()
    for some in in_chunks(ids):
        pairs = session.execute(
            select_columns(col(BankTransaction.id), col(BankTransaction.merged_into)).where(
                col(BankTransaction.merged_into).in_(some)
            )
        )
        found |= {
            stays
            for goes, stays in pairs
            if goes not in without and (within is None or goes in within)
        }
    return found


def in_question(session: Session, entity_id: str) -> set[str]:
    """Return the transactions of a legal entity about which an open question is."""
    open_ones: tuple[Any, ...] = (
        Question.legal_entity_id == entity_id,
        col(Question.answer).is_(None),
    )
    found: set[str | None] = set()
    for pair in session.execute(
        select_columns(col(Question.first_id), col(Question.second_id)).where(*open_ones)
    ):
        found.update(pair)
    held = (
        select_columns(col(HeldRow.transaction_id))
        .join(Question, col(Question.id) == col(HeldRow.question_id))
        .where(*open_ones)
    )
    found.update(one for (one,) in session.execute(held))
    return {one for one in found if one is not None}


def _select() -> Select[Any]:
    worked = or_(
        col(Expense.status) != ExpenseStatus.TO_COMPLETE.value,
        col(Expense.comment) != "",
        col(Expense.category_id).is_not(None),
        col(Expense.locked_at).is_not(None),
        select(Receipt.id).where(col(Receipt.expense_id) == col(Expense.id)).exists(),
    )
    query: Any = (
        select_columns(
            col(BankTransaction.id),
            col(BankTransaction.identity_key),
            col(BankTransaction.status),
            col(BankTransaction.content),
            col(BankTransaction.external_id),
            col(BankTransaction.amount_minor),
            col(BankTransaction.day),
            col(BankTransaction.booked_on),
            col(BankTransaction.currency),
            col(BankTransaction.memo),
            col(SyncRun.source),
            col(BankTransaction.original_minor),
            col(BankTransaction.original_currency),
            worked,
            col(SyncRun.interface_id),
        )
        .join(SyncRun, col(SyncRun.id) == col(BankTransaction.last_run_id))
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        # Never by our ids: those of one batch are in no order, and equal rows would change places.
        .order_by(
            col(BankTransaction.day),
            col(BankTransaction.seen_at),
            col(BankTransaction.identity_key),
        )
    )
    return cast("Select[Any]", query)


def _candidate(row: Sequence[object]) -> Candidate:
    (*known, day, booked_on, currency, memo, source, minor, original_currency, worked, link) = row
    return Candidate(
        known=Known(*known, unbooked=booked_on is None),  # type: ignore[arg-type, misc]
        day=day,  # type: ignore[arg-type]
        booked_on=booked_on,  # type: ignore[arg-type]
        currency=str(currency),
        memo=str(memo),
        source=str(source),
        original=(minor, original_currency),  # type: ignore[arg-type]
        worked=bool(worked),
        link=str(link),
    )
