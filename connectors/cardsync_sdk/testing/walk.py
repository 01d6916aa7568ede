"""How the kit looks at a connector: walks over it, its faults, and the guards around them."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import pytest

from cardsync_sdk import interchange
from cardsync_sdk.errors import ConnectorError
from cardsync_sdk.registry import Connector
from cardsync_sdk.types import AccountRef, Batch, FetchedTransaction, FetchWindow, Link

_LOOPBACK_NAMES = ("localhost", "ip6-localhost", "None", "")


@dataclass(frozen=True)
class Fault:
    """A way in which the source can fail, and the error that must come of it.

    :param name: words for the test report.
    :param expected: the class the connector must raise, named after who acts next.
    :param link: the link that meets the fault; ``None`` for the suite's own ``link``.
    :param inject: makes a context manager inside which the source fails (a practice server told
        to answer 500, a file cut short); by default the fault lies in ``link`` itself.
    """

    name: str
    expected: type[ConnectorError]
    link: Link | None = None
    inject: Callable[[], AbstractContextManager[object]] = field(default=nullcontext, repr=False)


@dataclass(frozen=True)
class Walk:
    """One fetch carried to its end, or to the error that ended it."""

    batches: Sequence[Batch]
    error: BaseException | None = None

    @property
    def rows(self) -> list[FetchedTransaction]:
        """Every transaction of the walk, in the order it came."""
        return [row for batch in self.batches for row in batch.transactions]

    @property
    def cursors(self) -> list[str]:
        """Every cursor the walk emitted, in order."""
        return [batch.next_cursor for batch in self.batches if batch.next_cursor is not None]

    @property
    def content(self) -> Counter[str]:
        """How often each row and each unreadable row came, whatever the order and the pages."""
        found = Counter(row_key(row) for row in self.rows)
        for batch in self.batches:
            found.update(f"rejected {row!r}" for row in batch.rejected)
        return found


@dataclass(frozen=True)
class Fetch:
    """How to fetch the sample: whole, from a cursor, of other accounts or over another link."""

    connector: Connector
    link: Link
    accounts: tuple[AccountRef, ...]
    window: FetchWindow

    def pages(
        self,
        cursor: str | None = None,
        accounts: Sequence[AccountRef] | None = None,
        link: Link | None = None,
    ) -> Iterator[Batch]:
        """Call the hook as the host does and return what it returned."""
        pages: Iterator[Batch] = self.connector.call(
            "fetch_transactions",
            link=link or self.link,
            accounts=accounts or self.accounts,
            cursor=cursor,
            window=self.window,
        )
        return pages

    def __call__(
        self,
        cursor: str | None = None,
        accounts: Sequence[AccountRef] | None = None,
        link: Link | None = None,
    ) -> Walk:
        """Walk to the end and keep an error as a value."""
        batches: list[Batch] = []
        try:
            batches.extend(self.pages(cursor, accounts, link))
        except Exception as error:  # noqa: BLE001  # the checks judge it, typed or not
            return Walk(batches, error)
        return Walk(batches)


def row_key(row: FetchedTransaction) -> str:
    """Return a text that is equal for equal rows."""
    return json.dumps(interchange.to_dict(row), sort_keys=True, default=repr)


def error_chain(error: BaseException | None) -> str:
    """Return all that a traceback of ``error`` could print of its messages and its causes."""
    words: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        words += [str(error), repr(error), repr(getattr(error, "user_message", ""))]
        error = error.__cause__ or error.__context__
    return "\n".join(words)


class SocketGuard:
    """Refuse and record every connection to a host outside the allowed ones."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = (*_LOOPBACK_NAMES, *allowed)
        self.refused: list[str] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Guard every socket of this process until ``monkeypatch`` is undone."""
        connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
        resolve = socket.getaddrinfo

        def guarded_connect(sock: socket.socket, address: Any) -> None:
            self.check(sock.family, address)
            connect(sock, address)

        def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
            self.check(sock.family, address)
            return connect_ex(sock, address)

        def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
            self.check(socket.AF_INET, (host, 0))
            return resolve(host, *args, **kwargs)

        monkeypatch.setattr(socket.socket, "connect", guarded_connect)
        monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)

    def check(self, family: int, address: Any) -> None:
        """Record and refuse ``address`` unless it is allowed.

        :raises ConnectionRefusedError: as if nobody listened there.
        """
        if family not in (socket.AF_INET, socket.AF_INET6):
            return
        host = address[0].decode() if isinstance(address[0], bytes) else str(address[0])
        if host not in self.allowed and not _is_loopback(host):
            self.refused.append(host)
            raise ConnectionRefusedError(f"the conformance kit allows no connection to {host}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def threads_started_by(action: Callable[[], object]) -> list[str]:
    """Run ``action`` and name the threads it leaves running a second later."""
    before = set(threading.enumerate())
    action()
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(timeout=1)
    return [thread.name for thread in left if thread.is_alive()]
