"""What becomes of a webhook: it only rings, it never brings data (DESIGN.md, D01 to D08)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from webapp.domain.interfaces import InterfaceState

# A source that rings without end is fetched from once in this time; what came in between waits.
PAUSE: Final = timedelta(seconds=60)
# A run planned within this time answers the news as well: it is not brought forward. Of two
# webhooks at once, the one that is written later may have come first.
CLOSE: Final = timedelta(seconds=10)
# An interface that needs a person is tried once in this time: they may have acted at the bank.
TRY_EVERY: Final = timedelta(hours=1)
# A webhook may come before the admin is back from the partner's page (D08).
PARKED_FOR: Final = timedelta(hours=1)
# How long an event is remembered: what is replayed later has long lost its signature's date.
REMEMBERED_FOR: Final = timedelta(days=90)
LONGEST: Final = 200


class WebhookFate(StrEnum):
    """What a verified webhook led to.

    ``RANG``: a sync is due for it; ``JOINED``: one was due already; ``AGAIN``: one is under way and
    another follows it; ``PARKED``: nobody here has that link yet; ``IGNORED``: its interface is
    stopped, not finished, or synced only when somebody asks.
    """

    RANG = "rang"
    JOINED = "joined"
    AGAIN = "again"
    PARKED = "parked"
    IGNORED = "ignored"


# What an event of several interfaces is told as: the most that it led to.
FATES_BY_WEIGHT: Final = (
    WebhookFate.RANG,
    WebhookFate.AGAIN,
    WebhookFate.JOINED,
    WebhookFate.IGNORED,
)


@dataclass(frozen=True, slots=True)
class Hearing:
    """How an interface stands when its source rings.

    ``held``: a worker syncs it now; ``due_at``: its next run; ``bound``: that run may not be
    brought forward; ``ended_ago``: how long ago its last run ended; ``tried_ago``: how long ago a
    webhook last had it tried while it needed a person.
    """

    state: InterfaceState
    nightly: bool
    held: bool
    due_at: datetime | None
    bound: bool
    ended_ago: timedelta | None = None
    tried_ago: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a webhook leads to; ``due_at``: the run it makes due, if it does."""

    fate: WebhookFate
    due_at: datetime | None = None


def hear(interface: Hearing, now: datetime) -> Heard:
    """Decide what the webhook of a known interface leads to."""
    if interface.state == InterfaceState.NEEDS_USER and interface.nightly:
        tried = interface.tried_ago
        may_try = not interface.held and (tried is None or tried >= TRY_EVERY)
        return Heard(WebhookFate.RANG, now) if may_try else Heard(WebhookFate.IGNORED)
    if interface.state != InterfaceState.ACTIVE or not interface.nightly:
        return Heard(WebhookFate.IGNORED)
    if interface.held:
        return Heard(WebhookFate.AGAIN)
    due = now + left_of_pause(interface.ended_ago)
    planned = interface.due_at
    if planned is not None and (interface.bound or planned <= due + CLOSE):
        return Heard(WebhookFate.JOINED)
    return Heard(WebhookFate.RANG, due)


def left_of_pause(ended_ago: timedelta | None) -> timedelta:
    """Return what is left of the pause after a run that ended so long ago."""
    if ended_ago is None:
        return timedelta(0)
    return max(timedelta(0), PAUSE - max(timedelta(0), ended_ago))


def weightiest(fates: Iterable[WebhookFate]) -> WebhookFate:
    """Return what an event of several interfaces is told as; ``PARKED`` for none."""
    return min(fates, key=FATES_BY_WEIGHT.index, default=WebhookFate.PARKED)


def kept(name: str) -> str:
    """Return ``name``, an id given by a source, as it is stored: one too long as its digest."""
    if len(name) <= LONGEST:
        return name
    return f"sha256:{sha256(name.encode()).hexdigest()}"
