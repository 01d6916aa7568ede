"""How often people may ask one interface's source for a sync (D-H, R53, R71)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cardsync_sdk.quota import Quota

# What ``Quota.asked_a_day`` counts over: any 24 hours, whatever the clocks do on that day.
DAY = timedelta(hours=24)


def next_possible(asked_at: Sequence[datetime], quota: Quota, now: datetime) -> datetime | None:
    """Return from when on a sync may be asked for again; ``None`` if it may be at once.

    :param asked_at: when syncs that people asked for took place, in any order; those of more than
        a day ago do not count.
    """
    recent = sorted(at for at in asked_at if now - DAY < at <= now)
    if not recent:
        return None
    free = recent[-1] + quota.asked_every
    if len(recent) >= quota.asked_a_day:
        free = max(free, recent[-quota.asked_a_day] + DAY)
    return free if free > now else None
