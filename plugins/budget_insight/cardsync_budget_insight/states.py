"""What the state of a connection at Powens means, and who must act.

Powens writes its own stamps (``last_update``, ``next_try`` …) as naive Paris time.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cardsync_budget_insight.cleaning import words
from cardsync_sdk import (
    ConnectorError,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)

PARIS: Final = ZoneInfo("Europe/Paris")
FIRST_LOAD: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(days=1)

# State → the reason that picks the help page. In all of these Powens waits for the person.
NEEDS_USER: Final[Mapping[str, str]] = {
    "SCARequired": "consent_expired",
    "webauthRequired": "bank_login_needed",
    "additionalInformationNeeded": "code_needed",
    "decoupled": "approval_needed",
    "actionNeeded": "action_at_bank",
    "passwordExpired": "password_expired",
    "wrongpass": "wrong_password",
}


def paris_time(value: Any) -> datetime | None:
    """Read a stamp as aware UTC; naive ones are Paris time. ``None`` if there is none to read."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).astimezone(UTC)


def calendar_date(value: Any) -> date | None:
    """Read the day of a date, or of a stamp that begins with one; ``None`` if there is none.

    :raises ValueError: if there is something and it is no day.
    """
    if value in (None, "", "0000-00-00"):
        return None
    return date.fromisoformat(str(value)[:10])


def state_of(connection: Mapping[str, Any]) -> str:
    """Return the state of ``connection``, ``""`` when all is well; old domains say ``error``."""
    return str(connection.get("state") or connection.get("error") or "")


def state_error(connection: Mapping[str, Any]) -> ConnectorError | None:
    """Return the error the state of ``connection`` stands for; ``None`` when all is well.

    An unknown state counts as passing: the list is open at the source's end.
    """
    state = state_of(connection)
    message = words(connection.get("error_message")) or None
    detail = f"the connection {connection.get('id')} is in state {words(state, 40)}"
    if not state:
        return _first_load(connection)
    if state in NEEDS_USER:
        # The address of a bank's page, which some banks put there, is not for people to read.
        shown = None if message and "://" in message else message
        return UserActionNeeded(detail, reason=NEEDS_USER[state], user_message=shown)
    if state == "notSupported":
        return SourceRejected(detail, code="not_supported", user_message=message)
    next_try = paris_time(connection.get("next_try"))
    if state == "rateLimiting":
        return RateLimited(detail, until=next_try, user_message=message)
    return SourceUnavailable(detail, retry_after=_wait(next_try), user_message=message)


def _first_load(connection: Mapping[str, Any]) -> ConnectorError | None:
    """Say "not yet" while the first load runs: an empty answer would look like no purchases."""
    if connection.get("last_update") is not None:
        return None
    return SourceUnavailable(
        f"the connection {connection.get('id')} is still loading for the first time",
        retry_after=FIRST_LOAD,
    )


def _wait(next_try: datetime | None) -> timedelta | None:
    """Return how long until ``next_try``, within a day; ``None`` if the source does not say."""
    if next_try is None:
        return None
    return min(max(next_try - datetime.now(UTC), timedelta(minutes=1)), LONGEST_WAIT)
