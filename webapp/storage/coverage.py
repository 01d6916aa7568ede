"""The coverage ledger as it is read: the intervals of an account with the runs they came from."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from cardsync_sdk.types import FetchWindow
from webapp.domain.coverage import holes
from webapp.storage.runs import Coverage, SyncRun


@dataclass(frozen=True, slots=True)
class Fetched:
    """Days that one run fetched whole; ``as_of`` is the run's business time."""

    days: FetchWindow
    run_id: str
    as_of: datetime


def fetched(session: Session, account_id: str) -> list[Fetched]:
    """Return every interval of an account with its run, the newest run first."""
    rows = session.execute(
        select_columns(
            col(Coverage.first_on), col(Coverage.last_on), col(Coverage.run_id), col(SyncRun.as_of)
        )
        .join(SyncRun, col(SyncRun.id) == col(Coverage.run_id))
        .where(col(Coverage.account_id) == account_id)
        .order_by(col(SyncRun.as_of).desc(), col(SyncRun.id).desc())
    )
    return [Fetched(FetchWindow(row[0], row[1]), row[2], row[3]) for row in rows]


def intervals(session: Session, account_id: str) -> list[FetchWindow]:
    """Return the intervals of an account, in no order."""
    rows = session.execute(
        select_columns(col(Coverage.first_on), col(Coverage.last_on)).where(
            col(Coverage.account_id) == account_id
        )
    )
    return [FetchWindow(row[0], row[1]) for row in rows]


def first_hole(
    session: Session, account_id: str, floor: date | None, until: date
) -> FetchWindow | None:
    """Return the oldest days from ``floor`` to ``until`` that were never fetched, if there are.

    An account of which nothing was fetched yet has a hole from its floor on; without a floor none.
    """
    found = holes(intervals(session, account_id), floor, until)
    return found[0] if found else None
