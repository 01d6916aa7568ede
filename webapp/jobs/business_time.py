"""Move business time, for demonstrations and tests: do what is due at another moment."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import col, select

from webapp.domain.interfaces import Outcome
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.leases import due_at, set_business_time
from webapp.storage.runs import SyncRun
from webapp.sync.job import Engine
from webapp.sync.run import Result, result_of


def ask_due(database: Database, moment: datetime) -> list[str]:
    """Have every interface due at ``moment`` run as of that moment; return their ids."""
    with database.write() as session:
        due = due_at(session, moment)
        set_business_time(session, due, moment)
    return due


def runs_since(
    engine: Engine, interface_ids: Sequence[str], *, pause: Callable[[], None]
) -> list[Result]:
    """Wait until the asked runs have ended and return how.

    An interface whose worker dies meanwhile is waited for: its lease runs out and the clock rings
    again. ``pause`` is called between two looks.
    """
    while _still_asked(engine.database, interface_ids):
        pause()
    with engine.database.read() as session:
        found = [
            session.exec(
                select(SyncRun.id)
                .where(
                    col(SyncRun.interface_id) == interface_id,
                    col(SyncRun.outcome) != Outcome.INTERRUPTED,
                )
                .order_by(col(SyncRun.id).desc())
                .limit(1)
            ).first()
            for interface_id in interface_ids
        ]
    return [result_of(engine, run_id) for run_id in found if run_id is not None]


def _still_asked(database: Database, interface_ids: Sequence[str]) -> bool:
    """A run that has ended clears the business time it was asked with."""
    with database.read() as session:
        return (
            session.exec(
                select(Interface.id).where(
                    col(Interface.id).in_(interface_ids), col(Interface.as_of).is_not(None)
                )
            ).first()
            is not None
        )
