"""Announced transactions that were never booked: they expire by themselves, and say so (D-M)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, text, update
from sqlmodel import Session, col, select

from cardsync_sdk.types import TransactionStatus
from webapp.domain.life import EventKind
from webapp.storage.ingest import KEYS_PER_QUERY, table_of
from webapp.storage.lives import Happened, record_events
from webapp.storage.runs import RowFate
from webapp.storage.transactions import BankTransaction

EXPIRED = "expired"


def expire_holds(
    session: Session,
    account_ids: Collection[str],
    hold_expiry: timedelta,
    today: date,
    run_id: str,
    at: datetime,
) -> int:
    """Let the holds expire that are older than ``hold_expiry``; returns how many.

    One that this very run has shown is still held at the bank, however old it is.

    :param account_ids: the accounts that the run fetched whole: while a source does not answer,
        nobody knows what became of a hold.
    """
    ids = _overdue(session, account_ids, today - hold_expiry, run_id)
    if ids:
        table = table_of(BankTransaction)
        values = {"status": EXPIRED, "last_run_id": run_id}
        session.connection().execute(update(table).where(table.c.id.in_(ids)).values(**values))
        before = {"status": TransactionStatus.ANNOUNCED.value}
        expired = [Happened(one, EventKind.EXPIRED, before) for one in ids]
        record_events(session, expired, run_id=run_id, at=at)
    return len(ids)


def _overdue(
    session: Session, account_ids: Collection[str], before: date, run_id: str
) -> Sequence[str]:
    asked = {"accounts": list(account_ids), "before": before, "run": run_id}
    return session.connection().execute(_overdue_query(), asked).scalars().all()


@cache
def _overdue_query() -> Any:
    """Return the query, built once: every run asks it."""
    row = BankTransaction
    shown = select(RowFate.transaction_id).where(
        RowFate.run_id == bindparam("run"), RowFate.transaction_id == row.id
    )
    query = select(row.id).where(
        col(row.account_id).in_(bindparam("accounts", expanding=True)),
        # Written out: a partial index is taken for a value that is known only.
        text(f"bank_transaction.status = '{TransactionStatus.ANNOUNCED.value}'"),
        col(row.day) < bindparam("before"),
        ~shown.exists(),
    )
    # More than one statement takes wait for the next run.
    return query.order_by(col(row.id)).limit(KEYS_PER_QUERY)
