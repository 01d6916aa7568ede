"""How often people may ask a source for a sync (D-H, R53, R71)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk.quota import Quota
from webapp.domain.quota import next_possible

NOW = datetime(2026, 3, 18, 14, 0, tzinfo=UTC)
FEW = Quota(asked_a_day=3, asked_every=timedelta(minutes=20))


@pytest.mark.parametrize(
    ("minutes_ago", "in_minutes"),
    [
        pytest.param([], None, id="nobody asked"),
        pytest.param([20], None, id="long enough ago"),
        pytest.param([5], 15, id="a moment ago"),
        pytest.param([60, 120], None, id="one is left"),
        pytest.param([60, 120, 180], 21 * 60, id="used up until the oldest is a day ago"),
        pytest.param([180, 60, 120], 21 * 60, id="in any order"),
        pytest.param([5, 60, 1435], 15, id="used up, and a moment ago: the later counts"),
        pytest.param([60, 120, 1440], None, id="a day ago: it does not count"),
        pytest.param([60, 61, 62, 63], 23 * 60 - 2, id="more than allowed: the third last counts"),
        pytest.param([-600], None, id="of a clock that was ahead: it does not count"),
    ],
)
def test_DH_when_a_sync_may_be_asked_for(minutes_ago: list[int], in_minutes: int | None) -> None:
    asked_at = [NOW - timedelta(minutes=minutes) for minutes in minutes_ago]
    found = next_possible(asked_at, FEW, NOW)
    assert found == (None if in_minutes is None else NOW + timedelta(minutes=in_minutes))


@given(
    st.lists(st.integers(0, 3000), max_size=40),
    st.integers(1, 10),
    st.integers(0, 90),
)
def test_DH_whoever_asks_at_that_time_may(ago: list[int], a_day: int, every: int) -> None:
    """And whoever asks whenever it is possible never goes beyond the quota."""
    quota = Quota(asked_a_day=a_day, asked_every=timedelta(minutes=every))
    asked_at = [NOW - timedelta(minutes=minutes) for minutes in ago]
    at = NOW
    for _time in range(a_day + 1):
        at = next_possible(asked_at, quota, at) or at
        assert next_possible(asked_at, quota, at) is None
        assert len([one for one in asked_at if at - timedelta(days=1) < one <= at]) < a_day
        asked_at.append(at)
