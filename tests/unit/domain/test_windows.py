"""Which days a sync asks for, and which rows lie before its floor."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import FetchWindow
from webapp.domain.interfaces import ImportMode
from webapp.domain.windows import (
    FARTHEST_BACK,
    covered,
    import_floor,
    is_before,
    is_deep,
    next_window,
)

LOOKBACK = timedelta(days=10)


@pytest.mark.parametrize(
    ("activated_on", "floor"),
    [
        pytest.param(date(2026, 3, 17), date(2026, 3, 1), id="in the middle"),
        pytest.param(date(2026, 2, 28), date(2026, 2, 1), id="on the 28th"),
        pytest.param(date(2028, 2, 29), date(2028, 2, 1), id="on the 29th"),
        pytest.param(date(2026, 4, 30), date(2026, 4, 1), id="on the 30th"),
        pytest.param(date(2026, 1, 31), date(2026, 1, 1), id="on the 31st: January is not lost"),
        pytest.param(date(2026, 12, 31), date(2026, 12, 1), id="on 31 December"),
        pytest.param(date(2026, 3, 1), date(2026, 3, 1), id="on the 1st"),
    ],
)
def test_R30_D_A_cards_begin_with_the_month_of_activation(activated_on: date, floor: date) -> None:
    assert import_floor(ImportMode.START_OF_MONTH, activated_on=activated_on) == floor


@pytest.mark.parametrize(
    ("mode", "chosen", "floor"),
    [
        (ImportMode.ALL_AVAILABLE, None, None),
        (ImportMode.ONLY_NEW, None, date(2026, 3, 17)),
        (ImportMode.SINCE_DATE, date(2025, 11, 2), date(2025, 11, 2)),
        (ImportMode.SINCE_DATE, None, date(2026, 3, 1)),
    ],
)
def test_R64_the_import_mode_sets_the_floor(
    mode: ImportMode, chosen: date | None, floor: date | None
) -> None:
    assert import_floor(mode, activated_on=date(2026, 3, 17), chosen=chosen) == floor


@pytest.mark.parametrize(
    ("floor", "complete_until", "today", "first"),
    [
        pytest.param("2026-03-01", None, "2026-03-18", "2026-03-01", id="first: from the floor"),
        pytest.param("2026-01-01", None, "2026-02-01", "2026-01-01", id="over a month's end"),
        pytest.param("2026-03-01", "2026-03-17", "2026-03-18", "2026-03-07", id="daily overlap"),
        pytest.param("2026-03-01", "2026-03-05", "2026-03-06", "2026-03-01", id="not below floor"),
        pytest.param("2025-11-01", "2026-01-02", "2026-03-20", "2025-12-23", id="long outage"),
        pytest.param("2026-04-01", None, "2026-03-18", "2026-03-18", id="floor in the future"),
    ],
)
def test_R26_the_next_window(
    floor: str, complete_until: str | None, today: str, first: str
) -> None:
    window = next_window(
        floor=date.fromisoformat(floor),
        complete_until=date.fromisoformat(complete_until) if complete_until else None,
        today=date.fromisoformat(today),
        lookback=LOOKBACK,
        deep_read_on=date.fromisoformat(today),
    )
    assert window == FetchWindow(date.fromisoformat(first), date.fromisoformat(today))


TODAY = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("floor", "last", "first"),
    [
        pytest.param(date(2026, 1, 1), 6, TODAY - timedelta(days=11), id="not due"),
        pytest.param(date(2026, 1, 1), 7, TODAY - timedelta(days=90), id="due"),
        pytest.param(date(2026, 1, 1), None, TODAY - timedelta(days=90), id="never yet"),
        pytest.param(date(2026, 8, 1), 7, date(2026, 8, 1), id="never below the floor"),
    ],
)
def test_B09_once_a_week_a_sync_looks_deeper(floor: date, last: int | None, first: date) -> None:
    window = next_window(
        floor=floor,
        complete_until=TODAY - timedelta(days=1),
        today=TODAY,
        lookback=LOOKBACK,
        deep_read_on=TODAY - timedelta(days=last) if last is not None else None,
    )
    assert window == FetchWindow(first, TODAY)
    assert is_deep(window, floor=floor, today=TODAY) is (last != 6)


@pytest.mark.parametrize(
    ("hole", "last", "first"),
    [
        pytest.param(date(2026, 3, 5), 7, date(2026, 3, 5), id="as far as the hole"),
        pytest.param(date(2026, 3, 5), 6, TODAY - timedelta(days=11), id="not every night"),
        pytest.param(TODAY - timedelta(days=3), 7, TODAY - timedelta(days=90), id="a late one"),
        pytest.param(date(2020, 1, 1), 7, TODAY - FARTHEST_BACK, id="no bank gives that"),
    ],
)
def test_days_never_fetched_are_asked_for_with_the_deeper_look(
    hole: date, last: int, first: date
) -> None:
    window = next_window(
        floor=None,
        complete_until=TODAY - timedelta(days=1),
        today=TODAY,
        lookback=LOOKBACK,
        deep_read_on=TODAY - timedelta(days=last),
        hole=hole,
    )
    assert window.first == first


@pytest.mark.parametrize(
    ("vouched", "days"),
    [
        (None, (1, 9)),
        ((3, 10), (3, 9)),
        ((1, 5), (1, 5)),
        ((10, 10), None),
    ],
)
def test_B12_no_day_counts_that_the_source_does_not_vouch_for(
    vouched: tuple[int, int] | None, days: tuple[int, int] | None
) -> None:
    def window(pair: tuple[int, int]) -> FetchWindow:
        return FetchWindow(date(2026, 3, pair[0]), date(2026, 3, pair[1]))

    found = covered(
        window((1, 10)), today=date(2026, 3, 10), vouched=window(vouched) if vouched else None
    )
    assert found == (window(days) if days else None)


def test_R65_all_available_asks_farther_back_than_any_bank_gives() -> None:
    today = date(2026, 3, 18)
    window = next_window(floor=None, complete_until=None, today=today, lookback=LOOKBACK)
    assert window.first == today - FARTHEST_BACK


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@given(floor=days, complete_until=days, today=days)
def test_a_window_never_leaves_a_day_between_itself_and_the_last_success(
    floor: date, complete_until: date, today: date
) -> None:
    window = next_window(floor=floor, complete_until=complete_until, today=today, lookback=LOOKBACK)
    assert window.first <= max(complete_until, floor) or window.first == today
    assert window.first >= min(floor, today)


@pytest.mark.parametrize(
    ("first", "today", "days"),
    [
        ("2026-03-01", "2026-03-18", ("2026-03-01", "2026-03-17")),
        ("2026-03-18", "2026-03-18", None),
    ],
)
def test_a_day_that_is_not_over_is_not_covered(
    first: str, today: str, days: tuple[str, str] | None
) -> None:
    day = date.fromisoformat(today)
    found = covered(FetchWindow(date.fromisoformat(first), day), today=day)
    assert found == (FetchWindow(*map(date.fromisoformat, days)) if days else None)


@pytest.mark.parametrize(
    ("purchased", "booked", "before"),
    [
        pytest.param("2026-02-28", "2026-02-28", True, id="both before"),
        pytest.param("2026-02-28", "2026-03-01", False, id="booked in the window"),
        pytest.param("2026-03-01", "2026-02-28", False, id="purchased in the window"),
        pytest.param("2026-02-28", None, True, id="only a purchase day, before"),
        pytest.param(None, "2026-03-01", False, id="only a booking day, on the floor"),
    ],
)
def test_D_C_a_row_is_taken_if_either_date_is_in_the_window(
    purchased: str | None, booked: str | None, before: bool
) -> None:
    floor = date(2026, 3, 1)
    dates = [date.fromisoformat(day) if day else None for day in (purchased, booked)]
    assert is_before(floor, *dates) is before
    assert not is_before(None, *dates)
