"""When an interface is synced next (R1, R22-R24, R52, D-D, B05, B06, C09, C10)."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.interfaces import Actor, DueReason, InterfaceState
from webapp.domain.schedule import (
    CRASH_LOOP,
    JITTER,
    LADDERS,
    LONGEST_WAIT,
    NIGHT_LASTS,
    SPREAD,
    FailureKind,
    NextStep,
    after_failure,
    after_interruption,
    first_run_at,
    next_daily,
    planned_at,
    reason_of_run,
    wait_after,
)

PARIS = ZoneInfo("Europe/Paris")
KEY = "01J0000000000000000000000K"
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
# Every zone there is; "localtime" is whatever the machine's is.
ZONES = sorted(available_timezones() - {"localtime"})
zones = st.sampled_from(ZONES).map(ZoneInfo)
keys = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)


@given(days, zones, keys)
def test_R52_a_planned_run_is_always_at_night_in_the_zone_of_the_entity(
    day: date, zone: ZoneInfo, key: str
) -> None:
    local = planned_at(day, zone, key).astimezone(zone)
    assert local.date() == day
    assert time(0, 0) <= local.time() < time(8, 0), "two to five, and a clock's change beside it"
    assert planned_at(day, zone, key) == planned_at(day, zone, key)


@given(days, zones, keys)
def test_DD_B05_nights_are_a_day_apart_however_long_the_day(
    day: date, zone: ZoneInfo, key: str
) -> None:
    apart = planned_at(day + timedelta(days=1), zone, key) - planned_at(day, zone, key)
    assert timedelta(hours=20) < apart < timedelta(hours=28)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", date(2026, 3, 29), 23),
        ("Europe/Paris", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Pacific/Auckland", date(2026, 4, 5), 25),
        ("Pacific/Auckland", date(2026, 9, 27), 23),
        ("Africa/Casablanca", date(2026, 2, 15), 25),
        ("Africa/Casablanca", date(2026, 3, 22), 23),
    ],
)
def test_DD_B05_a_day_of_23_or_25_hours_has_one_night(zone: str, day: date, hours: int) -> None:
    """Whoever looks every minute of three days sees one night on each, the middle one odd."""
    local = ZoneInfo(zone)
    length = [
        datetime.combine(day + timedelta(days=n), time(), tzinfo=local).astimezone(UTC)
        for n in (0, 1)
    ]
    assert length[1] - length[0] == timedelta(hours=hours)
    for number in range(50):
        now = length[0] - timedelta(days=1)
        due = next_daily(now, local, str(number), activated_on=date(2026, 1, 1))
        seen: Counter[date] = Counter()
        while now < length[1] + timedelta(hours=20):
            now += timedelta(minutes=10)
            if due is not None and due <= now:
                today = now.astimezone(local).date()
                seen[today] += 1
                due = next_daily(
                    now, local, str(number), activated_on=date(2026, 1, 1), scheduled_on=today
                )
        assert seen == {day + timedelta(days=n): 1 for n in (-1, 0, 1)}


@given(days, zones, keys)
def test_R22_one_scheduled_run_per_local_day_always(day: date, zone: ZoneInfo, key: str) -> None:
    moment = planned_at(day, zone, key)
    for offset in range(1, 6):
        found = next_daily(
            moment,
            zone,
            key,
            activated_on=day - timedelta(days=40),
            reason=DueReason.SCHEDULE,
        )
        assert found is not None
        moment = found
        assert moment.astimezone(zone).date() == day + timedelta(days=offset)


@given(days, zones, keys, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_R22_a_run_for_another_reason_leaves_tonight_where_it_is(
    day: date, zone: ZoneInfo, key: str, sooner: timedelta
) -> None:
    night = planned_at(day, zone, key)
    now = night - sooner
    before = day - timedelta(days=1)
    for reason in (DueReason.DEMAND, DueReason.RETRY, DueReason.WEBHOOK):
        found = next_daily(
            now,
            zone,
            key,
            activated_on=day - timedelta(days=9),
            reason=reason,
            scheduled_on=before,
        )
        assert found == (night if sooner else planned_at(day + timedelta(days=1), zone, key))


def test_R23_the_interfaces_are_spread_over_the_night() -> None:
    """No minute holds more than its fair share of 10 000, and twice that by chance at most."""
    begin = planned_at(date(2026, 3, 18), PARIS, "").astimezone(PARIS).replace(hour=2, minute=0)
    minutes = Counter(
        int((planned_at(date(2026, 3, 18), PARIS, f"key {n}") - begin) / timedelta(minutes=1))
        for n in range(10_000)
    )
    share = 10_000 / (NIGHT_LASTS / timedelta(minutes=1))
    assert max(minutes.values()) < 2 * share
    full = range(int(JITTER / timedelta(minutes=1)), 165)
    assert min(minutes[minute] for minute in full) > share / 4


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
    assert found is not None
    assert found.astimezone(PARIS).date() == date.fromisoformat(next_day)
    assert found > moment


NIGHT = planned_at(date(2026, 3, 19), PARIS, KEY)


@pytest.mark.parametrize(
    ("hour", "reason", "day"),
    [
        pytest.param("00:30", DueReason.SCHEDULE, 19, id="yesterday's, caught up: it is today's"),
        pytest.param("00:30", DueReason.FIRST, 19, id="the first one too"),
        pytest.param("00:30", DueReason.DEMAND, 18, id="asked before tonight"),
        pytest.param("00:30", DueReason.RETRY, 18, id="tried again before tonight"),
        pytest.param("12:00", DueReason.RETRY, 19, id="tried again after tonight"),
    ],
)
def test_R22_what_counts_as_the_run_of_a_day(hour: str, reason: DueReason, day: int) -> None:
    now = datetime.combine(date(2026, 3, 18), time.fromisoformat(hour), tzinfo=PARIS)
    found = next_daily(now, PARIS, KEY, activated_on=date(2026, 3, 1), reason=reason)
    assert found is not None
    assert found.astimezone(PARIS).date() == date(2026, 3, day)


def test_R53_with_the_nights_switched_off_nothing_is_planned() -> None:
    assert next_daily(NOW, PARIS, KEY, activated_on=date(2026, 3, 1), nightly=False) is None


@pytest.mark.parametrize(
    ("due", "begins", "reason", "served", "found"),
    [
        ("01:00", "01:01", DueReason.DEMAND, 17, DueReason.DEMAND),
        ("01:00", "06:00", DueReason.DEMAND, 17, DueReason.SCHEDULE),
        ("01:00", "06:00", DueReason.RETRY, 17, DueReason.SCHEDULE),
        ("01:00", "06:00", DueReason.DEMAND, 18, DueReason.DEMAND),
        ("06:00", "06:01", DueReason.RETRY, 17, DueReason.RETRY),
        ("02:00", "06:00", DueReason.SCHEDULE, 17, DueReason.SCHEDULE),
        ("02:00", "06:00", DueReason.SCHEDULE, 18, DueReason.RETRY),
        ("02:00", "06:00", DueReason.SCHEDULE, 21, DueReason.SCHEDULE),
    ],
    ids=[
        "asked, and done before the night",
        "asked before the night, begun after it: it is the night's",
        "so with another try",
        "that night had its run",
        "due after the night",
        "the night, late",
        "the night again: its worker died, or the clock was put back (B06)",
        "a clock that was days ahead has been put right (B06)",
    ],
)
def test_R22_B06_a_run_that_begins_late_is_the_nights(
    due: str, begins: str, reason: DueReason, served: int, found: DueReason
) -> None:
    day = date(2026, 3, 18)
    at = {
        hour: datetime.combine(day, time.fromisoformat(hour), tzinfo=PARIS)
        for hour in (due, begins)
    }
    got = reason_of_run(
        at[due],
        reason,
        at[begins],
        night=planned_at(day, PARIS, KEY),
        scheduled_on=date(2026, 3, served),
        today=day,
    )
    assert got is found


def failed(
    kind: FailureKind,
    attempts: int = 1,
    *,
    now: datetime = NOW,
    key: str = KEY,
    retry_at: datetime | None = None,
    night: datetime | None = NIGHT,
) -> NextStep:
    return after_failure(kind, attempts=attempts, now=now, key=key, night=night, retry_at=retry_at)


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
    step = failed(kind)
    assert (step.state, step.who_acts) == (state, who)
    assert (step.next_due_at is not None) == (state is InterfaceState.ACTIVE)


@pytest.mark.parametrize("kind", LADDERS)
def test_R24_C09_tries_come_ever_less_often_but_never_end(kind: FailureKind) -> None:
    ladder = LADDERS[kind]
    for attempts in range(1, 40):
        wait = ladder[min(attempts, len(ladder)) - 1]
        due = failed(kind, attempts, night=None).next_due_at
        assert due is not None
        assert (1 - SPREAD) * wait <= due - NOW <= (1 + SPREAD) * wait
        assert due == failed(kind, attempts, night=None).next_due_at, "asked twice, the same"


@pytest.mark.parametrize("named", [None, NOW + timedelta(hours=2)], ids=["down", "sent away"])
def test_C09_500_that_failed_together_do_not_come_back_together(named: datetime | None) -> None:
    dues = [
        failed(FailureKind.RATE_LIMITED, key=f"key {number}", retry_at=named).next_due_at
        for number in range(500)
    ]
    assert None not in dues
    seconds = Counter(due.replace(microsecond=0) for due in dues if due is not None)
    assert max(seconds.values()) < 25
    assert named is None or min(due for due in dues if due is not None) >= named


@pytest.mark.parametrize(
    ("retry_at", "due"),
    [
        pytest.param(timedelta(hours=2), timedelta(hours=2), id="later than ours: theirs"),
        pytest.param(timedelta(seconds=5), timedelta(minutes=12), id="sooner than ours: ours"),
        pytest.param(timedelta(days=30), LONGEST_WAIT, id="absurd: a day at most"),
    ],
)
def test_a_source_that_says_when_is_believed(retry_at: timedelta, due: timedelta) -> None:
    step = failed(FailureKind.RATE_LIMITED, retry_at=NOW + retry_at, night=None)
    assert step.next_due_at is not None
    assert due <= step.next_due_at - NOW <= due + timedelta(minutes=6)


@pytest.mark.parametrize(
    ("before", "retry_at", "reason", "due"),
    [
        pytest.param(300, None, DueReason.RETRY, None, id="there is time for another try"),
        pytest.param(100, None, DueReason.SCHEDULE, NIGHT, id="the night comes first"),
        pytest.param(100, -10, DueReason.SCHEDULE, NIGHT, id="the source's own time, and ours"),
        pytest.param(100, 60, DueReason.SCHEDULE, None, id="the source says: after the night"),
    ],
)
def test_R22_R24_no_day_is_without_its_scheduled_run(
    before: int, retry_at: int | None, reason: DueReason, due: datetime | None
) -> None:
    named = None if retry_at is None else NIGHT + timedelta(minutes=retry_at)
    step = failed(FailureKind.UNAVAILABLE, 5, now=NIGHT - timedelta(minutes=before), retry_at=named)
    assert step.reason is reason
    assert step.next_due_at is not None
    assert step.next_due_at == due or due is None
    assert named is None or step.next_due_at >= named
    assert (step.next_due_at < NIGHT) == (reason is DueReason.RETRY)


@pytest.mark.parametrize("interrupted", range(1, 9))
def test_a_run_that_ends_without_a_word_is_tried_at_once_and_in_a_loop_ever_later(
    interrupted: int,
) -> None:
    step = after_interruption(interrupted, now=NOW, key=KEY, night=NIGHT)
    assert step.state is InterfaceState.ACTIVE
    assert step.next_due_at is not None
    if interrupted < CRASH_LOOP:
        assert step.next_due_at == NOW
    else:
        wait = wait_after(FailureKind.OUR_FAULT, interrupted - CRASH_LOOP + 1, KEY)
        assert step.next_due_at == NOW + wait


def test_R22_a_crash_loop_does_not_cost_a_day_its_run() -> None:
    now = NIGHT - timedelta(minutes=10)
    step = after_interruption(CRASH_LOOP + 5, now=now, key=KEY, night=NIGHT)
    assert (step.next_due_at, step.reason) == (NIGHT, DueReason.SCHEDULE)


def test_B06_a_day_that_had_its_run_is_given_no_second_night() -> None:
    """A worker died in a run caught up after midnight; its next try ends before tonight."""
    now = datetime(2026, 3, 18, 0, 40, tzinfo=PARIS)
    for reason in DueReason:
        found = next_daily(
            now,
            PARIS,
            KEY,
            activated_on=date(2026, 3, 1),
            reason=reason,
            scheduled_on=date(2026, 3, 18),
        )
        assert found == NIGHT
