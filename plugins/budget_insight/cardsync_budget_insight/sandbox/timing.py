"""The practice bank's own time: the real clock plus what a tester moved it by.

Powens writes stamps as naive Paris time; so does this bank, also in its own tables.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cardsync_budget_insight.sandbox.store import Db, Practice, get_meta, set_meta

PARIS: Final = ZoneInfo("Europe/Paris")
STAMP: Final = "%Y-%m-%d %H:%M:%S"


def now(practice: Practice, db: Db) -> datetime:
    """Return the bank's time as naive Paris time, to the second."""
    moved = timedelta(seconds=get_meta(db, "offset", 0))
    return (practice.real_clock() + moved).astimezone(PARIS).replace(tzinfo=None, microsecond=0)


def move_by(db: Db, step: timedelta) -> None:
    """Move the bank's clock forward."""
    set_meta(db, "offset", get_meta(db, "offset", 0) + int(step.total_seconds()))


def stamp(moment: datetime) -> str:
    """Write a moment as Powens does."""
    return moment.strftime(STAMP)


def parse_stamp(text: str) -> datetime:
    """Read a stamp, or a date as its midnight.

    :raises ValueError: if it is neither.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(PARIS).replace(tzinfo=None)
    return moment


def next_sync(after: datetime, id_connection: int) -> datetime:
    """Return when a connection is next read: nightly, at a minute of its own soon after midnight.

    Early, so that a purchase of yesterday is there before the application's night begins.
    """
    minute = timedelta(minutes=20 + id_connection * 7 % 40)
    tonight = datetime.combine(after.date(), time()) + minute
    return tonight if tonight > after else tonight + timedelta(days=1)


def month_end(day: date) -> date:
    """Return the last day of the month of ``day``."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from ``first`` to ``last``, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
