"""When an interface is synced next. Pure: the caller says what time it is.

Everything is reckoned in the legal entity's time zone (D-D) and given back in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from zoneinfo import ZoneInfo

from webapp.domain.interfaces import Actor, DueReason, InterfaceState

NIGHT_BEGINS = time(2, 0)
NIGHT_LASTS = timedelta(hours=3)
JITTER = timedelta(minutes=15)

# A failure that nobody has to mend is tried again soon, then ever less often, for ever.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
# As many runs in a row that ended without a word are a crash loop.
LOOP_AFTER = 3
# A source that says how long to wait is believed up to a day.
LONGEST_WAIT = timedelta(days=1)


class FailureKind(StrEnum):
    """Why a run failed, by who must act next (``cardsync_sdk.errors``)."""

    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    USER_ACTION = "user_action"
    REJECTED = "rejected"
    PLUGIN_BUG = "plugin_bug"
    OUR_FAULT = "our_fault"


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


def next_daily(now: datetime, zone: ZoneInfo, key: str, *, activated_on: date) -> datetime:
    """Return the next scheduled run after one that ended well at ``now``.

    One per local day (R22): a night caught up late leaves the next one where it was. A run that a
    person asked for on the very day of activation does not bring the first night forward.
    """
    today = now.astimezone(zone).date()
    tonight = planned_at(today, zone, key)
    if now < tonight and today > activated_on:
        return tonight
    return planned_at(max(today, activated_on) + timedelta(days=1), zone, key)


def after_failure(
    kind: FailureKind, *, attempts: int, now: datetime, retry_at: datetime | None = None
) -> NextStep:
    """Return what follows a failure; only a cause that needs a person stops the schedule.

    :param attempts: failed tries in a row, this one included.
    :param retry_at: the time the source itself named, if it did.
    """
    if kind is FailureKind.USER_ACTION:
        return NextStep(InterfaceState.NEEDS_USER, None, DueReason.RETRY, Actor.ADMIN)
    if kind is FailureKind.REJECTED:
        return NextStep(InterfaceState.REJECTED, None, DueReason.RETRY, Actor.ADMIN)
    who = Actor.INTEGRATOR if kind is FailureKind.PLUGIN_BUG else Actor.NOBODY
    wait = BACKOFF[min(attempts, len(BACKOFF)) - 1] if attempts > 0 else BACKOFF[0]
    next_due = now + wait
    if retry_at is not None:
        next_due = max(next_due, min(retry_at, now + LONGEST_WAIT))
    return NextStep(InterfaceState.ACTIVE, next_due, DueReason.RETRY, who)


def after_interruption(interrupted: int, *, now: datetime) -> NextStep:
    """Return what follows a run that ended without a word; after several in a row it waits.

    :param interrupted: how many in a row, this one included.
    """
    loop = interrupted - LOOP_AFTER
    wait = BACKOFF[min(loop, len(BACKOFF) - 1)] if loop >= 0 else timedelta(0)
    return NextStep(InterfaceState.ACTIVE, now + wait, DueReason.RETRY, Actor.NOBODY)


def _fraction(text: str) -> float:
    """Return a stable number in [0, 1) for ``text``."""
    digest = blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
