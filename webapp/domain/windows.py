"""Which days a sync asks for, and which rows are before its floor."""

from datetime import date, timedelta

from cardsync_sdk.types import FetchWindow
from webapp.domain.interfaces import ImportMode

# "All available" asks this far back; a bank gives up to about a year (R65).
FARTHEST_BACK = timedelta(days=730)


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
    *, floor: date | None, complete_until: date | None, today: date, lookback: timedelta
) -> FetchWindow:
    """Return the days to ask for.

    The first sync reaches back to the floor. Later ones overlap the last success, since banks post
    late and a row seen twice costs nothing; the overlap never reaches below the floor.
    """
    first = today - FARTHEST_BACK if floor is None else floor
    if complete_until is not None:
        first = max(first, complete_until - lookback)
    return FetchWindow(min(first, today), today)


def covered(window: FetchWindow, *, today: date) -> FetchWindow | None:
    """Return the days a successful fetch of ``window`` proves complete: today is not over yet."""
    last = min(window.last, today - timedelta(days=1))
    return FetchWindow(window.first, last) if window.first <= last else None


def is_before(floor: date | None, purchased_on: date | None, booked_on: date | None) -> bool:
    """Say whether a row lies before the floor with both its dates (D-C, D-S)."""
    if floor is None:
        return False
    return all(day < floor for day in (purchased_on, booked_on) if day is not None)
