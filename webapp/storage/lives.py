"""The events of transactions' lives, as they are written and read (D-M)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from webapp.domain.life import EventKind
from webapp.storage.columns import new_ids
from webapp.storage.transactions import TransactionEvent


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to record; ``before`` holds the values it replaced, by column."""

    transaction_id: str
    kind: EventKind
    before: Mapping[str, Any] | None = None
    detail: str = ""


def record_events(
    session: Session,
    events: Sequence[Happened],
    *,
    at: datetime,
    run_id: str | None = None,
    user_id: str | None = None,
) -> None:
    """Write ``events``, which a run or a person caused."""
    if not events:
        return
    rows = [
        {
            "id": row_id,
            "transaction_id": one.transaction_id,
            "run_id": run_id,
            "user_id": user_id,
            "at": at,
            "kind": one.kind.value,
            "before": dict(one.before) if one.before is not None else None,
            "detail": one.detail,
        }
        for row_id, one in zip(new_ids(len(events)), events, strict=True)
    ]
    session.connection().execute(insert(TransactionEvent), rows)


def plain(value: Any) -> Any:
    """Return a bank value as JSON has it: a day as its ISO text."""
    return value.isoformat() if isinstance(value, date) else value
