"""When an interface is synced next. Pure: the caller says what time it is.

Everything is reckoned in the legal entity's time zone (D-D) and given back in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from webapp.domain import lifecycle
from webapp.domain.interfaces import Actor, DueReason, InterfaceState

NIGHT_BEGINS = time(2, 0)
NIGHT_LASTS = timedelta(hours=3)
JITTER = timedelta(minutes=15)

# A source that says how long to wait is believed up to a day.
LONGEST_WAIT = timedelta(days=1)
# Waits differ by up to this share, so that a source that was down is not stormed when it is back.
SPREAD = 0.2
SPREAD_AFTER_NAMED = timedelta(minutes=5)
# From so many runs in a row that ended without a word on, the interface is spared for a while.
CRASH_LOOP = 3

SCHEDULED = (DueReason.FIRST, DueReason.SCHEDULE)


class FailureKind(StrEnum):
    """Why a run failed, by who must act next (``cardsync_sdk.errors``)."""

    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    USER_ACTION = "user_action"
    REJECTED = "rejected"
    PLUGIN_BUG = "plugin_bug"
    OUR_FAULT = "our_fault"


def _minutes(*minutes: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=one) for one in minutes)


# How long is waited after the first, second … failure in a row; the last wait is kept for ever.
LADDERS: Final[Mapping[FailureKind, tuple[timedelta, ...]]] = {
    FailureKind.UNAVAILABLE: _minutes(1, 5, 15, 60, 240),
    FailureKind.RATE_LIMITED: _minutes(15, 60, 240),
    FailureKind.OUR_FAULT: _minutes(1, 5, 15, 60),
    FailureKind.PLUGIN_BUG: _minutes(60, 240, 720),
}
# What only a person ends has no ladder.
WHO_ACTS: Final[Mapping[FailureKind, Actor]] = {
    **dict.fromkeys(LADDERS, Actor.NOBODY),
    FailureKind.PLUGIN_BUG: Actor.INTEGRATOR,
    FailureKind.USER_ACTION: Actor.ADMIN,
    FailureKind.REJECTED: Actor.ADMIN,
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What follows a failed run: the interface's state, its next try (none stops it), who acts."""

    state: InterfaceState
    next_due_at: datetime | None
    reason: DueReason
    who_acts: Actor


def planned_at(day: date, zone: ZoneInfo, key: str) -> datetime:
    """Return the planned instant of the night of ``day`` for the interface ``key``.

    A stable hash spreads the interfaces over the night window; a small jitter, drawn from key and
    day, lets two days differ (R23) while asking twice gives the same answer.
    """
    spread = NIGHT_LASTS - JITTER
    offset = spread * _fraction(key) + JITTER * _fraction(f"{key} {day.isoformat()}")
    wall = datetime.combine(day, NIGHT_BEGINS, tzinfo=zone)
    # Added in UTC: on the two days a clock changes, wall time has a gap or a repeated hour.
    return wall.astimezone(UTC) + timedelta(seconds=int(offset.total_seconds()))


def first_run_at(activated_on: date, zone: ZoneInfo, key: str) -> datetime:
    """Return the first run of an interface: the night after the day of activation (R29)."""
    return planned_at(activated_on + timedelta(days=1), zone, key)


def next_daily(
    now: datetime,
    zone: ZoneInfo,
    key: str,
    *,
    activated_on: date,
    reason: DueReason | None = None,
    nightly: bool = True,
    scheduled_on: date | None = None,
) -> datetime | None:
    """Return the next scheduled run as seen at ``now``; none where it is synced only when asked.

    One per local day (R22): a night caught up late counts as the night of the day on which it is
    caught up, and leaves the next one where it was. A run for another reason, before tonight,
    leaves tonight where it is, and none brings the first night forward (R29).

    :param reason: why the run that ends at ``now`` was due, if one does.
    :param scheduled_on: the local day of the last scheduled run, whatever became of it.
    """
    if not nightly:
        return None
    today = now.astimezone(zone).date()
    day = max(today, activated_on + timedelta(days=1))
    if reason in SCHEDULED and day == today:
        day += timedelta(days=1)
    while day == scheduled_on or planned_at(day, zone, key) <= now:
        day += timedelta(days=1)
    return planned_at(day, zone, key)


