"""How the syncs of interfaces stand now: who asked, what runs, how the last one ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from webapp.domain.interfaces import Outcome
from webapp.storage.interfaces import Interface
from webapp.storage.people import User
from webapp.storage.runs import SyncRun

# A run that was cut off says nothing of the source: its interface is still due and runs again.
UNFINISHED = (Outcome.RUNNING.value, Outcome.INTERRUPTED.value)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one interface's syncs.

    ``asked_by`` names who asked for the run to come or under way; ``last`` is the last run that
    came to an end, whoever started it.
    """

    asked_by: str | None = None
    running_since: datetime | None = None
    last: SyncRun | None = None
    last_asked_by: str | None = None

    @property
    def last_id(self) -> str:
        """Return the id of the last run, empty before the first."""
        return self.last.id if self.last else ""


def standings(session: Session, interface_ids: Collection[str]) -> dict[str, Standing]:
    """Return how each of these interfaces stands, in three queries whatever their number."""
    asked = dict(
        session.exec(
            select(Interface.id, User.name)
            .join(User, col(User.id) == col(Interface.asked_by))
            .where(col(Interface.id).in_(interface_ids))
        ).all()
    )
    running = dict(
        session.exec(
            select(SyncRun.interface_id, SyncRun.started_at).where(
                SyncRun.outcome == Outcome.RUNNING.value,
                col(SyncRun.interface_id).in_(interface_ids),
            )
        ).all()
    )
    last = _last_runs(session, interface_ids)
    return {
        one: Standing(asked.get(one), running.get(one), *last.get(one, (None, None)))
        for one in interface_ids
    }


def _last_runs(
    session: Session, interface_ids: Collection[str]
) -> dict[str, tuple[SyncRun, str | None]]:
    run = aliased(SyncRun)
    newest = (
        select_columns(col(run.id))
        .where(col(run.interface_id) == col(Interface.id), col(run.outcome).not_in(UNFINISHED))
        .order_by(col(run.started_at).desc(), col(run.id).desc())
        .limit(1)
        .correlate(Interface)
        .scalar_subquery()
    )
    rows = session.exec(
        select(SyncRun, User.name)
        .select_from(Interface)
        .join(SyncRun, col(SyncRun.id) == newest)
        .outerjoin(User, col(User.id) == col(SyncRun.asked_by))
        .where(col(Interface.id).in_(interface_ids))
    ).all()
    return {found.interface_id: (found, name) for found, name in rows}
