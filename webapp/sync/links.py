"""The bounded calls to a connector that a page needs: each ends within a deadline.

A page must never hang on somebody else's server. Each call runs in a thread of its own; whatever
goes wrong comes back as a :class:`LinkProblem`, a value that a page puts into words.
"""

import contextvars
import logging
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from cardsync_sdk.errors import ConnectorError, SourceRejected
from cardsync_sdk.registry import Connector
from cardsync_sdk.types import Form, Link, Redirect, RemoteAccount, Settings, WebhookHint
from webapp.domain.schedule import FailureKind
from webapp.sync.failures import failure_of

log = logging.getLogger(__name__)

T = TypeVar("T")

DEADLINE_SECONDS: Final = 20.0

# A hanging connector keeps its thread; past this many, further calls are refused at once.
MOST_AT_ONCE: Final = 16
_places = threading.BoundedSemaphore(MOST_AT_ONCE)

# Webhooks have places of their own: a flood of them must not cost a page its call, nor the other
# way round.
WEBHOOK_SECONDS: Final = 2.0
_webhook_places = threading.BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class LinkProblem:
    """Why a call came to nothing: ``kind`` says who acts, ``reason`` picks the words.

    ``source_words`` is what the source itself said to people; ``again_at`` is when it may be tried
    again, if the source said so.
    """

    kind: FailureKind
    reason: str
    source_words: str | None = None
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinkCalls:
    """Speaks to one connector, within ``deadline`` seconds a call."""

    connector: Connector
    deadline: float = DEADLINE_SECONDS

    def begin(
        self, settings: Settings, *, return_url: str, state: str, language: str, link: Link | None
    ) -> Redirect | LinkProblem:
        """Ask where to send the admin. Questions in our own page are not offered: see R8."""
        answer = self._call(
            "begin_link",
            _redirect_or_form,
            settings=settings,
            return_url=return_url,
            state=state,
            language=language,
            link=link,
        )
        if isinstance(answer, Form):
            return LinkProblem(FailureKind.PLUGIN_BUG, "asks_in_our_page")
        return answer

    def finish(
        self, settings: Settings, params: Mapping[str, str], link: Link | None
    ) -> tuple[Link, ...] | LinkProblem:
        """Have what came back from the partner's page verified: one link per bank."""
        return self._call(
            "finish_link", _several(Link), settings=settings, params=params, link=link
        )

    def accounts(self, link: Link) -> tuple[RemoteAccount, ...] | LinkProblem:
        """List the accounts and cards of ``link``, shared or not."""
        return self._call("list_accounts", _several(RemoteAccount), link=link)

    def select(self, link: Link, refs: Sequence[str]) -> LinkProblem | None:
        """Share exactly the accounts ``refs`` at the source."""
        return self._call("select_accounts", _nothing, link=link, refs=tuple(refs))

    def unlink(self, link: Link) -> LinkProblem | None:
        """Delete the connection at the source."""
        return self._call("unlink", _nothing, link=link)

    def diagnose(self, link: Link) -> dict[str, str] | LinkProblem:
        """Ask how the link stands at the source, in words for support."""
        return self._call("diagnose", _words, link=link)

    def verify(
        self, settings: Settings, *, headers: Mapping[str, str], path: str, body: bytes
    ) -> tuple[WebhookHint, ...] | LinkProblem:
        """Have a webhook verified, and say which links have news.

        A forged one comes back as ``REJECTED`` and is not logged here: whoever sends many must not
        fill the log.
        """
        hook = "verify_and_parse_webhook"
        if not _webhook_places.acquire(timeout=WEBHOOK_SECONDS):
            log.error("too many webhooks at once: one of %s was refused", self._slug)
            return LinkProblem(FailureKind.UNAVAILABLE, "deadline")
        values = {"settings": settings, "headers": headers, "path": path, "body": body}
        call = _Call(lambda: _hints(self.connector.call(hook, **values)), _webhook_places)
        if not call.wait(WEBHOOK_SECONDS):
            log.error("connector %s: no end to %s in %s s", self._slug, hook, WEBHOOK_SECONDS)
            return LinkProblem(FailureKind.UNAVAILABLE, "deadline")
        if isinstance(call.error, SourceRejected):
            return LinkProblem(FailureKind.REJECTED, call.error.code)
        if call.error is not None:
            return self._problem(hook, call.error)
        return call.result  # type: ignore[return-value]  # set whenever there is no error

    def _call(self, hook: str, check: Callable[[object], T], **arguments: Any) -> T | LinkProblem:
        if hook not in self.connector.hooks:
            return LinkProblem(FailureKind.REJECTED, "not_offered")
        if not _places.acquire(blocking=False):
            log.error("too many calls to connectors hang: %s.%s was refused", self._slug, hook)
            return LinkProblem(FailureKind.UNAVAILABLE, "deadline")
        call = _Call(lambda: check(self.connector.call(hook, **arguments)))
        if not call.wait(self.deadline):
            log.warning("connector %s: no end to %s in %s s", self._slug, hook, self.deadline)
            return LinkProblem(FailureKind.UNAVAILABLE, "deadline")
        if call.error is not None:
            return self._problem(hook, call.error)
        return call.result  # type: ignore[return-value]  # set whenever there is no error

    @property
    def _slug(self) -> str:
        return self.connector.info.slug

    def _problem(self, hook: str, error: Exception) -> LinkProblem:
        failure = failure_of(error, now=datetime.now(UTC))
        if isinstance(error, ConnectorError):
            log.warning("connector %s: %s refused: %s", self._slug, hook, failure.detail)
            return LinkProblem(failure.kind, failure.reason, error.user_message, failure.retry_at)
        # The text of an unforeseen error may hold a secret: its kind and place are enough.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "connector %s: bug in %s: %s at %s:%s",
            self._slug,
            hook,
            type(error).__name__,
            where.filename,
            where.lineno,
        )
        return LinkProblem(failure.kind, failure.reason)


