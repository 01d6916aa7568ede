"""How often each source was called lately, over all workers: what its quota is held against."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from webapp.storage.columns import UtcDateTime


class SourceBudget(SQLModel, table=True):
    """The calls made to one connector's source in the minute that began at ``minute`` (real time).

    Its row is also what workers take turns on when they take interfaces of this source over.
    """

    __tablename__ = "source_budget"

    connector: str = Field(primary_key=True)
    minute: datetime = Field(sa_type=UtcDateTime)
    calls: int = 0