def reason_of_run(
    due_at: datetime | None,
    reason: DueReason,
    now: datetime,
    *,
    night: datetime | None,
    scheduled_on: date | None,
    today: date,
) -> DueReason:
    """Return for what reason a run begins at ``now`` that was due at ``due_at`` for ``reason``.

    What was due before a night, and begins only after it, is that night's run: one that came late
    must not cost a day its scheduled run. What is scheduled for a day that had its run already (a
    worker died in it, or the clock was put back) is another try of it.

    :param night: the night of ``today``, if it has one.
    :param scheduled_on: the local day of the last scheduled run.
    """
    if scheduled_on == today:
        return DueReason.RETRY if reason in SCHEDULED else reason
    if reason not in SCHEDULED and due_at is not None and night is not None:
        return DueReason.SCHEDULE if due_at <= night <= now else reason
    return reason


def wait_after(kind: FailureKind, attempts: int, key: str) -> timedelta:
    """Return how long is waited after failure number ``attempts`` in a row; always the same."""
    ladder = LADDERS[kind]
    wait = ladder[min(max(attempts, 1), len(ladder)) - 1]
    return wait * (1 + SPREAD * (2 * _fraction(f"{key} {attempts}") - 1))


def after_failure(
    kind: FailureKind,
    *,
    attempts: int,
    now: datetime,
    key: str,
    night: datetime | None,
    retry_at: datetime | None = None,
) -> NextStep:
    """Return what follows a failure; only a cause that needs a person stops the schedule.

    Tries that would come after the next night are that night's run, so that no day is without its
    scheduled run; unless the source named a later time, which is kept and then is that run.

    :param attempts: failed tries in a row, this one included.
    :param key: names the interface, so that each waits a little longer or shorter.
    :param night: the next scheduled run; ``None`` where it is synced only when asked.
    :param retry_at: the time the source itself named, if it did; it is never undercut.
    """
    state = lifecycle.after(InterfaceState.ACTIVE, lifecycle.Event(f"failed_{kind}"))
    who = WHO_ACTS[kind]
    if kind not in LADDERS:
        return NextStep(state, None, DueReason.RETRY, who)
    due = now + wait_after(kind, attempts, key)
    named = retry_at and min(retry_at, now + LONGEST_WAIT)
    if named is None:
        return _before_night(due, night, state, who)
    # All that the source sent away would be back in the same second.
    spread = SPREAD_AFTER_NAMED * _fraction(f"{key} {attempts} named")
    if night is not None and named > night:
        return NextStep(state, named + spread, DueReason.SCHEDULE, who)
    return _before_night(max(due, named + spread), night, state, who)


def after_interruption(
    interrupted: int, *, now: datetime, key: str, night: datetime | None
) -> NextStep:
    """Return what follows a run that ended without a word: at once, and after several ever later.

    :param interrupted: such runs in a row, this one included.
    :param night: as for :func:`after_failure`.
    """
    event = lifecycle.Event.INTERRUPTED
    if interrupted >= CRASH_LOOP:
        event = lifecycle.Event.INTERRUPTED_OFTEN
    state = lifecycle.after(InterfaceState.ACTIVE, event)
    if interrupted < CRASH_LOOP:
        return NextStep(state, now, DueReason.RETRY, Actor.NOBODY)
    wait = wait_after(FailureKind.OUR_FAULT, interrupted - CRASH_LOOP + 1, key)
    return _before_night(now + wait, night, state, Actor.NOBODY)


def _before_night(
    due: datetime, night: datetime | None, state: InterfaceState, who: Actor
) -> NextStep:
    if night is None or due < night:
        return NextStep(state, due, DueReason.RETRY, who)
    return NextStep(state, night, DueReason.SCHEDULE, who)


def _fraction(text: str) -> float:
    """Return a stable number in [0, 1) for ``text``."""
    digest = blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