@dataclass
class _Call:
    """One call in a thread of its own; a daemon, so that a hanging one never keeps us alive."""

    action: Callable[[], object]
    places: threading.BoundedSemaphore = field(default_factory=lambda: _places)
    result: object = None
    error: Exception | None = None
    _done: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> bool:
        """Start, and say whether it ended in time."""
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._run,), name="connector-call", daemon=True
        ).start()
        return self._done.wait(seconds)

    def _run(self) -> None:
        try:
            self.result = self.action()
        except Exception as error:  # noqa: BLE001  # a plugin may fail in any way, a page must not
            self.error = error
        finally:
            self.places.release()
            self._done.set()


def _redirect_or_form(answer: object) -> Redirect | Form:
    if not isinstance(answer, Redirect | Form):
        raise TypeError(f"returned {type(answer).__name__}")
    if isinstance(answer, Redirect) and not answer.url.startswith(("https://", "http://")):
        raise ValueError("returned a redirect to something that is no web page")
    return answer


def _several(kind: type[T]) -> Callable[[object], tuple[T, ...]]:
    def check(answer: object) -> tuple[T, ...]:
        items = answer if isinstance(answer, Sequence) else (answer,)
        for item in items:
            if not isinstance(item, kind):
                raise TypeError(f"returned {type(item).__name__}")
        return tuple(items)

    return check


def _hints(answer: object) -> tuple[WebhookHint, ...]:
    hints = _several(WebhookHint)(answer)
    for hint in hints:
        for name in (hint.link_ref, hint.event_id):
            # Without a name of its own every event would pass for a repetition of the first.
            if not name or not _can_be_stored(name):
                raise ValueError("a hint needs a link_ref and an event_id that can be stored")
    return hints


def _can_be_stored(name: str) -> bool:
    """Say whether a text of a source is one to a database: JSON may hold half characters."""
    return "\x00" not in name and not any("\ud800" <= char <= "\udfff" for char in name)


def _nothing(answer: object) -> None:
    return None


def _words(answer: object) -> dict[str, str]:
    if not isinstance(answer, Mapping):
        raise TypeError(f"returned {type(answer).__name__}")
    return {str(label): str(words) for label, words in answer.items()}
