"""Which days a sync asks for, and which rows are before its floor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cardsync_sdk.types import FetchWindow
from webapp.domain.interfaces import ImportMode

# "All available" asks this far back; a bank gives up to about a year (R65).
FARTHEST_BACK = timedelta(days=730)
# Once a week a sync looks deeper than its overlap: banks correct rows long after (B09).
DEEP_EVERY, DEEP_BACK = timedelta(days=7), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class AskedDays:
    """Days somebody asks the source for once more: of one account, or of all (``None``)."""

    first: date
    last: date
    account_id: str | None = None

    def joined_with(self, other: "AskedDays") -> "AskedDays":
        """Return days that hold both; of all accounts where they are not of the same one."""
        account_id = self.account_id if self.account_id == other.account_id else None
        return AskedDays(min(self.first, other.first), max(self.last, other.last), account_id)


class DaysRefusal(StrEnum):
    """Why days cannot be asked for once more."""

    REVERSED = "reversed"
    TO_COME = "to_come"
    TOO_FAR_BACK = "too_far_back"
    BEFORE_FLOOR = "before_floor"


def refusal_of(
    days: AskedDays, *, floors: Iterable[date | None], today: date
) -> DaysRefusal | None:
    """Return why ``days`` cannot be asked for once more, or nothing.

    :param floors: of the accounts concerned; days that all of them take nothing of are refused.
    """
    if days.last < days.first:
        return DaysRefusal.REVERSED
    if days.last > today:
        return DaysRefusal.TO_COME
    if days.first < today - FARTHEST_BACK:
        return DaysRefusal.TOO_FAR_BACK
    if all(floor is not None and days.last < floor for floor in floors):
        return DaysRefusal.BEFORE_FLOOR
    return None


def window_again(
    days: AskedDays | None,
    *,
    account_id: str,
    floor: date | None,
    usual: FetchWindow,
    from_cursor: bool,
) -> FetchWindow | None:
    """Return what a run asks of an account besides its usual window; nothing where that holds it.

    :param from_cursor: the usual ask goes on from a cursor and may therefore leave out what the
        source has told before; then the days are asked for even inside the usual window.
    """
    if days is None or days.account_id not in (None, account_id):
        return None
    first = days.first if floor is None else max(days.first, floor)
    if first > days.last:
        return None
    held = usual.first <= first and days.last <= usual.last
    return None if held and not from_cursor else FetchWindow(first, days.last)


def import_floor(
    mode: ImportMode, *, activated_on: date, chosen: date | None = None
) -> date | None:
    """Return the day before which an account takes nothing (D-S); ``None`` is no floor.

    The month is that of the **activation** (D-A): an interface activated on 31 January first runs
    on 1 February and must not lose January.

    :param chosen: the date given with ``SINCE_DATE``; without one, the start of the month serves.
    """
    if mode is ImportMode.ALL_AVAILABLE:
        return None
    if mode is ImportMode.ONLY_NEW:
        return activated_on
    if mode is ImportMode.SINCE_DATE and chosen is not None:
        return chosen
    return activated_on.replace(day=1)


def next_window(
    *,
    floor: date | None,
    complete_until: date | None,
    today: date,
    lookback: timedelta,
    deep_read_on: date | None = None,
    hole: date | None = None,
) -> FetchWindow:
    """Return the days to ask for.

    The first sync reaches back to the floor. Later ones overlap the last success, since banks post
    late and a row seen twice costs nothing; once a week they look deeper, as far as the first day
    that was never fetched. Never below the floor.

    :param hole: the first day that was never fetched, if there is one. It is not asked for every
        night: what the source cannot give would be asked for in vain for ever.
    """
    farthest = today - FARTHEST_BACK
    first = farthest if floor is None else floor
    if complete_until is not None:
        wanted = complete_until - lookback
        if deep_is_due(deep_read_on, today):
            wanted = min(wanted, today - DEEP_BACK, max(hole or today, farthest))
        first = max(first, wanted)
    return FetchWindow(min(first, today), today)


def deep_is_due(deep_read_on: date | None, today: date) -> bool:
    """Say whether it is time for the deeper look that was last had on ``deep_read_on``."""
    return deep_read_on is None or today - deep_read_on >= DEEP_EVERY


def is_deep(window: FetchWindow, *, floor: date | None, today: date) -> bool:
    """Say whether a fetch of ``window`` is the deeper look that is due once a week."""
    return window.first <= today - DEEP_BACK or (floor is not None and window.first <= floor)


def covered(
    window: FetchWindow, *, today: date, vouched: FetchWindow | None = None
) -> FetchWindow | None:
    """Return the days a successful fetch of ``window`` proves complete: today is not over yet.

    :param vouched: the days the source says it gave all rows of, where it says so: its history may
        be shorter than what was asked (B12).
    """
    first, last = window.first, min(window.last, today - timedelta(days=1))
    if vouched is not None:
        first, last = max(first, vouched.first), min(last, vouched.last)
    return FetchWindow(first, last) if first <= last else None


def is_before(floor: date | None, purchased_on: date | None, booked_on: date | None) -> bool:
    """Say whether a row lies before the floor with both its dates (D-C, D-S)."""
    if floor is None:
        return False
    return all(day < floor for day in (purchased_on, booked_on) if day is not None)
