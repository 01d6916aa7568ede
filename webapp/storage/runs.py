"""Sync runs, the fate of every row, the deliveries as they came, and the coverage ledger."""

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    String,
    bindparam,
    func,
    update,
)
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.fates import Fate, FateCounts
from webapp.domain.interfaces import Actor, Outcome, Trigger
from webapp.storage.clock import lease_now
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref
from webapp.storage.leases import Claim

_SUM_OF_FATES = " + ".join(f"n_{fate}" for fate in Fate)


class SyncRun(SQLModel, table=True):
    """One execution of a synchronisation of one interface, with its counts by fate.

    ``as_of`` is its business time; ``started_at`` and ``ended_at`` are real time. The database
    itself refuses counts that do not add up to the rows seen (D-P). ``again_first`` to
    ``again_last``: the days it asked for once more. ``undone_at``: what it brought was taken back;
    its counts, fates and deliveries stay as they were. ``calls``: how often the source was called.
    """

    __tablename__ = "sync_run"
    __table_args__ = (
        one_of("trigger", Trigger),
        one_of("outcome", Outcome),
        one_of("who_acts", Actor),
        CheckConstraint(f"rows_seen = {_SUM_OF_FATES}", name="counts_add_up"),
        Index("ix_sync_run_interface", "interface_id", "started_at"),
        Index("ix_sync_run_open", "outcome", "heartbeat_at"),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    interface_id: str = ref("interface.id", index=False)
    source: str
    fence: int
    trigger: str
    asked_by: str | None = ref("app_user.id", nullable=True, index=False)
    asked_why: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    again_first: date | None = None
    again_last: date | None = None
    as_of: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime = Field(sa_type=UtcDateTime)
    heartbeat_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str = Outcome.RUNNING.value
    error_kind: str = ""
    error: str = ""
    who_acts: str = Actor.NOBODY.value
    next_try_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_by: str | None = ref("app_user.id", nullable=True, index=False)
    rows_seen: int = 0
    expenses_made: int = 0
    calls: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    n_new: int = 0
    n_updated: int = 0
    n_booked: int = 0
    n_removed: int = 0
    n_unchanged: int = 0
    n_repeated: int = 0
    n_waiting: int = 0
    n_out_of_window: int = 0
    n_summary: int = 0
    n_duplicate_of: int = 0
    n_quarantined: int = 0
    n_not_shared: int = 0


class RowFate(SQLModel, table=True):
    """The one fate of one row of one run; ``position`` numbers the rows of the run from 1.

    Rows of accounts that were not shared have no row here: they are counted, nothing of them is
    kept (R13).
    """

    __tablename__ = "row_fate"
    __table_args__ = (
        one_of("fate", [fate for fate in Fate if fate is not Fate.NOT_SHARED]),
        Index("ix_row_fate_transaction", "transaction_id"),
    )

    run_id: str = Field(
        primary_key=True, foreign_key="sync_run.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    position: int = Field(primary_key=True)
    account_id: str = ref("account.id", index=False)
    fate: str
    transaction_id: str | None = Field(default=None, max_length=ID_LENGTH)
    external_id: str | None = None
    reason: str = ""


class Delivery(SQLModel, table=True):
    """The rows of one batch as they came, before any rule touched them: immutable, for replay.

    ``body`` is zlib-compressed interchange lines (``docs/interchange.md``) of shared accounts only.
    ``told`` holds what else the batch said, and what it answered: :mod:`webapp.sync.telling`. One
    without rows notes where a walk was settled.
    """

    __tablename__ = "delivery"

    run_id: str = Field(
        primary_key=True, foreign_key="sync_run.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    number: int = Field(primary_key=True)
    first_position: int
    rows: int
    sha256: str = Field(sa_column=Column(String(64), nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)
    told: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class Coverage(SQLModel, table=True):
    """An interval of days of an account that was fetched with success, both days included.

    A run has several where it was asked for days besides the usual ones.
    """

    __tablename__ = "coverage"
    __table_args__ = (CheckConstraint("first_on <= last_on", name="in_order"),)

    account_id: str = Field(
        primary_key=True, foreign_key="account.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    run_id: str = Field(
        primary_key=True, foreign_key="sync_run.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    first_on: date = Field(primary_key=True)
    last_on: date


def open_run(
    session: Session, claimed: Claim, *, entity_id: str, source: str, trigger: Trigger
) -> SyncRun:
    """Add a run under way; what an earlier worker left open is closed as interrupted."""
    real = lease_now(session)
    session.connection().execute(
        update(SyncRun)
        .where(
            col(SyncRun.interface_id) == claimed.interface_id,
            col(SyncRun.outcome) == Outcome.RUNNING,
        )
        .values(**interrupted_at(real))
    )
    run = new_run(claimed, real, entity_id=entity_id, source=source, trigger=trigger)
    session.add(run)
    session.flush()
    return run


def new_run(
    claimed: Claim, real: datetime, *, entity_id: str, source: str, trigger: Trigger
) -> SyncRun:
    """Return the row of a run that begins at ``real`` (the database's time), not yet added."""
    return SyncRun(
        legal_entity_id=entity_id,
        interface_id=claimed.interface_id,
        source=source,
        fence=claimed.fence,
        trigger=trigger,
        asked_by=claimed.asked_by,
        asked_why=claimed.asked_why,
        again_first=claimed.again.first if claimed.again else None,
        again_last=claimed.again.last if claimed.again else None,
        as_of=claimed.as_of,
        started_at=real,
        heartbeat_at=real,
    )


def interrupted_at(real: datetime) -> dict[str, object]:
    """Return what is noted of a run whose worker is gone."""
    return {"outcome": Outcome.INTERRUPTED, "ended_at": real, "error_kind": "interrupted"}


def add_to_run(
    session: Session, run_id: str, counts: FateCounts, *, rows: int, expenses: int, calls: int = 0
) -> None:
    """Add a batch's counts to its run; the database refuses sums that do not add up."""
    told = tuple(sorted(fate for fate, count in counts.items() if count))
    session.connection().execute(
        _added(session.get_bind().dialect.name, told),
        {
            "of_run": run_id,
            "more_rows_seen": rows,
            "more_expenses_made": expenses,
            "more_calls": calls,
            **{f"more_n_{fate}": counts[fate] for fate in told},
            **_real(session),
        },
    )


@cache
def _added(dialect: str, told: tuple[Fate, ...]) -> Any:
    """Return the UPDATE that adds to a run's counts of the fates ``told``; built once for each."""
    names = ("rows_seen", "expenses_made", "calls", *(f"n_{fate}" for fate in told))
    more = {name: getattr(SyncRun, name) + bindparam(f"more_{name}") for name in names}
    return (
        update(SyncRun)
        .where(col(SyncRun.id) == bindparam("of_run"))
        .values({**more, "heartbeat_at": _clock_of(dialect)})
    )


def close_run(
    session: Session,
    run_id: str,
    outcome: Outcome,
    *,
    error_kind: str = "",
    error: str = "",
    who_acts: Actor = Actor.NOBODY,
    next_try_at: datetime | None = None,
) -> None:
    """End a run with its outcome."""
    session.connection().execute(
        _closed(session.get_bind().dialect.name),
        {
            "of_run": run_id,
            "to_outcome": outcome,
            "to_error_kind": error_kind,
            "to_error": error,
            "to_who_acts": who_acts,
            "to_next_try_at": next_try_at,
            **_real(session),
        },
    )


@cache
def _closed(dialect: str) -> Any:
    """Return the UPDATE that ends a run; built once, since every run ends."""
    names = ("outcome", "error_kind", "error", "who_acts", "next_try_at")
    return (
        update(SyncRun)
        .where(col(SyncRun.id) == bindparam("of_run"))
        .values(
            {
                **{name: bindparam(f"to_{name}") for name in names},
                "ended_at": _clock_of(dialect),
            }
        )
    )


def _clock_of(dialect: str) -> Any:
    """Return the database's own time within a statement that is built once."""
    return bindparam("real") if dialect == "sqlite" else func.clock_timestamp()


def _real(session: Session) -> dict[str, datetime]:
    return {"real": lease_now(session)} if session.get_bind().dialect.name == "sqlite" else {}


def demanded_since(session: Session, interface_id: str, since: datetime) -> list[datetime]:
    """Return the business times of the syncs that people asked for after ``since``."""
    return list(
        session.exec(
            select(SyncRun.as_of).where(
                SyncRun.interface_id == interface_id,
                SyncRun.trigger == Trigger.DEMAND.value,
                SyncRun.as_of > since,
            )
        )
    )


def counts_of(run: SyncRun) -> dict[Fate, int]:
    """Return a run's counts by fate."""
    return {fate: getattr(run, f"n_{fate}") for fate in Fate}
