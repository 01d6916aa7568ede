"""Transactions that another link told, and the keys under which the present one tells them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Select, bindparam, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from webapp.domain.life import EventKind
from webapp.domain.likeness import Candidate
from webapp.domain.planning import CANCELLED, DUPLICATE, Known
from webapp.domain.relinking import Before
from webapp.storage.ingest import in_chunks, table_of
from webapp.storage.lives import Happened, record_events
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction


def told_by_others(
    session: Session, account_id: str, interface_id: str, first: date, last: date
) -> list[Before]:
    """Return an account's transactions of these days last told under another interface."""
    rows = session.execute(
        select_columns(
            col(BankTransaction.id),
            col(BankTransaction.identity_key),
            col(BankTransaction.status),
            col(BankTransaction.content),
            col(BankTransaction.day),
            col(BankTransaction.amount_minor),
            col(BankTransaction.currency),
            col(BankTransaction.memo),
        )
        .join(SyncRun, col(SyncRun.id) == col(BankTransaction.last_run_id))
        .where(
            col(BankTransaction.account_id) == account_id,
            col(BankTransaction.day).between(first, last),
            col(BankTransaction.status).not_in((CANCELLED, DUPLICATE, "entered")),
            col(SyncRun.interface_id) != interface_id,
        )
        # Never by our ids: those of one batch are in no order, and equal rows would change places.
        .order_by(
            col(BankTransaction.day),
            col(BankTransaction.seen_at),
            col(BankTransaction.identity_key),
        )
    )
    return [Before(Known(*row[:4]), *row[4:]) for row in rows]


def swap_keys(session: Session, pairs: Sequence[tuple[Candidate, Candidate]]) -> None:
    """Have two equal transactions each be known under the key of the other."""
    for one, other in pairs:
        for row_id, key in (
            (one.known.id, f"swapping:{one.known.id}"),
            (other.known.id, one.known.identity_key),
            (one.known.id, other.known.identity_key),
        ):
            session.connection().execute(
                update(BankTransaction)
                .where(col(BankTransaction.id) == row_id)
                .values(identity_key=key)
            )


def give_new_keys(session: Session, found: Collection[Known], *, run_id: str, at: datetime) -> None:
    """Have transactions be known under the keys that the present link gives them."""
    if not found:
        return
    keyed = [
        Happened(row_id, EventKind.KEYED, {"identity_key": key})
        for some in in_chunks(one.id for one in found)
        for row_id, key in session.execute(_keys(some))
    ]
    record_events(session, keyed, run_id=run_id, at=at)
    table = table_of(BankTransaction)
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values(identity_key=bindparam("key"), last_run_id=run_id),
        [{"row_id": one.id, "key": one.identity_key} for one in found],
    )


def _keys(ids: Sequence[str]) -> Select[str, str]:
    columns = col(BankTransaction.id), col(BankTransaction.identity_key)
    return select_columns(*columns).where(col(BankTransaction.id).in_(ids))
