"""The coverage ledger: which days of an account were fetched, which never were (R26, I4).

Every interval holds both its days. Nothing here guesses: a day is complete only if one of the
intervals that syncs have written holds it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cardsync_sdk.types import FetchWindow

DAY = timedelta(days=1)


def joined(intervals: Iterable[FetchWindow]) -> list[FetchWindow]:
    """Return the same days in the fewest intervals, the oldest first."""
    found: list[FetchWindow] = []
    for one in sorted(intervals, key=lambda one: (one.first, one.last)):
        if found and one.first <= found[-1].last + DAY:
            found[-1] = FetchWindow(found[-1].first, max(found[-1].last, one.last))
        else:
            found.append(one)
    return found


def holes(intervals: Iterable[FetchWindow], floor: date | None, until: date) -> list[FetchWindow]:
    """Return the days from ``floor`` to ``until`` that no interval holds, the oldest first.

    :param floor: without one the ledger begins with its first interval; with none, there is none.
    """
    runs = joined(intervals)
    wanted = floor if floor is not None else runs[0].first if runs else None
    found: list[FetchWindow] = []
    for run in runs:
        if wanted is None or wanted > until:
            break
        if wanted < run.first:
            found.append(FetchWindow(wanted, min(run.first - DAY, until)))
        wanted = max(wanted, run.last + DAY)
    if wanted is not None and wanted <= until:
        found.append(FetchWindow(wanted, until))
    return found


def complete_up_to(intervals: Iterable[FetchWindow], floor: date | None) -> date | None:
    """Return the last day of the gapless run from ``floor``, or from the first interval.

    Nothing where the floor itself was never fetched: what lies behind a hole completes nothing.
    """
    for run in joined(intervals):
        if floor is None or run.first <= floor <= run.last:
            return run.last
    return None


class DayMark(StrEnum):
    """What the ledger says of one day; ``OUTSIDE``: nobody asked for it, or it is not over."""

    FETCHED = "fetched"
    MISSING = "missing"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Strip:
    """The days of one month as the ledger has them, from the first to the last of the month."""

    month: date
    days: Sequence[DayMark]

    @property
    def missing(self) -> int:
        """Return how many of its days were never fetched."""
        return self.days.count(DayMark.MISSING)


def strips(intervals: Iterable[FetchWindow], floor: date | None, until: date) -> list[Strip]:
    """Return the months from the floor, or the first interval, to ``until``, the newest first."""
    runs = joined(intervals)
    begins = floor if floor is not None else runs[0].first if runs else None
    if begins is None or begins > until:
        return []
    missing = holes(runs, floor, until)
    found = []
    month = begins.replace(day=1)
    while month <= until:
        following = (month + timedelta(days=31)).replace(day=1)
        days = [month + DAY * number for number in range((following - month).days)]
        found.append(Strip(month, [_mark(day, begins, until, missing) for day in days]))
        month = following
    return found[::-1]


def _mark(day: date, begins: date, until: date, missing: Sequence[FetchWindow]) -> DayMark:
    if not begins <= day <= until:
        return DayMark.OUTSIDE
    held = any(hole.first <= day <= hole.last for hole in missing)
    return DayMark.MISSING if held else DayMark.FETCHED
