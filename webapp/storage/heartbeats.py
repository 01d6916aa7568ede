"""When our own clock process last gave a sign of life."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel

from webapp.storage.clock import lease_now
from webapp.storage.columns import UtcDateTime


class Heartbeat(SQLModel, table=True):
    """The last sign of life of a kind of process, in the database's time."""

    __tablename__ = "heartbeat"

    process: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)


def beat(session: Session, process: str) -> None:
    """Write a sign of life of ``process``."""
    row = session.get(Heartbeat, process)
    if row is None:
        session.add(Heartbeat(process=process, seen_at=lease_now(session)))
    else:
        row.seen_at = lease_now(session)


def seen_at(session: Session, process: str) -> datetime | None:
    """Return when ``process`` last gave a sign of life, if it ever did."""
    row = session.get(Heartbeat, process)
    return row.seen_at if row else None
