"""What a connector may raise, named after who must act next."""

from collections.abc import Callable
from datetime import datetime, timedelta

# The ``code`` of a :class:`SourceRejected` that refuses a cursor: the host begins anew, once.
UNKNOWN_CURSOR = "unknown_cursor"


class ConnectorError(Exception):
    """Base of every failure a plugin foresees.

    ``str(error)`` goes to the log and to support; it must hold no secret.
    ``user_message`` is shown in the browser when the source itself gave a text for people.
    ``line`` is the 1-based line of a file, where the error has one.
    """

    def __init__(
        self, detail: str, *, user_message: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(detail)
        self.user_message = user_message
        self.line = line


class SourceUnavailable(ConnectorError):
    """Nobody has to act: the source is down or answered nonsense; cardsync tries again."""

    def __init__(
        self,
        detail: str,
        *,
        retry_after: timedelta | None = None,
        user_message: str | None = None,
    ) -> None:
        super().__init__(detail, user_message=user_message)
        self.retry_after = retry_after


class RateLimited(ConnectorError):
    """Nobody has to act: the source asked us to wait, until ``until`` (aware) if it said so."""

    def __init__(
        self, detail: str, *, until: datetime | None = None, user_message: str | None = None
    ) -> None:
        super().__init__(detail, user_message=user_message)
        self.until = until


class UserActionNeeded(ConnectorError):
    """The admin must act at the source: consent, strong authentication, password, terms.

    ``reason`` is a short stable word (``consent_expired``, ``wrong_password`` …) that picks the
    help page; ``url_factory`` makes the address to send the person to, just before it is needed.
    """

    def __init__(
        self,
        detail: str,
        *,
        reason: str,
        url_factory: Callable[[], str] | None = None,
        user_message: str | None = None,
    ) -> None:
        super().__init__(detail, user_message=user_message)
        self.reason = reason
        self.url_factory = url_factory


class SourceRejected(ConnectorError):
    """The admin or the integrator must act: the same call can never work as it is.

    Examples: a file that cannot be read, settings the source refuses, a revoked client.
    ``code`` is a short stable word that picks the translated message (``empty_file`` …).
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str = "rejected",
        user_message: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(detail, user_message=user_message, line=line)
        self.code = code
