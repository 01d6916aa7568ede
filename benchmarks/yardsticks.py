"""What the database alone takes for the rows that the engine leaves behind.

One bulk Core insert per table of exactly the rows that a step touched or wrote, in one database
transaction, with the same indexes; for what is delivered again, the same with ``ON CONFLICT DO
NOTHING``. They decide nothing: the ratio is what our rules cost.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from benchmarks.company import Timing, timed
from webapp.storage.database import Database

Left = dict[str, list[dict[str, Any]]]

# What a run writes, parents first.
WRITTEN = ("sync_run", "bank_transaction", "expense", "row_fate", "delivery", "coverage")


def left_by(database: Database, runs: Sequence[str]) -> Left:
    """Return, by table, the rows of these runs: what they wrote, and what they found there."""
    tables = database.metadata.tables
    fates = tables["row_fate"]
    shown = select(fates.c.transaction_id).where(fates.c.run_id.in_(runs))
    conditions: dict[str, ColumnElement[bool]] = {
        "sync_run": tables["sync_run"].c.id.in_(runs),
        "bank_transaction": tables["bank_transaction"].c.id.in_(shown),
        "expense": tables["expense"].c.transaction_id.in_(shown),
        **{name: tables[name].c.run_id.in_(runs) for name in ("row_fate", "delivery", "coverage")},
    }
    with database.engine.connect() as connection:
        return {
            name: [
                dict(row)
                for row in connection.execute(select(tables[name]).where(condition)).mappings()
            ]
            for name, condition in conditions.items()
        }


def copy_parents(source: Database, target: Database) -> None:
    """Copy everything that no run writes into a database without companies."""
    with source.engine.connect() as read, target.engine.begin() as write:
        for table in source.metadata.sorted_tables:
            rows = [dict(row) for row in read.execute(select(table)).mappings()]
            if table.name not in (*WRITTEN, "transaction_event") and rows:
                write.execute(_insert(target, table, known=True), rows)


def insert_left(database: Database, left: Left, *, known: bool) -> Timing:
    """Insert ``left``, one bulk statement per table; ``known``: some of it may be there."""
    tables = database.metadata.tables
    with timed() as timing, database.engine.begin() as connection:
        for name in WRITTEN:
            if left[name]:
                connection.execute(_insert(database, tables[name], known=known), left[name])
    return timing


def _insert(database: Database, table: Table, *, known: bool) -> Executable:
    if database.is_sqlite:
        statement = sqlite.insert(table)
        return statement.on_conflict_do_nothing() if known else statement
    other = postgresql.insert(table)
    return other.on_conflict_do_nothing() if known else other
