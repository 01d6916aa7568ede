"""Who is told of a feed that fails, when, and how often: one failure, one notice, one "mended".

An *episode* lasts from the first sign of trouble to the next success, however often the sync fails
in between. Pure: the caller says what time it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from webapp.domain.freshness import Trouble

# What fails within this time goes into one message.
GATHER: Final = timedelta(minutes=5)
# Nobody gets more than one message in this time.
QUIET: Final = timedelta(hours=1)
# A message that could not be sent is tried again ever less often; after this it says nothing new.
STALE: Final = timedelta(days=3)
# How long one process has to hand a message to the mail server: longer than a server that answers
# every command at the last moment takes, or a second worker would send it too.
SENDING: Final = timedelta(minutes=5)
AGAIN_AFTER: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)


class NoticeKind(StrEnum):
    """What a notice says."""

    FAILING = "failing"
    MENDED = "mended"


class Ending(StrEnum):
    """How an episode ended: by a success, or because the feed was stopped on purpose."""

    MENDED = "mended"
    STOPPED = "stopped"


class Turn(StrEnum):
    """What follows for an interface's episode from how its feed stands now."""

    NOTHING = "nothing"
    BEGIN = "begin"
    CHANGE = "change"
    MEND = "mend"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Open:
    """The open episode of an interface; ``ok_before``: its last success when it began."""

    trouble: Trouble
    ok_before: datetime | None


def turn(
    open_episode: Open | None,
    trouble: Trouble | None,
    last_ok_at: datetime | None,
    *,
    stopped: bool = False,
) -> Turn:
    """Return what follows from how a feed stands now.

    Only a success ends an episode well: connecting again is not yet one.

    :param stopped: the feed was stopped on purpose.
    """
    if open_episode is None:
        return Turn.BEGIN if trouble else Turn.NOTHING
    if trouble is not None:
        return Turn.NOTHING if trouble is open_episode.trouble else Turn.CHANGE
    if stopped:
        return Turn.STOP
    return Turn.MEND if last_ok_at != open_episode.ok_before else Turn.NOTHING


def send_at(now: datetime, last_sent_at: datetime | None) -> datetime:
    """Return when a notice made at ``now`` is sent to somebody last written to at that time."""
    soon = now + GATHER
    return soon if last_sent_at is None else max(soon, last_sent_at + QUIET)


def again_at(now: datetime, attempts: int) -> datetime:
    """Return when a message is tried again after ``attempts`` failed ones in a row."""
    return now + AGAIN_AFTER[min(max(attempts, 1), len(AGAIN_AFTER)) - 1]
