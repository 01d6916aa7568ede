"""When an interface is synced next."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.interfaces import Actor, InterfaceState
from webapp.domain.schedule import (
    BACKOFF,
    FailureKind,
    after_failure,
    first_run_at,
    next_daily,
    planned_at,
)

PARIS = ZoneInfo("Europe/Paris")
KEY = "01J0000000000000000000000K"
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
zones = st.sampled_from(
    ["Europe/Paris", "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo"]
).map(ZoneInfo)
keys = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)


@given(days, zones, keys)
def test_R52_a_planned_run_is_always_at_night_in_the_zone_of_the_entity(
    day: date, zone: ZoneInfo, key: str
) -> None:
    local = planned_at(day, zone, key).astimezone(zone)
    assert local.date() == day
    assert time(1, 0) <= local.time() < time(6, 1)  # an hour of clock change on either side


@given(days, zones, keys)
def test_R22_one_scheduled_run_per_local_day_always(day: date, zone: ZoneInfo, key: str) -> None:
    moment = planned_at(day, zone, key)
    activated_on = day - timedelta(days=40)
    for offset in range(1, 6):
        moment = next_daily(moment, zone, key, activated_on=activated_on)
        assert moment.astimezone(zone).date() == day + timedelta(days=offset)


def test_R23_two_interfaces_and_two_nights_differ() -> None:
    nights = {planned_at(date(2026, 3, day), PARIS, KEY).time() for day in range(1, 8)}
    assert len(nights) > 1
    assert planned_at(date(2026, 3, 1), PARIS, KEY) == planned_at(date(2026, 3, 1), PARIS, KEY)
    assert planned_at(date(2026, 3, 1), PARIS, KEY) != planned_at(date(2026, 3, 1), PARIS, "other")


@pytest.mark.parametrize(
    ("activated_on", "first"),
    [
        (date(2026, 3, 17), date(2026, 3, 18)),
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2028, 2, 28), date(2028, 2, 29)),
    ],
)
def test_R29_the_first_run_is_the_night_after_activation(activated_on: date, first: date) -> None:
    assert first_run_at(activated_on, PARIS, KEY).astimezone(PARIS).date() == first


@pytest.mark.parametrize(
    ("now", "next_day"),
    [
        pytest.param("2026-03-18T00:10", "2026-03-18", id="asked before the night: it stays"),
        pytest.param("2026-03-18T05:30", "2026-03-19", id="after the night: tomorrow"),
        pytest.param("2026-03-18T15:00", "2026-03-19", id="a night caught up late moves nothing"),
        pytest.param("2026-03-17T23:59", "2026-03-18", id="on the eve"),
        pytest.param("2026-03-16T00:10", "2026-03-17", id="asked on the day of activation"),
    ],
)
def test_the_next_scheduled_run(now: str, next_day: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=PARIS)
    found = next_daily(moment, PARIS, KEY, activated_on=date(2026, 3, 16))
    assert found.astimezone(PARIS).date() == date.fromisoformat(next_day)
    assert found > moment


@pytest.mark.parametrize(
    ("kind", "state", "who"),
    [
        (FailureKind.UNAVAILABLE, InterfaceState.ACTIVE, Actor.NOBODY),
        (FailureKind.RATE_LIMITED, InterfaceState.ACTIVE, Actor.NOBODY),
        (FailureKind.OUR_FAULT, InterfaceState.ACTIVE, Actor.NOBODY),
        (FailureKind.PLUGIN_BUG, InterfaceState.ACTIVE, Actor.INTEGRATOR),
        (FailureKind.USER_ACTION, InterfaceState.NEEDS_USER, Actor.ADMIN),
        (FailureKind.REJECTED, InterfaceState.REJECTED, Actor.ADMIN),
    ],
)
def test_R24_only_a_cause_that_needs_a_person_stops_the_schedule(
    kind: FailureKind, state: InterfaceState, who: Actor
) -> None:
    step = after_failure(kind, attempts=1, now=NOW)
    assert (step.state, step.who_acts) == (state, who)
    assert (step.next_due_at is not None) == (state is InterfaceState.ACTIVE)


def test_R24_tries_come_ever_less_often_but_never_end() -> None:
    waits = []
    for attempts in range(1, 9):
        due = after_failure(FailureKind.UNAVAILABLE, attempts=attempts, now=NOW).next_due_at
        assert due is not None
        waits.append(due - NOW)
    assert waits == [*BACKOFF, BACKOFF[-1], BACKOFF[-1], BACKOFF[-1]]


@pytest.mark.parametrize(
    ("retry_at", "due"),
    [
        pytest.param(timedelta(hours=2), timedelta(hours=2), id="later than ours: theirs"),
        pytest.param(timedelta(seconds=5), BACKOFF[0], id="sooner than ours: ours"),
        pytest.param(timedelta(days=30), timedelta(days=1), id="absurd: a day at most"),
    ],
)
def test_a_source_that_says_when_is_believed(retry_at: timedelta, due: timedelta) -> None:
    step = after_failure(FailureKind.RATE_LIMITED, attempts=1, now=NOW, retry_at=NOW + retry_at)
    assert step.next_due_at == NOW + due
