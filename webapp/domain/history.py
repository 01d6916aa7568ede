"""The history of an account: how each day's syncs went, and what each transaction became."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median_low

from cardsync_sdk.types import TransactionKind
from webapp.domain.interfaces import Outcome

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class DayState(StrEnum):
    """How the syncs of one day went.

    ``RECOVERED``: it failed at first and ended well; ``QUIET``: no sync; ``OUTSIDE``: a day before
    the account was there, or still to come.
    """

    GOOD = "good"
    RECOVERED = "recovered"
    FAILED = "failed"
    RUNNING = "running"
    QUIET = "quiet"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the calendar and how many syncs it had."""

    on: date
    state: DayState
    runs: int = 0


def state_of_day(outcomes: Sequence[Outcome]) -> DayState:
    """Return how a day went; ``outcomes`` are those of its runs, the oldest first."""
    if not outcomes:
        return DayState.QUIET
    if outcomes[-1] is Outcome.RUNNING:
        return DayState.RUNNING
    if outcomes[-1] is not Outcome.OK:
        return DayState.FAILED
    return DayState.GOOD if set(outcomes) == {Outcome.OK} else DayState.RECOVERED


def first_day_shown(today: date, weeks: int) -> date:
    """Return the Monday on which a calendar of ``weeks`` weeks that ends with today's begins."""
    return today - timedelta(days=today.weekday()) - (weeks - 1) * WEEK


def calendar(
    outcomes: Mapping[date, Sequence[Outcome]], *, since: date, today: date, weeks: int
) -> list[list[CalendarDay]]:
    """Return the last ``weeks`` weeks, Monday to Sunday, the oldest first.

    :param outcomes: by day, the outcomes of its runs, the oldest first.
    :param since: the day the account came; days before it have no state.
    """
    first = first_day_shown(today, weeks)

    def one(on: date) -> CalendarDay:
        found = outcomes.get(on, ())
        outside = on > today or (on < since and not found)
        return CalendarDay(on, DayState.OUTSIDE if outside else state_of_day(found), len(found))

    return [[one(first + week * WEEK + day * DAY) for day in range(7)] for week in range(weeks)]


class Became(StrEnum):
    """What a transaction that we hold is by now.

    ``ENTERED``: its holder's expense, entered by hand; the bank has not told it yet.
    """

    EXPENSE = "expense"
    WAITING = "waiting"
    SUMMARY = "summary"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    ENTERED = "entered"


def became(*, has_expense: bool, kind: str, status: str) -> Became:
    """Return what a transaction is by now; ``kind`` and ``status`` as they are stored."""
    if status == Became.ENTERED:
        return Became.ENTERED
    if has_expense:
        return Became.EXPENSE
    if kind == TransactionKind.SUMMARY:
        return Became.SUMMARY
    if status in (Became.CANCELLED, Became.EXPIRED, Became.DUPLICATE):
        return Became(status)
    return Became.WAITING


def age_at_import(purchased_on: date, imported_on: date) -> int:
    """Return the days from the purchase to its import (R16); never less than none."""
    return max((imported_on - purchased_on).days, 0)


def usual_age(ages: Sequence[int]) -> int | None:
    """Return the age at import of the transaction in the middle; nothing where there is none."""
    return median_low(ages) if ages else None
