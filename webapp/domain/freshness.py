"""Whether a feed is good, late or stopped (D-I): the one rule behind icon, banner and notices."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from webapp.domain.interfaces import InterfaceState

# A success older than this is no longer called good (D-I).
FRESH: Final = timedelta(hours=36)


class Trouble(StrEnum):
    """What is wrong with a feed; in the first two a person must act, or nothing goes on.

    ``NOT_SEEN``: the source lists its accounts without one that is shared here (D-O).
    """

    NEEDS_USER = "needs_user"
    REJECTED = "rejected"
    NOT_SEEN = "not_seen"
    LATE = "late"


# States that only a person ends, with what is wrong then. One that an admin stopped, or never
# finished, stands still on purpose.
NEEDS_A_PERSON: Final = {
    InterfaceState.NEEDS_USER: Trouble.NEEDS_USER,
    InterfaceState.REJECTED: Trouble.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Feed:
    """How a feed stands. ``planned``: synced every night. One by statement files, or only
    when asked, is not, and is never late.

    ``misses``: an account shared here is not seen at the source any more.
    """

    state: InterfaceState
    planned: bool
    activated_on: date | None
    last_ok_at: datetime | None
    misses: bool = False


def trouble_of(feed: Feed, now: datetime) -> Trouble | None:
    """Return what is wrong with a feed at ``now``, if anything is."""
    if feed.state in NEEDS_A_PERSON:
        return NEEDS_A_PERSON[feed.state]
    if feed.state != InterfaceState.ACTIVE:
        return None
    if feed.misses:
        return Trouble.NOT_SEEN
    since = waiting_since(feed.activated_on, feed.last_ok_at)
    late = feed.planned and since is not None and now - since > FRESH
    return Trouble.LATE if late else None


def waiting_since(activated_on: date | None, last_ok_at: datetime | None) -> datetime | None:
    """Return from when on a success is waited for: the last one, or the first night (R29)."""
    if last_ok_at is not None or activated_on is None:
        return last_ok_at
    return datetime.combine(activated_on + timedelta(days=1), time(), tzinfo=UTC)
