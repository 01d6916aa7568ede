"""The bulk writes of a sync: whole batches, never one object or one SELECT per row."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Dialect, Table, bindparam, insert, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col

from cardsync_sdk.interchange import to_line
from cardsync_sdk.types import FetchedTransaction, Fuel, Merchant
from webapp.domain.expenses import ExpenseStatus, PaymentMode
from webapp.domain.life import EventKind, life_event
from webapp.domain.planning import (
    CANCELLED,
    ChangedTransaction,
    Known,
    NewTransaction,
    RowOutcome,
)
from webapp.storage.columns import new_ids
from webapp.storage.expenses import Expense
from webapp.storage.lives import Happened, plain, record_events
from webapp.storage.runs import Coverage, Delivery, RowFate
from webapp.storage.transactions import BankTransaction, TransactionAlias

# SQLite takes 32 766 parameters in one statement; PostgreSQL 65 535.
KEYS_PER_QUERY = 5_000
COMPRESSION = 1


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table of ``model``, for bulk statements."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


@cache
def insert_into(model: type[SQLModel]) -> Any:
    """Return the INSERT into the table of ``model``, built once: every batch needs it."""
    return insert(table_of(model))


def _known_columns(key: Any) -> tuple[Any, ...]:
    """Return the columns that make a :class:`Known`, in its order; ``key`` is how it is held."""
    return (
        col(BankTransaction.id),
        key,
        col(BankTransaction.status),
        col(BankTransaction.content),
        col(BankTransaction.external_id),
        col(BankTransaction.amount_minor),
        col(BankTransaction.booked_on).is_(None),
    )


def in_chunks(items: Iterable[str]) -> Iterator[list[str]]:
    """Yield ``items`` in lists that fit into one statement."""
    rest = iter(items)
    while some := list(islice(rest, KEYS_PER_QUERY)):
        yield some


def load_known(session: Session, identity_id: str, keys: Sequence[str]) -> dict[str, Known]:
    """Return, by identity key, the transactions held under ``keys``."""
    known: dict[str, Known] = {}
    for some in in_chunks(keys):
        asked = {"identity": identity_id, "keys": some}
        for row in session.connection().execute(_under_first_key(), asked):
            known[row[1]] = Known(*row)
        for row in session.connection().execute(_under_other_keys(), asked):
            known.setdefault(row[1], Known(*row))
    return known


# Asked for every batch of every run, so built once.
@cache
def _under_first_key() -> Any:
    return select_columns(*_known_columns(col(BankTransaction.identity_key))).where(
        col(BankTransaction.account_identity_id) == bindparam("identity"),
        col(BankTransaction.identity_key).in_(bindparam("keys", expanding=True)),
    )


@cache
def _under_other_keys() -> Any:
    """Return the query of the transactions held under keys besides their first."""
    return (
        select_columns(*_known_columns(col(TransactionAlias.key)))
        .join(TransactionAlias, col(TransactionAlias.transaction_id) == col(BankTransaction.id))
        .where(
            col(TransactionAlias.account_identity_id) == bindparam("identity"),
            col(TransactionAlias.key).in_(bindparam("keys", expanding=True)),
        )
    )


def insert_aliases(
    session: Session, identity_id: str, aliases: Mapping[str, str], *, run_id: str | None = None
) -> None:
    """Have transactions be known under further keys: ``aliases`` holds transaction ids by key.

    :param run_id: the run that found it; without it a person said so.
    """
    if aliases:
        session.connection().execute(
            insert_into(TransactionAlias),
            [
                {
                    "account_identity_id": identity_id,
                    "key": key,
                    "transaction_id": transaction_id,
                    "run_id": run_id,
                }
                for key, transaction_id in aliases.items()
            ],
        )


def insert_transactions(
    session: Session,
    new: Sequence[NewTransaction],
    *,
    entity_id: str,
    account_id: str,
    identity_id: str,
    run_id: str,
    at: datetime,
) -> dict[str, str]:
    """Insert ``new`` rows and return their ids by identity key."""
    if not new:
        return {}
    ids = new_ids(len(new))
    common = {
        "legal_entity_id": entity_id,
        "account_identity_id": identity_id,
        "account_id": account_id,
        "first_run_id": run_id,
        "last_run_id": run_id,
        "seen_at": at,
    }
    rows = [
        {
            "id": row_id,
            "identity_key": one.keyed.key,
            "content": one.content,
            "settles": one.settles,
            **common,
            **bank_values(one.keyed.row),
        }
        for row_id, one in zip(ids, new, strict=True)
    ]
    session.connection().execute(insert_into(BankTransaction), rows)
    return {one.keyed.key: row_id for row_id, one in zip(ids, new, strict=True)}


def bank_values(row: FetchedTransaction) -> dict[str, Any]:
    """Return the columns that hold what the bank said of ``row``."""
    return {
        "external_id": row.external_id,
        "kind": row.kind.value,
        "status": row.status.value,
        "day": row.day,
        "purchased_on": row.purchased_on,
        "booked_on": row.booked_on,
        "value_on": row.value_on,
        "amount_minor": row.amount.minor,
        "currency": row.amount.currency,
        "original_minor": row.original.minor if row.original else None,
        "original_currency": row.original.currency if row.original else None,
        "fee_minor": row.fee.minor if row.fee else None,
        "memo": row.memo,
        "label": row.label,
        "merchant": _plain(row.merchant),
        "fuel": _plain(row.fuel),
        "card_last4": row.card_last4,
        "source_stamp": row.source_stamp,
    }


def _plain(value: Merchant | Fuel | None) -> dict[str, Any] | None:
    # dataclasses.asdict copies deeply, which a flat value of a bulk import need not pay for.
    if value is None:
        return None
    return {name: getattr(value, name) for name in value.__slots__}


def change_transactions(
    session: Session, changed: Sequence[ChangedTransaction], *, run_id: str, at: datetime
) -> None:
    """Replace the bank values of known transactions; what people said is elsewhere (D-Q)."""
    if not changed:
        return
    _record_changes(session, changed, run_id=run_id, at=at)
    rows = [
        {
            "row_id": one.id,
            "content": one.content,
            "last_run_id": run_id,
            **bank_values(one.keyed.row),
        }
        for one in changed
    ]
    table = table_of(BankTransaction)
    statement = update(table).where(table.c.id == bindparam("row_id"))
    session.connection().execute(
        statement.values({name: bindparam(name) for name in rows[0] if name != "row_id"}), rows
    )
    # The holder's list pages by the expense's own copy of the day. A submitted expense keeps its
    # day as it keeps all else, and shows what the bank says now beside it (I12).
    expenses = table_of(Expense)
    session.connection().execute(
        update(expenses)
        .where(expenses.c.transaction_id == bindparam("row_id"), expenses.c.locked_at.is_(None))
        .values(day=bindparam("new_day")),
        [{"row_id": one.id, "new_day": one.keyed.row.day} for one in changed],
    )


def _record_changes(
    session: Session, changed: Sequence[ChangedTransaction], *, run_id: str, at: datetime
) -> None:
    """Keep what each transaction said before, value by value."""
    new = {one.id: bank_values(one.keyed.row) for one in changed}
    events: list[Happened] = []
    table = table_of(BankTransaction)
    for some in in_chunks(new):
        for row in session.connection().execute(select_columns(table).where(table.c.id.in_(some))):
            old = row._mapping  # noqa: SLF001  # the documented way to read a row by name
            told = new[row.id]
            before = {name: plain(old[name]) for name in told if old[name] != told[name]}
            kind = life_event(row.status, told["status"], unbooked=row.booked_on is None)
            events.append(Happened(row.id, kind, before))
    record_events(session, events, run_id=run_id, at=at)


def cancel_transactions(
    session: Session, ids: Sequence[str], *, run_id: str, at: datetime, detail: str = ""
) -> None:
    """Mark transactions as withdrawn at the source; they are kept."""
    if not ids:
        return
    rows = session.connection().execute(
        select_columns(col(BankTransaction.id), col(BankTransaction.status)).where(
            col(BankTransaction.id).in_(ids)
        )
    )
    events = [
        Happened(row_id, EventKind.CANCELLED, {"status": status}, detail) for row_id, status in rows
    ]
    record_events(session, events, run_id=run_id, at=at)
    session.connection().execute(
        update(BankTransaction)
        .where(col(BankTransaction.id).in_(ids))
        .values(status=CANCELLED, last_run_id=run_id)
    )


def insert_expenses(
    session: Session,
    made: Iterable[tuple[str, str, date]],
    *,
    entity_id: str,
    account_id: str,
    mode: PaymentMode,
    at: datetime,
) -> int:
    """Insert a draft expense for each ``(transaction id, holder, day)``; returns how many."""
    common = {
        "legal_entity_id": entity_id,
        "account_id": account_id,
        "payment_mode": mode.value,
        "status": ExpenseStatus.TO_COMPLETE.value,
        "category_id": None,
        "comment": "",
        "version": 1,
        "created_at": at,
    }
    rows = [
        {"transaction_id": transaction, "user_id": holder, "day": day, **common}
        for transaction, holder, day in made
    ]
    for row, row_id in zip(rows, new_ids(len(rows)), strict=True):
        row["id"] = row_id
    if rows:
        session.connection().execute(insert_into(Expense), rows)
    return len(rows)


def insert_fates(
    session: Session,
    outcomes: Sequence[RowOutcome],
    *,
    run_id: str,
    account_id: str,
    transaction_ids: Mapping[str, str],
) -> None:
    """Record the fate of each row; ``transaction_ids`` finds its transaction by identity key."""
    if not outcomes:
        return
    _insert_plain(
        session,
        table_of(RowFate),
        ("run_id", "position", "account_id", "fate", "transaction_id", "external_id", "reason"),
        [
            (
                run_id,
                outcome.position,
                account_id,
                outcome.fate.value,
                transaction_ids.get(outcome.key) if outcome.key else None,
                outcome.external_id,
                outcome.reason,
            )
            for outcome in outcomes
        ],
    )


def _insert_plain(
    session: Session, table: Table, names: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    """Insert rows of nothing but texts and numbers, which need no turning into SQL values.

    Every row told has a fate, the known ones above all: looking at each value was half their cost.
    """
    connection = session.connection()
    statement, by_name = _plain_insert(table, names, connection.dialect)
    values: Any = [dict(zip(names, row, strict=True)) for row in rows] if by_name else rows
    connection.exec_driver_sql(statement, values)


@cache
def _plain_insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, bool]:
    """Return an INSERT in the driver's own words, and whether it takes its values by name."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    order = getattr(compiled, "positiontup", None)
    if order is not None and tuple(order) != names:
        raise RuntimeError(f"{table.name}: the columns are not in the table's order")
    return str(compiled), order is None


