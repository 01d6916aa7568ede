"""A small, strict HTTP client for connectors: one source, bounded in every way.

It speaks JSON to the hosts a connector declares and to nothing else: no redirects, no proxies from
the environment, TLS always verified, answers limited in time and size. What goes wrong on the way
becomes one of the contract's errors; what the source answered on purpose (2xx, 4xx) is handed back.
Addresses of queries, headers and bodies never enter a message, so no secret can.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, Self
from urllib.parse import urlsplit

from cardsync_sdk.errors import RateLimited, SourceRejected, SourceUnavailable
from cardsync_sdk.quota import note_call
from cardsync_sdk.types import Json

if TYPE_CHECKING:
    import httpx2

# Below warnings these log whole addresses and headers, and so whatever a query holds.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Hosts that may be reached over plain http: a practice server on the same machine.
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
# A Retry-After beyond this is taken as this: the host plans its own daily rhythm.
LONGEST_WAIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how often.

    :param connect: seconds to connect. :param read: seconds of silence while reading.
    :param deadline: seconds for one call, all its tries and pauses together.
    :param max_bytes: size of one answer, unpacked.
    :param tries: attempts of a GET; any other verb is sent once. The long retry is the host's.
    :param pause: seconds before the second try; each further one waits four times as long.
    """

    connect: float = 10.0
    read: float = 30.0
    deadline: float = 40.0
    max_bytes: int = 32 * 1024 * 1024
    tries: int = 3
    pause: float = 0.25


# What a client without limits of its own keeps to.
DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source answered on purpose; ``body`` is JSON with exact decimals, or ``None``."""

    status: int
    body: Json = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the source did what was asked."""
        return 200 <= self.status < 300


def checked_address(address: str, allowed_hosts: Sequence[str]) -> str:
    """Return ``address`` without trailing slash if a connector may speak to it.

    It must be https on the usual port, to a host of ``allowed_hosts`` (``*.example.org`` stands for
    every name below it). Hosts of :data:`LOOPBACK`, where allowed, may use http and any port.

    :raises SourceRejected: with code ``bad_address`` and a sentence for the settings page.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        _refuse_address("this is not an address")
    if "@" in parts.netloc or parts.query or parts.fragment or set(address) & set(" \\\t\r\n"):
        _refuse_address("an address here holds no user, query, fragment or space")
    if not any(_matches(host, pattern) for pattern in allowed_hosts):
        _refuse_address(f"the host {host!r} is not one this connector may speak to")
    if host not in LOOPBACK and (parts.scheme != "https" or port not in (None, 443)):
        _refuse_address("the address must begin with https:// and use the usual port")
    if parts.scheme not in ("http", "https"):
        _refuse_address("the address must begin with https://")
    return address.rstrip("/")


def _matches(host: str, pattern: str) -> bool:
    """Say whether ``host`` is ``pattern``, or below it when it begins with ``*.``."""
    if not pattern.startswith("*."):
        return host == pattern
    return host.endswith(pattern[1:]) and len(host) >= len(pattern) and not host.startswith(".")


def _refuse_address(why: str) -> NoReturn:
    raise SourceRejected(f"{why}; correct it in the connector's settings", code="bad_address")


@cache
def _tls() -> SSLContext:
    """Build the verifying TLS context once per process; it costs tens of milliseconds."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=False)


