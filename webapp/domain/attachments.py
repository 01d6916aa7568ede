"""Who holds an account when: one holder a day, nothing left between two (R14, D-E, D-F)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from webapp.domain.expenses import PaymentMode

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holding:
    """One attachment: ``user_id`` holds the account from ``starts_on`` to ``ends_on`` included.

    ``starts_on`` ``None``: since ever; ``ends_on`` ``None``: still. ``made_on``: the day it was
    chosen; ``used``: an expense came of it. Both matter only to :func:`choose_holder`.
    """

    user_id: str
    starts_on: date | None = None
    ends_on: date | None = None
    made_on: date | None = None
    used: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a choice of holder changes: at most one attachment closed or undone, at most one opened.

    ``undo``: the open attachment was a slip of today that nothing came of; it leaves no trace but
    the audit row.
    """

    undo: bool = False
    close_on: date | None = None
    open: Holding | None = None


NO_CHANGE = Change()

# As a first day: everything that waits, whatever its date.
EVER = date.min


def choose_holder(
    history: Sequence[Holding],
    user_id: str | None,
    today: date,
    *,
    first_day: date | None = None,
) -> Change:
    """Say what must change so that ``user_id`` (``None``: nobody) holds the account from now on.

    By itself the first holder gets everything that waited, whatever its date, and a later one
    follows the one before without a gap. A choice of the same day that nothing came of yet is
    corrected, not ended: else a wrong click would leave the past with the wrong person.

    :param today: the day in the legal entity's time zone.
    :param first_day: the first day of the new holder, where the admin named one: :data:`EVER` or a
        day; it never reaches into the days of somebody before, nor into those to come.
    """
    current = open_holding(history)
    if (current.user_id if current else None) == user_id:
        return NO_CHANGE
    if current is None:
        return Change(open=_opened(user_id, _from(first_day, _after(history), today)))
    if current.made_on == today and not current.used:
        earliest = _after([one for one in history if one is not current])
        start = current.starts_on if first_day is None else _from(first_day, earliest, today)
        return Change(undo=True, open=_opened(user_id, start))
    wanted = today if first_day is None or first_day == EVER else min(first_day, today)
    last_day = max(wanted - DAY, current.starts_on or EVER)
    return Change(close_on=last_day, open=_opened(user_id, last_day + DAY))


def after_change(history: Sequence[Holding], change: Change) -> tuple[Holding, ...]:
    """Return the history as ``change`` leaves it."""
    current = open_holding(history)
    kept = [one for one in history if one is not current]
    if current is not None and not change.undo:
        kept.append(replace(current, ends_on=change.close_on))
    return (*kept, change.open) if change.open is not None else tuple(kept)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days that belong to nobody: from ``first`` (``None``: ever) to ``last`` (``None``: on)."""

    first: date | None
    last: date | None

    def covers(self, day: date) -> bool:
        """Say whether ``day`` is one of these days."""
        begun = self.first is None or self.first <= day
        return begun and (self.last is None or day <= self.last)


def gaps(history: Sequence[Holding]) -> list[Gap]:
    """Return the days that belong to nobody, the oldest first."""
    found: list[Gap] = []
    free: date | None = EVER
    for holding in sorted(history, key=lambda one: one.starts_on or EVER):
        starts_on = holding.starts_on or EVER
        if free is not None and free < starts_on:
            found.append(Gap(None if free == EVER else free, starts_on - DAY))
        free = None if holding.ends_on is None else holding.ends_on + DAY
    if free is not None:
        found.append(Gap(None if free == EVER else free, None))
    return found


def fill_gap(
    history: Sequence[Holding], gap_last: date, user_id: str, first_day: date | None
) -> Holding | None:
    """Return the attachment that gives days of nobody, up to ``gap_last``, to ``user_id``.

    ``first_day`` ``None``: all of them. Nothing if the days are somebody's by now, as they are when
    the same is pressed twice.
    """
    gap = next((gap for gap in gaps(history) if gap.last == gap_last), None)
    if gap is None or (first_day is not None and first_day > gap_last):
        return None
    starts_on = gap.first if first_day is None else max(first_day, gap.first or EVER)
    return Holding(user_id, starts_on, gap_last)


def open_holding(history: Sequence[Holding]) -> Holding | None:
    """Return the attachment that has no end, if there is one."""
    return next((holding for holding in history if holding.ends_on is None), None)


def holder_on(history: Sequence[Holding], day: date) -> str | None:
    """Return who held the account on ``day``: whose expense a transaction of that day is."""
    return next((holding.user_id for holding in history if _covers(holding, day)), None)


def is_ready(user_id: str | None, mode: PaymentMode | None) -> bool:
    """Say whether transactions can become expenses: a holder *and* who pays are known (R18)."""
    return user_id is not None and mode is not None


def _covers(holding: Holding, day: date) -> bool:
    begun = holding.starts_on is None or holding.starts_on <= day
    return begun and (holding.ends_on is None or day <= holding.ends_on)


def _after(history: Sequence[Holding]) -> date | None:
    ends = [holding.ends_on for holding in history if holding.ends_on is not None]
    return max(ends) + DAY if ends else None


def _from(first_day: date | None, earliest: date | None, today: date) -> date | None:
    """Return the first day of a new holder: as early as wanted, and as is free."""
    if first_day is None or first_day == EVER:
        return earliest
    return max(min(first_day, today), earliest or EVER)


def _opened(user_id: str | None, starts_on: date | None) -> Holding | None:
    return None if user_id is None else Holding(user_id, starts_on)
