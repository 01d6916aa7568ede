"""Take a constraint out of a test's own database, to see what it keeps out."""

import sqlite3

from sqlalchemy import make_url, text

from webapp.storage.database import Database


def drop_constraint(database: Database, table: str, name: str) -> None:
    """Drop the constraint ``name`` of ``table``, which has no rows yet.

    :raises LookupError: if there is no such constraint: a wall taken out by a wrong name is none.
    """
    if database.is_sqlite:
        _make_anew(database, table, name)
        return
    with database.engine.begin() as connection:
        connection.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'))


def _make_anew(database: Database, table: str, name: str) -> None:
    """Make a table again without one constraint: SQLite cannot drop any."""
    database.dispose()
    # A connection of its own: those of the database refuse to drop what others refer to.
    connection = sqlite3.connect(make_url(database.url).database or "")
    found = connection.execute(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall()
    (made,) = (sql for kind, sql in found if kind == "table")
    lines = made.splitlines()
    kept = [line for line in lines if f"CONSTRAINT {name} " not in line]
    if len(kept) != len(lines) - 1:
        raise LookupError(f"{table} has no constraint {name} on a line of its own")
    body = "\n".join(kept).rstrip().removesuffix(")").rstrip().removesuffix(",")
    connection.execute(f'DROP TABLE "{table}"')
    connection.execute(f"{body}\n)")
    for kind, sql in found:
        if kind != "table":
            connection.execute(sql)
    connection.commit()
    connection.close()
