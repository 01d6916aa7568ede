"""Column types and helpers shared by every table."""

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

# Named constraints, so that a migration can drop what it made (SQLite batch mode needs names).
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA: MetaData = SQLModel.metadata

ID_LENGTH = 26
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> str:
    """Return a fresh id in the form of a ULID: 48 bits of time, 80 random bits, Crockford base 32.

    Ordered by time, so that indexes grow at one end; unguessable, so that it can stand in a URL.
    Source: the ULID specification (github.com/ulid/spec).
    """
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return _encode(value)


def new_ids(count: int) -> list[str]:
    """Return ``count`` fresh ids with one call for randomness, for bulk inserts."""
    base = (time.time_ns() // 1_000_000) << 80
    noise = os.urandom(10 * count)
    return [
        _encode(base | int.from_bytes(noise[start : start + 10]))
        for start in range(0, 10 * count, 10)
    ]


_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def _encode(value: int) -> str:
    # Ten bits at a time: a bulk insert makes tens of thousands of ids.
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: stored in UTC, given back aware; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware datetime; SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_field() -> Any:
    """Return the primary key field of a table."""
    return Field(default_factory=new_id, primary_key=True, max_length=ID_LENGTH)


def ref(target: str, *, index: bool = True, nullable: bool = False) -> Any:
    """Return a foreign key to ``table.column``; deleting the target is refused while it is used."""
    default: dict[str, Any] = {"default": None} if nullable else {}
    return Field(
        foreign_key=target,
        max_length=ID_LENGTH,
        index=index,
        nullable=nullable,
        ondelete="RESTRICT",
        **default,
    )


def one_of(column: str, choices: Iterable[StrEnum] | Iterable[str]) -> CheckConstraint:
    """Return a CHECK that ``column`` holds one of ``choices``."""
    listed = ", ".join(f"'{choice}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