def insert_delivery(
    session: Session,
    rows: Sequence[FetchedTransaction],
    *,
    run_id: str,
    number: int,
    first_position: int,
    told: dict[str, Any] | None = None,
) -> None:
    """Keep the rows of a batch as they came, compressed, before any rule touched them.

    :param told: what else the batch said, JSON values only.
    """
    if not rows and not told:
        return
    lines = "\n".join([to_line(row) for row in rows]).encode()
    session.connection().execute(
        insert_into(Delivery),
        [
            {
                "run_id": run_id,
                "number": number,
                "first_position": first_position,
                "rows": len(rows),
                "sha256": hashlib.sha256(lines).hexdigest(),
                "body": zlib.compress(lines, COMPRESSION),
                "told": told,
            }
        ],
    )


def delivery_lines(delivery: Delivery) -> list[dict[str, Any]]:
    """Return the rows of a stored delivery as JSON values.

    :raises ValueError: if the stored bytes are not those that were delivered.
    """
    lines = zlib.decompress(delivery.body)
    if hashlib.sha256(lines).hexdigest() != delivery.sha256:
        raise ValueError(f"delivery {delivery.run_id}/{delivery.number} was altered")
    return [json.loads(line) for line in lines.splitlines()]


def insert_coverage(
    session: Session, *, account_id: str, run_id: str, first_on: date, last_on: date
) -> None:
    """Record that every day from ``first_on`` to ``last_on`` of an account was fetched."""
    days = {"account_id": account_id, "run_id": run_id, "first_on": first_on, "last_on": last_on}
    session.connection().execute(insert_into(Coverage), days)
