"""Announced transactions that were never booked: they expire by themselves, and say so (D-M)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from cardsync_sdk.types import TransactionStatus
from webapp.domain.life import EventKind
from webapp.storage.columns import new_ids
from webapp.storage.ingest import KEYS_PER_QUERY, table_of
from webapp.storage.runs import RowFate
from webapp.storage.transactions import BankTransaction, TransactionEvent

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
    row = BankTransaction
    shown = select(RowFate.transaction_id).where(
        RowFate.run_id == run_id, RowFate.transaction_id == row.id
    )
    ids = session.exec(
        select(row.id)
        .where(
            col(row.account_id).in_(account_ids),
            col(row.status) == TransactionStatus.ANNOUNCED.value,
            col(row.day) < today - hold_expiry,
            ~shown.exists(),
        )
        .order_by(col(row.id))
        # More than one statement takes wait for the next run.
        .limit(KEYS_PER_QUERY)
    ).all()
    if not ids:
        return 0
    expired = table_of(BankTransaction)
    session.connection().execute(
        update(expired).where(expired.c.id.in_(ids)).values(status=EXPIRED, last_run_id=run_id)
    )
    session.connection().execute(
        insert(table_of(TransactionEvent)),
        [
            {
                "id": event_id,
                "transaction_id": transaction_id,
                "run_id": run_id,
                "at": at,
                "kind": EventKind.EXPIRED.value,
                "before": {"status": TransactionStatus.ANNOUNCED.value},
            }
            for event_id, transaction_id in zip(new_ids(len(ids)), ids, strict=True)
        ],
    )
    return len(ids)
