"""The aggregator's connector keeps every promise of the contract, against the practice bank."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

import cardsync_budget_insight
from cardsync_sdk import (
    AccountRef,
    ConnectorError,
    FetchWindow,
    Link,
    RateLimited,
    Settings,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.testing import ConnectorConformance, Fault
from tests.support.practice_bank import ALWAYS, PracticeBank, impatience


class TestBudgetInsight(ConnectorConformance):
    @pytest.fixture
    def plugin(self) -> object:
        return cardsync_budget_insight

    @pytest.fixture
    def link(self, bank: PracticeBank, canary: str) -> Link:
        """A connection whose token is the canary, with pages, a withdrawn row and a bad one."""
        link = bank.connect()
        card = bank.shared(link)[1].ref
        bank.control("transactions", id_account=card, answer={"value": "bad"})
        gone = bank.control("transactions", id_account=card)
        bank.control(f"transactions/{gone['id']}", "DELETE")
        bank.control("page_size", size=60)
        bank.control("tokens", known=link.secrets["user_token"], token=canary)
        secret = Settings({**link.settings.values, **bank.settings.values, "client_secret": canary})
        return replace(link, settings=secret, secrets={"user_token": canary, "id_user": canary})

    @pytest.fixture
    def accounts(self, bank: PracticeBank, link: Link) -> Sequence[AccountRef]:
        return bank.shared(link)

    @pytest.fixture
    def window(self) -> FetchWindow:
        return ALWAYS

    @pytest.fixture
    def faults(self, bank: PracticeBank, link: Link) -> Sequence[Fault]:
        def api(kind: str, expected: type[ConnectorError], path: str = "", count: int = 3) -> Fault:
            return Fault(f"{kind} {path}", expected, inject=failing(bank, kind, path, count))

        return [
            api("500", SourceUnavailable),
            api("503_html", SourceUnavailable, "/transactions"),
            api("html", SourceUnavailable, "/transactions"),
            api("cut_json", SourceUnavailable, "/accounts"),
            api("cut_json", SourceUnavailable, "/transactions"),
            api("timeout", SourceUnavailable, "/transactions"),
            api("429", RateLimited, "/transactions"),
            api("foreign_next", SourceUnavailable, "/transactions"),
            api("looping_next", SourceUnavailable, "/transactions", 9),
            Fault("revoked token", UserActionNeeded, replace(link, secrets={"user_token": "x"})),
            Fault("wrong address", SourceRejected, replace(link, settings=Settings())),
            Fault("consent run out", UserActionNeeded, inject=in_state(bank, link, "SCARequired")),
        ]


def failing(
    bank: PracticeBank, kind: str, path: str, count: int
) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def inject() -> Iterator[None]:
        bank.fail(kind, path=path, count=count, retry_after=30)
        with impatience(kind):
            yield
        bank.control("faults", "DELETE")

    return inject


def in_state(
    bank: PracticeBank, link: Link, state: str
) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def inject() -> Iterator[None]:
        bank.control(f"connections/{link.ref}/state", state=state)
        yield
        bank.control(f"connections/{link.ref}/state", state=None)

    return inject
