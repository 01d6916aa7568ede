"""Refunds and their purchases: linked after a run, and told on both expenses (D-L)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cardsync_sdk.types import AccountKind, TransactionKind, TransactionStatus
from webapp.domain.interfaces import Outcome
from webapp.domain.refunds import REFUNDED_WITHIN, Refund, Spent, link
from webapp.storage.accounts import Account
from webapp.storage.expenses import Expense
from webapp.storage.ingest import table_of
from webapp.storage.provenance import Relative, relative_of
from webapp.storage.runs import RowFate, SyncRun
from webapp.storage.transactions import BankTransaction

# For how long runs that did not end well are gone through again.
LATELY = timedelta(days=7)
_CUT_OFF = (Outcome.FAILED.value, Outcome.PARTIAL.value, Outcome.INTERRUPTED.value)
# Withdrawn and expired ones moved no money; a duplicate is told by the one it was merged into.
_ALIVE = (TransactionStatus.ANNOUNCED.value, TransactionStatus.BOOKED.value)


def link_refunds(session: Session, run_id: str) -> int:
    """Link the refunds that a run told to the purchases they give back; returns how many.

    So are those of the runs before it that did not end well and have linked none. One told again
    and not linked yet is looked at again: a purchase may come after its refund.
    """
    told = _told(session, run_id)
    found: dict[str, str] = {}
    for identity_id, rows in told.items():
        purchases = _purchases(session, identity_id, rows)
        found |= link([_refund(row) for row in rows], purchases)
    if found:
        table = table_of(BankTransaction)
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values(refund_of=bindparam("purchase")),
            [{"row_id": refund, "purchase": purchase} for refund, purchase in found.items()],
        )
    return len(found)


def _told(session: Session, run_id: str) -> dict[str, list[BankTransaction]]:
    """Return the refunds of a run that have no purchase yet, by account identity, oldest first."""
    row = BankTransaction
    refund = or_(
        col(row.kind) == TransactionKind.REFUND.value,
        col(Account.kind) == AccountKind.CARD.value,
    )
    query = (
        select(row)
        .join(RowFate, col(RowFate.transaction_id) == col(row.id))
        .join(Account, col(Account.id) == col(row.account_id))
        .where(
            col(RowFate.run_id).in_(_runs(session, run_id)),
            col(row.amount_minor) > 0,
            col(row.refund_of).is_(None),
            col(row.status).in_(_ALIVE),
            col(row.kind) != TransactionKind.SUMMARY.value,
            refund,
        )
        # Never by our ids: those of one batch are in no order.
        .order_by(col(row.day), col(row.seen_at), col(row.identity_key))
    )
    found: dict[str, dict[str, BankTransaction]] = {}
    for one in session.exec(query):
        found.setdefault(one.account_identity_id, {})[one.id] = one
    return {identity: list(rows.values()) for identity, rows in found.items()}


def _runs(session: Session, run_id: str) -> Any:
    """Return a run, and those of its interface that lately did not end well."""
    run = session.get_one(SyncRun, run_id)
    lately = and_(
        col(SyncRun.interface_id) == run.interface_id,
        col(SyncRun.as_of) >= run.as_of - LATELY,
        col(SyncRun.outcome).in_(_CUT_OFF),
    )
    return select_columns(col(SyncRun.id)).where(or_(col(SyncRun.id) == run_id, lately))


def _purchases(
    session: Session, identity_id: str, refunds: Sequence[BankTransaction]
) -> list[Spent]:
    """Return what these refunds may give back, with what was given back of it already."""
    row = BankTransaction
    mine = select_columns(col(Account.id)).where(col(Account.identity_id) == identity_id)
    days = [refund.day for refund in refunds]
    back = {
        purchase_id: int(minor)
        for purchase_id, minor in session.execute(
            select_columns(col(row.refund_of), func.sum(col(row.amount_minor)))
            .where(
                col(row.account_id).in_(mine),
                col(row.refund_of).is_not(None),
                col(row.status).in_(_ALIVE),
            )
            .group_by(col(row.refund_of))
        )
    }
    query = select_columns(
        col(row.id),
        col(row.day),
        col(row.amount_minor),
        col(row.currency),
        col(row.merchant),
        col(row.label),
        col(row.memo),
    ).where(
        col(row.account_id).in_(mine),
        col(row.account_identity_id) == identity_id,
        col(row.day).between(min(days) - REFUNDED_WITHIN, max(days)),
        col(row.amount_minor) < 0,
        col(row.status).in_(_ALIVE),
        col(row.kind) != TransactionKind.SUMMARY.value,
    )
    return [
        Spent(
            one.id,
            one.day,
            -one.amount_minor,
            one.currency,
            *_names(one),
            back=back.get(one.id, 0),
        )
        for one in session.execute(query)
    ]


def _refund(row: BankTransaction) -> Refund:
    return Refund(row.id, row.day, row.amount_minor, row.currency, *_names(row))


def _names(row: Any) -> tuple[str, str]:
    """Return merchant and wording of a transaction."""
    merchant = (row.merchant or {}).get("name") or ""
    return merchant, merchant or row.label or row.memo


@dataclass(frozen=True, slots=True)
class Given:
    """What belongs to an expense: the purchase that it gives back, and what gives it back."""

    purchase: Relative | None = None
    refunds: Sequence[Relative] = ()


def given_back(session: Session, expense_id: str) -> Given:
    """Return the purchase of a refund's expense, and the refunds of a purchase's, in one query."""
    own = (
        select(BankTransaction.id, BankTransaction.refund_of)
        .join(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(Expense.id == expense_id)
        .subquery()
    )
    rows = session.execute(
        select_columns(BankTransaction, col(Expense.id), col(Expense.user_id), own.c.id)
        .join(
            own,
            or_(
                col(BankTransaction.id) == own.c.refund_of,
                col(BankTransaction.refund_of) == own.c.id,
            ),
        )
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(col(BankTransaction.status).in_(_ALIVE))
        .order_by(col(BankTransaction.day), col(BankTransaction.id))
    ).all()
    told = [(row, relative_of(row, said, user), mine) for row, said, user, mine in rows]
    return Given(
        purchase=next((one for row, one, mine in told if row.refund_of != mine), None),
        refunds=[one for row, one, mine in told if row.refund_of == mine],
    )
