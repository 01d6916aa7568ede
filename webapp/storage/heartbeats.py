"""When each of our own processes last gave a sign of life."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from webapp.storage.columns import UtcDateTime


class Heartbeat(SQLModel, table=True):
    """The last sign of life of a process kind (``worker``, ``clock``), in the database's time."""

    __tablename__ = "heartbeat"

    process: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    detail: str = ""
