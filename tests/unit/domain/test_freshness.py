"""When a feed is good, late or stopped by a cause (D-I)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from webapp.domain.freshness import FRESH, Feed, Trouble, trouble_of
from webapp.domain.interfaces import InterfaceState

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LONG_AGO = date(2026, 1, 1)


def feed(
    state: str = "active",
    ok_hours_ago: float | None = 1,
    *,
    planned: bool = True,
    activated_on: date | None = LONG_AGO,
    misses: bool = False,
) -> Feed:
    """Build a feed whose last success is so many hours old."""
    last_ok = None if ok_hours_ago is None else NOW - timedelta(hours=ok_hours_ago)
    return Feed(InterfaceState(state), planned, activated_on, last_ok, misses)


@pytest.mark.parametrize(
    ("how", "trouble"),
    [
        pytest.param(feed(), None, id="a success an hour ago"),
        pytest.param(feed(ok_hours_ago=36), None, id="at the limit it is still fresh"),
        pytest.param(feed(ok_hours_ago=36.1), Trouble.LATE, id="past the limit it is late"),
        pytest.param(feed(ok_hours_ago=99, planned=False), None, id="files have no nightly sync"),
        pytest.param(feed(misses=True), Trouble.NOT_SEEN, id="D-O: an account is gone there"),
        pytest.param(feed("stopped", misses=True), None, id="stopped, nobody looks for it"),
        pytest.param(feed("needs_user"), Trouble.NEEDS_USER, id="a person must act"),
        pytest.param(feed("rejected", None), Trouble.REJECTED, id="the partner refused"),
        pytest.param(feed("stopped", 99), None, id="stopped on purpose"),
        pytest.param(feed("incomplete", None, activated_on=None), None, id="never set up"),
        pytest.param(feed(ok_hours_ago=None), Trouble.LATE, id="never a success since January"),
        pytest.param(
            feed(ok_hours_ago=None, activated_on=NOW.date()), None, id="its first night is to come"
        ),
        pytest.param(
            feed(ok_hours_ago=None, activated_on=NOW.date() - timedelta(days=1)),
            None,
            id="its first night was the last one",
        ),
        pytest.param(
            feed(ok_hours_ago=None, activated_on=NOW.date() - timedelta(days=3)),
            Trouble.LATE,
            id="its first nights passed without a success",
        ),
    ],
)
def test_DI_what_is_wrong_with_a_feed(how: Feed, trouble: Trouble | None) -> None:
    assert trouble_of(how, NOW) is trouble


def test_DI_the_limit_is_a_day_and_a_half() -> None:
    assert timedelta(hours=36) == FRESH
