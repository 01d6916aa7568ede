"""Turn whatever a run stumbled over into a failure: who acts, in words, with no secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.exc import DBAPIError

from cardsync_sdk.errors import (
    ConnectorError,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.quota import CallsUsedUp
from webapp.domain.believing import SignsFlipped, Unreadable
from webapp.domain.schedule import FailureKind

# The source itself said that it bears no more for now.
RATE_LIMITED = "rate_limited"
OUT_OF_MEMORY = "memory"
TOO_SLOW = "too_slow"
# What a source told is not believed: nothing of it was stored.
NOT_BELIEVED: Final[dict[type, str]] = {SignsFlipped: "signs_flipped", Unreadable: "unreadable"}


class RunLimitReached(Exception):
    """A fetch went past its time, page or row limit; nothing of it counts as complete."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed: ``reason`` is a stable word for the help page, ``detail`` for support."""

    kind: FailureKind
    reason: str
    detail: str
    retry_at: datetime | None = None
    line: int | None = None


def failure_of(error: Exception, *, now: datetime) -> Failure:
    """Name the failure behind ``error`` after who must act next."""
    detail = str(error) or type(error).__name__
    match error:
        case RateLimited():
            return Failure(FailureKind.RATE_LIMITED, RATE_LIMITED, detail, error.until)
        case UserActionNeeded():
            return Failure(FailureKind.USER_ACTION, error.reason, detail)
        case SourceRejected():
            return Failure(FailureKind.REJECTED, error.code, detail, line=error.line)
        case SourceUnavailable():
            retry_at = now + error.retry_after if error.retry_after else None
            return Failure(FailureKind.UNAVAILABLE, "unavailable", detail, retry_at)
        case RunLimitReached() | CallsUsedUp():
            return Failure(FailureKind.UNAVAILABLE, "limit_reached", detail)
        case ConnectorError():
            return Failure(FailureKind.UNAVAILABLE, "unavailable", detail)
        case MemoryError():
            # Of several syncs in one process, not always the one that is to blame: the next try is
            # made in a process of its own.
            return Failure(FailureKind.OUR_FAULT, OUT_OF_MEMORY, detail)
        case SignsFlipped() | Unreadable():
            return Failure(FailureKind.PLUGIN_BUG, NOT_BELIEVED[type(error)], detail)
        case DBAPIError():
            # The statement's parameters hold people's data: only the driver's own words are kept.
            return Failure(FailureKind.OUR_FAULT, "database", str(error.orig))
        case _:
            return Failure(
                FailureKind.PLUGIN_BUG, "plugin_bug", f"{type(error).__name__}: {detail}"[:500]
            )