class HttpClient:
    """Speaks JSON with one source. Use it as a context manager; it is not shared by threads.

    :param base_url: prefix of every path, checked by :func:`checked_address`.
    :param headers: sent with every call (authorisation); they appear in no message or ``repr``.
    :param sleep: pauses between quick tries; a test passes its own.
    """

    def __init__(
        self,
        base_url: str,
        *,
        allowed_hosts: Sequence[str],
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx2

        self.base_url = checked_address(base_url, allowed_hosts)
        self._limits = limits or DEFAULT_LIMITS
        self._sleep = sleep
        self._client = httpx2.Client(
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "cardsync",
                **(headers or {}),
            },
            verify=_tls(),
            trust_env=False,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        """Name the source only."""
        return f"HttpClient({self.base_url!r})"

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read ``path``; short failures are tried again at once. Errors as in :meth:`send`."""
        return self.send("GET", path, params=params)

    def follow(self, href: str) -> Answer:
        """Read the page a source's answer links to: an absolute address or a path from the root.

        :raises SourceUnavailable: if it leads to another host, where our token must not go.
        """
        base = urlsplit(self.base_url)
        try:
            target = urlsplit(href)
        except ValueError:
            target = urlsplit("")
        if (target.scheme or target.netloc) and target[:2] != base[:2]:
            raise SourceUnavailable("the source linked its next page to another host; not followed")
        if not target.path.startswith("/"):
            raise SourceUnavailable("the source linked its next page in a form nobody can follow")
        query = f"?{target.query}" if target.query else ""
        return self._tried("GET", f"{base.scheme}://{base.netloc}{target.path}{query}", {})

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        read_timeout: float | None = None,
    ) -> Answer:
        """Call ``path`` below the base address and return the answer, whether 2xx or 4xx.

        :param read_timeout: more patience for this one call than the limits say, deadline included.
        :raises RateLimited: on 429. :raises SourceUnavailable: when the source is down, too slow,
            redirects, answers 5xx or something that is not the JSON it promised.
        """
        options: dict[str, Json] = {}
        if params:
            options["params"] = dict(params)
        if json is not None:
            options["json"] = json
        return self._tried(method, f"{self.base_url}{path}", options, read_timeout)

    def _tried(
        self, method: str, url: str, options: dict[str, Json], read_timeout: float | None = None
    ) -> Answer:
        """Send, and send again while it is a GET, the failure may be short and time is left."""
        limits = self._limits
        end = time.monotonic() + max(limits.deadline, read_timeout or 0.0)
        tries = limits.tries if method == "GET" else 1
        pause = limits.pause
        for attempt in range(1, tries + 1):
            try:
                return self._once(method, url, options, read_timeout or limits.read, end)
            except SourceUnavailable as error:
                too_late = time.monotonic() + pause >= end
                if attempt == tries or error.retry_after or too_late:
                    raise
            self._sleep(pause)
            pause *= 4
        raise SourceUnavailable("no try was allowed")  # Limits(tries=0)

    def _once(
        self, method: str, url: str, options: dict[str, Json], read: float, end: float
    ) -> Answer:
        import httpx2

        note_call()
        what = f"{method} {urlsplit(url).path}"
        left = max(end - time.monotonic(), 0.001)
        timeout = httpx2.Timeout(min(read, left), connect=min(self._limits.connect, left))
        failure = ""
        try:
            with self._client.stream(method, url, timeout=timeout, **options) as response:
                content = self._content(response, what, end)
        # The exception is not chained: it carries the request, and with it the token.
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            failure = type(error).__name__
        if failure:
            raise SourceUnavailable(f"{what}: the source could not be reached ({failure})")
        return _answer(what, response.status_code, response.headers, content)

    def _content(self, response: "httpx2.Response", what: str, end: float) -> bytes:
        """Read the body within the limits of size and time."""
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > self._limits.max_bytes:
                raise SourceUnavailable(f"{what}: the answer is larger than we read")
            if time.monotonic() > end:
                raise SourceUnavailable(f"{what}: the answer took too long")
        return bytes(content)


def _answer(what: str, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """Turn a whole reply into an :class:`Answer` or the error it stands for."""
    wait = _retry_after(headers.get("retry-after", ""))
    if status == 429:
        until = datetime.now(UTC) + wait if wait is not None else None
        raise RateLimited(f"{what}: the source asks us to wait (429)", until=until)
    if status >= 500 or status in (408, 425):
        raise SourceUnavailable(f"{what}: the source failed ({status})", retry_after=wait)
    if status < 200 or 300 <= status < 400:
        raise SourceUnavailable(f"{what}: redirected ({status}); redirects are not followed")
    if not content:
        return Answer(status)
    body, reason = _json(content, headers.get("content-type", ""))
    if reason and status < 300:
        raise SourceUnavailable(f"{what}: the answer is not the JSON it should be ({reason})")
    return Answer(status, body)


def _retry_after(text: str) -> timedelta | None:
    """Read a Retry-After header: seconds or a date; ``None`` when there is no sense in it."""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return min(max(moment - datetime.now(UTC), timedelta()), LONGEST_WAIT)


def _json(content: bytes, content_type: str) -> tuple[Json, str]:
    """Parse ``content`` with exact decimals: the value, or ``None`` and the reason why not."""
    message = Message()
    message["content-type"] = content_type or "application/json"
    charset = str(message.get_param("charset", "utf-8")).lower()
    if charset not in ("utf-8", "utf8"):
        return None, f"charset {charset[:20]}"
    try:
        text = content.decode("utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant), ""
    except (ValueError, ArithmeticError, RecursionError) as error:
        return None, type(error).__name__


def _no_constant(name: str) -> NoReturn:
    """Refuse ``NaN`` and ``Infinity``, which Python reads and JSON does not have."""
    raise ValueError(name)
