"""How often each source was called lately, over all workers: what its quota is held against."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col, select

from webapp.storage.clock import lease_now
from webapp.storage.columns import UtcDateTime


class SourceBudget(SQLModel, table=True):
    """The calls made to one connector's source in the minute that began at ``minute`` (real time).

    Its row is also what workers take turns on when they take interfaces of this source over.
    """

    __tablename__ = "source_budget"

    connector: str = Field(primary_key=True)
    minute: datetime = Field(sa_type=UtcDateTime)
    calls: int = 0


def lock_budgets(session: Session, connectors: Collection[str]) -> dict[str, int]:
    """Take turns on the sources of ``connectors``; return the calls made to each this minute."""
    minute = _minute_of(session)
    for connector in sorted(connectors):
        _insert(session, connector, minute, 0)
    budgets = session.exec(
        select(SourceBudget)
        .where(col(SourceBudget.connector).in_(connectors))
        .order_by(col(SourceBudget.connector))
        .with_for_update()
    ).all()
    return {one.connector: one.calls if one.minute == minute else 0 for one in budgets}


def note_calls(session: Session, connector: str, calls: int) -> None:
    """Add ``calls`` to what was made to a source this minute; those of an earlier one are over."""
    _insert(session, connector, _minute_of(session), calls)


def _insert(session: Session, connector: str, minute: datetime, calls: int) -> None:
    """Add ``calls`` to the row of a source; without calls, only see that there is a row."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(SourceBudget).values(connector=connector, minute=minute, calls=calls)
    if not calls:
        session.connection().execute(row.on_conflict_do_nothing())
        return
    kept = case((col(SourceBudget.minute) == minute, col(SourceBudget.calls)), else_=0)
    session.connection().execute(
        row.on_conflict_do_update(
            index_elements=["connector"], set_={"minute": minute, "calls": kept + calls}
        )
    )


def _minute_of(session: Session) -> datetime:
    return lease_now(session).replace(second=0, microsecond=0)
