"""Who holds an account when: one holder a day, nothing left between two (R14, D-E, D-F)."""

from collections.abc import Sequence
from dataclasses import dataclass
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


def choose_holder(history: Sequence[Holding], user_id: str | None, today: date) -> Change:
    """Say what must change so that ``user_id`` (``None``: nobody) holds the account from now on.

    The first holder gets everything that waited, whatever its date; a later one follows the one
    before without a gap. A choice of the same day that nothing came of yet is corrected, not ended:
    else a wrong click would leave the past with the wrong person.

    :param today: the day in the legal entity's time zone.
    """
    current = open_holding(history)
    if (current.user_id if current else None) == user_id:
        return NO_CHANGE
    if current is None:
        return Change(open=_opened(user_id, _after(history)))
    if current.made_on == today and not current.used:
        return Change(undo=True, open=_opened(user_id, current.starts_on))
    last_day = max(today - DAY, current.starts_on or date.min)
    return Change(close_on=last_day, open=_opened(user_id, last_day + DAY))


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


def _opened(user_id: str | None, starts_on: date | None) -> Holding | None:
    return None if user_id is None else Holding(user_id, starts_on)
