"""Control totals: does what the bank says an account holds move as its transactions do (I8)?

A difference is shown and never plugged. It clears by itself: it is reckoned anew each time from
what is stored, over all the days since the first balance that is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Told:
    """The balance that the bank told last on a day, in minor units; ``at``: when it told it."""

    on: date
    minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """What was booked on a day and was known as booked from ``known_at`` on, in minor units."""

    booked_on: date
    minor: int
    known_at: datetime


class Standing(StrEnum):
    """What the comparison came to."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_KNOWN = "not_known"


class WhyNotKnown(StrEnum):
    """Why nothing can be compared."""

    NO_BALANCE = "no_balance"
    ONE_BALANCE = "one_balance"


@dataclass(frozen=True, slots=True)
class Total:
    """How the balances of an account stand beside its transactions, in minor units.

    ``first`` and ``last`` are the days compared; ``moved``: by how much the balance moved between
    them, ``added``: what the transactions add up to. ``since``: the last day on which they agreed.
    """

    standing: Standing
    why: WhyNotKnown | None = None
    first: date | None = None
    last: date | None = None
    moved: int = 0
    added: int = 0
    since: date | None = None

    @property
    def difference(self) -> int:
        """Return what the balance moved beyond the transactions."""
        return self.moved - self.added


def compare(told: Sequence[Told], movements: Sequence[Movement]) -> Total:
    """Compare the first balance with the last, and name the day since which they differ.

    :param told: at most one of a day, the oldest first.
    :param movements: of booked transactions only; an announced one has moved nothing yet.
    """
    if len(told) < 2:
        why = WhyNotKnown.ONE_BALANCE if told else WhyNotKnown.NO_BALANCE
        return Total(Standing.NOT_KNOWN, why)
    first, last = told[0], told[-1]
    moved = last.minor - first.minor
    sums = _sums(first, last, movements)
    if moved in sums:
        return Total(Standing.AGREES, None, first.on, last.on, moved, moved)
    agreed = [
        one.on for one in told[:-1] if one.minor - first.minor in _sums(first, one, movements)
    ]
    # Of what they may add up to, the nearest: the difference is at least so much.
    added = min(sums, key=lambda one: abs(moved - one))
    since = max(agreed, default=first.on)
    return Total(Standing.DIFFERS, None, first.on, last.on, moved, added, since)


def _sums(first: Told, last: Told, movements: Sequence[Movement]) -> list[int]:
    """Return what the transactions may add up to: by their booking days, and at their edges.

    A balance is told in the middle of a day, and banks date bookings back: what became known only
    after a balance was told, though it is dated no later, may be in that balance or not.
    """
    between = sum(one.minor for one in movements if first.on < one.booked_on <= last.on)
    after_first = sum(
        one.minor
        for one in movements
        if one.booked_on <= first.on and first.at < one.known_at <= last.at
    )
    after_last = sum(
        one.minor
        for one in movements
        if first.on < one.booked_on <= last.on and last.at < one.known_at
    )
    return [
        between,
        between + after_first,
        between - after_last,
        between + after_first - after_last,
    ]
