"""Deliberately wrong connectors, each with its suite: what the conformance kit has to catch."""

import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cardsync_sdk import (
    API_VERSION,
    AccountKind,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchedTransaction,
    FetchWindow,
    IdTrait,
    Link,
    Money,
    RemoteAccount,
    SourceUnavailable,
    hookimpl,
)
from cardsync_sdk.testing import ConnectorConformance, Fault

log = logging.getLogger(__name__)
DAY = date(2026, 3, 4)
MARCH = FetchWindow(date(2026, 3, 1), date(2026, 3, 31))


def info(slug: str, **changes: Any) -> ConnectorInfo:
    """Return an introduction that is right but for ``changes``."""
    return ConnectorInfo(
        slug=slug, label=slug, kind=ConnectorKind.AGGREGATOR, api_version=API_VERSION, **changes
    )


def row(account_ref: str, number: int, **changes: Any) -> FetchedTransaction:
    """Return a row that is right but for ``changes``."""
    plain: dict[str, Any] = {
        "account_ref": account_ref,
        "amount": Money(-100 * number, "EUR"),
        "memo": f"CAFE {number}",
        "booked_on": DAY,
        "external_id": f"{account_ref}-{number}",
    }
    return FetchedTransaction(**{**plain, **changes})


class WrongSuite(ConnectorConformance):
    """What the suites of the wrong connectors share."""

    @pytest.fixture
    def link(self, canary: str) -> Link:
        return Link(ref="1", secrets={"token": canary})

    @pytest.fixture
    def accounts(self) -> Sequence[AccountRef]:
        return AccountRef("a", "EUR"), AccountRef("b", "EUR")

    @pytest.fixture
    def window(self) -> FetchWindow:
        return MARCH

    @pytest.fixture
    def faults(self, plugin: SimpleNamespace) -> Sequence[Fault]:
        @contextmanager
        def fail() -> Iterator[None]:
            plugin.failing = True
            yield
            plugin.failing = False

        return [Fault("the source fails", SourceUnavailable, inject=fail)]


class ForgetfulBank:
    """Loses rows in every way there is, and never says so."""

    def __init__(self) -> None:
        self.failing = False
        self.calls = 0

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        return info("forgetful", id_traits=frozenset({IdTrait.NONE, IdTrait.STABLE}))

    @hookimpl
    def list_accounts(self) -> Sequence[RemoteAccount]:
        account = RemoteAccount("a", "Current", AccountKind.ACCOUNT, "EUR")
        return [account, account]

    @hookimpl
    def fetch_transactions(
        self, accounts: Sequence[AccountRef], cursor: str | None
    ) -> Iterator[Batch]:
        self.calls += 1
        pages = [[row(accounts[0].ref, page, memo=f"CAFE {self.calls}")] for page in (1, 2, 3)]
        known = [None, "1", "2", "3"]
        start = known.index(cursor) if cursor in known else len(pages)
        for number, page in enumerate(pages):
            if self.failing and number == 1:
                return
            if number >= start:
                yield Batch(transactions=page, next_cursor=str(number + 2), complete=True)


class LeakyBank:
    """Hands over what it must not, and fails as it should not."""

    def __init__(self) -> None:
        self.failing = False

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        return info("leaky", id_traits=frozenset({IdTrait.STABLE}))

    @hookimpl
    def fetch_transactions(self, link: Link, accounts: Sequence[AccountRef]) -> Iterator[Batch]:
        threading.Thread(target=threading.Event().wait, args=(60,), daemon=True).start()
        log.warning("asking with token %s", link.secrets["token"])
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=1).close()
        except ConnectionRefusedError:
            log.info("no answer")
        if self.failing:
            raise KeyError("transactions")
        odd = [
            row("a", 1, memo="PAID WITH 4111 1111 1111 1111"),
            row("a", 2, booked_on=datetime(2026, 3, 4, 23, 30)),  # noqa: DTZ001
            row("a", 3, amount=Money(-100, "USD")),
            row("a", 4, external_id="a-1", raw={"at": DAY}),
            row("somebody else's", 5),
        ]
        many = [row(account.ref, number) for account in accounts for number in range(10, 600)]
        asked = {account.ref for account in accounts}
        rows = [each for each in odd if each.account_ref in {*asked, "somebody else's"}]
        yield Batch(transactions=rows + many, complete=True)


class SilentBank:
    """Answers, correctly, nothing at all."""

    def __init__(self) -> None:
        self.failing = False

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        return info("silent")

    @hookimpl
    def fetch_transactions(self) -> Iterator[Batch]:
        if self.failing:
            raise SourceUnavailable("the bank is down")
        yield Batch(complete=True)


class ForgetfulSuite(WrongSuite):
    """The kit over :class:`ForgetfulBank`."""

    @pytest.fixture
    def plugin(self) -> ForgetfulBank:
        return ForgetfulBank()


class LeakySuite(WrongSuite):
    """The kit over :class:`LeakyBank`."""

    @pytest.fixture
    def plugin(self) -> LeakyBank:
        return LeakyBank()


class SilentSuite(WrongSuite):
    """The kit over :class:`SilentBank`."""

    @pytest.fixture
    def plugin(self) -> SilentBank:
        return SilentBank()
