"""The database's own time: what leases are measured in, never moved by ``--as-of``."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session


def lease_now(session: Session) -> datetime:
    """Return the database's present instant, in UTC."""
    if session.get_bind().dialect.name == "sqlite":
        # SQLite runs in this process: its clock is this machine's.
        return datetime.now(UTC)
    value: datetime = session.connection().execute(text("SELECT clock_timestamp()")).scalar_one()
    return value.astimezone(UTC)


def lease_clock(session: Session) -> Any:
    """Return the same instant for use within a statement: no question of its own is asked for it.

    On SQLite a value, on PostgreSQL the function that gives it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    return func.clock_timestamp()
