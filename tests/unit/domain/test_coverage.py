"""The coverage ledger: holes, and up to where an account is complete (R26, I4)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import FetchWindow
from webapp.domain.coverage import DayMark, complete_up_to, holes, joined, strips

EPOCH = date(2026, 10, 1)


def day(number: int) -> date:
    """The n-th of October 2026, going on into November."""
    return EPOCH + timedelta(days=number - 1)


def days(first: int, last: int) -> FetchWindow:
    return FetchWindow(day(first), day(last))


@pytest.mark.parametrize(
    ("intervals", "floor", "until", "expected"),
    [
        ([], 1, 5, [days(1, 5)]),
        ([], None, 5, []),
        ([days(1, 5)], 1, 5, []),
        ([days(1, 2), days(6, 9)], 1, 9, [days(3, 5)]),
        ([days(1, 2), days(3, 9)], 1, 9, []),
        ([days(6, 9), days(1, 2)], 1, 12, [days(3, 5), days(10, 12)]),
        ([days(4, 9)], 1, 9, [days(1, 3)]),
        ([days(4, 9)], None, 9, []),
        ([days(1, 9)], 4, 6, []),
        ([days(1, 2), days(8, 9)], 1, 5, [days(3, 5)]),
        ([days(1, 2)], 5, 4, []),
    ],
)
def test_I4_a_hole_is_what_no_sync_fetched_between_floor_and_end(
    intervals: list[FetchWindow], floor: int | None, until: int, expected: list[FetchWindow]
) -> None:
    assert holes(intervals, floor and day(floor), day(until)) == expected


@pytest.mark.parametrize(
    ("intervals", "floor", "expected"),
    [
        ([], 1, None),
        ([days(1, 5)], 1, 5),
        ([days(1, 5), days(4, 9)], 1, 9),
        ([days(1, 5), days(6, 9)], 1, 9),
        ([days(1, 5), days(7, 9)], 1, 5),
        ([days(2, 9)], 1, None),
        ([days(1, 2), days(4, 9)], 5, 9),
        ([days(2, 4), days(7, 9)], None, 4),
    ],
)
def test_R26_complete_up_to_ends_at_the_first_hole(
    intervals: list[FetchWindow], floor: int | None, expected: int | None
) -> None:
    assert complete_up_to(intervals, floor and day(floor)) == (expected and day(expected))


numbers = st.integers(min_value=1, max_value=60)
ledgers = st.lists(
    st.tuples(numbers, numbers).map(lambda pair: days(min(pair), max(pair))), max_size=12
)
floors = st.none() | numbers


def held(intervals: list[FetchWindow]) -> set[date]:
    return {
        one.first + timedelta(days=number)
        for one in intervals
        for number in range((one.last - one.first).days + 1)
    }


@given(ledgers)
def test_joining_neither_adds_nor_drops_a_day(intervals: list[FetchWindow]) -> None:
    runs = joined(intervals)
    assert held(runs) == held(intervals)
    assert all(before.last + timedelta(days=1) < after.first for before, after in pairwise(runs))


@given(ledgers, floors)
def test_I4_complete_up_to_never_claims_a_day_that_was_not_fetched(
    intervals: list[FetchWindow], floor: int | None
) -> None:
    last = complete_up_to(intervals, floor and day(floor))
    if last is None:
        assert floor is None or day(floor) not in held(intervals)
        return
    first = day(floor) if floor else min(held(intervals))
    assert held([FetchWindow(first, last)]) <= held(intervals)
    assert last + timedelta(days=1) not in held(intervals)


@given(ledgers, numbers, numbers)
def test_I4_each_day_is_either_fetched_or_in_a_hole(
    intervals: list[FetchWindow], floor: int, until: int
) -> None:
    missing = held(holes(intervals, day(floor), day(until)))
    asked = {day(number) for number in range(floor, until + 1)}
    assert missing == asked - held(intervals)


@given(ledgers, floors, numbers)
def test_I4_the_strips_show_what_the_holes_say(
    intervals: list[FetchWindow], floor: int | None, until: int
) -> None:
    shown = strips(intervals, floor and day(floor), day(until))
    missing = {
        strip.month + timedelta(days=number)
        for strip in shown
        for number, mark in enumerate(strip.days)
        if mark is DayMark.MISSING
    }
    assert missing == held(holes(intervals, floor and day(floor), day(until)))
    assert sum(strip.missing for strip in shown) == len(missing)
