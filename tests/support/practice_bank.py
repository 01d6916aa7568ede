"""The practice bank in a thread, and a person who walks through its web view."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

import cardsync_budget_insight
from cardsync_budget_insight.sandbox import settings
from cardsync_budget_insight.sandbox.bank import PASSWORD
from cardsync_budget_insight.sandbox.server import running
from cardsync_sdk import AccountRef, Batch, FetchWindow, Link, RemoteAccount, Settings, http
from cardsync_sdk.registry import Connector, load_connector

RETURN = "http://127.0.0.1:9/back"
STARTED = datetime(2026, 3, 17, 8, 0, tzinfo=UTC)
# Everything the bank may hold at that time.
ALWAYS = FetchWindow(date(2026, 1, 1), date(2026, 3, 17))


class NotReached(Exception):
    """The web view did not send the person back; the page says why."""


@dataclass(frozen=True)
class PracticeBank:
    """A running practice bank and the connector that speaks with it."""

    url: str
    folder: Path
    person: httpx2.Client = field(repr=False)

    @property
    def connector(self) -> Connector:
        """Return the connector, loaded as the host does."""
        return load_connector(cardsync_budget_insight)

    @property
    def settings(self) -> Settings:
        """Return the connector settings that point here."""
        return Settings(settings(self.url))

    def control(self, path: str, /, method: str = "POST", **values: Any) -> Any:
        """Use one of the bank's controls and return its answer."""
        answer = self.person.request(method, f"{self.url}/control/{path}", json=values)
        answer.raise_for_status()
        return answer.json()

    def fail(self, kind: str, **values: Any) -> None:
        """Let the next call of the API fail."""
        self.control("faults", kind=kind, **values)

    def tick(self, days: int = 1) -> None:
        """Let days pass at the bank."""
        self.control("tick", days=days)

    def truth(self, link: Link) -> list[dict[str, Any]]:
        """Return every line the bank holds for a connection, withdrawn ones too."""
        answer = self.person.get(f"{self.url}/control/truth?connection={link.ref}")
        lines: list[dict[str, Any]] = answer.raise_for_status().json()["transactions"]
        return lines

    # --- the person --------------------------------------------------------------------------

    def begin(self, link: Link | None = None, language: str = "fr") -> tuple[str, Link]:
        """Ask the connector for the address of the web view, and the link to keep."""
        redirect = self.connector.call(
            "begin_link",
            settings=self.settings,
            return_url=RETURN,
            state="state/1+2",
            language=language,
            link=link,
        )
        return redirect.url, redirect.link

    def visit(
        self,
        url: str,
        bank: str = "Sogécarte Net",
        login: str = "test",
        password: str = PASSWORD,
        tick: Callable[[Sequence[str]], Sequence[str]] = lambda ids: ids,
        *,
        another: bool = False,
    ) -> dict[str, str]:
        """Walk through the web view and return the parameters of the way back.

        :param tick: chooses among the ids of the accounts offered.
        :param another: ask for another bank at the end: there is no way back yet.
        """
        page = self.person.get(url, follow_redirects=True)
        if "/banks" in page.url.path:
            page = self.person.get(self.url + link_named(page.text, bank))
        page = self.person.post(
            page.url, data={"login": login, "password": password}, follow_redirects=False
        )
        if back := way_back(page):
            return back
        page = self.person.get(self.url + page.headers["location"])
        ids = re.findall(r'name="account"\s+value="(\d+)"', page.text)
        more = {"another": "1"} if another else {}
        page = self.person.post(page.url, data={"account": list(tick(ids)), **more})
        if another and "/banks" in page.headers.get("location", ""):
            return {}
        back = way_back(page)
        if back is None:
            raise NotReached(page.text)
        return back

    def connect(self, bank: str = "Sogécarte Net", login: str = "test", **visit: Any) -> Link:
        """Connect a bank, from the connector's begin to its finish, and return the link."""
        url, kept = self.begin()
        return self.finish(self.visit(url, bank, login, **visit), kept)[0]

    def finish(self, params: dict[str, str], kept: Link | None) -> Sequence[Link]:
        """Hand the way back to the connector."""
        links: Sequence[Link] = self.connector.call(
            "finish_link", settings=self.settings, params=params, link=kept
        )
        return links

    # --- what the host does ------------------------------------------------------------------

    def accounts(self, link: Link) -> Sequence[RemoteAccount]:
        """List the accounts of a link."""
        listed: Sequence[RemoteAccount] = self.connector.call("list_accounts", link=link)
        return listed

    def shared(self, link: Link) -> list[AccountRef]:
        """Return the shared accounts of a link, as the host names them to the connector."""
        return [
            AccountRef(account.ref, account.currency)
            for account in self.accounts(link)
            if account.shared
        ]

    def fetch(
        self, link: Link, cursor: str | None = None, window: FetchWindow = ALWAYS
    ) -> list[Batch]:
        """Fetch all the shared accounts of a link to the end."""
        return list(
            self.connector.call(
                "fetch_transactions",
                link=link,
                accounts=self.shared(link),
                cursor=cursor,
                window=window,
            )
        )


@contextmanager
def practice_bank(folder: Path) -> Iterator[PracticeBank]:
    """Run the practice bank on a clock that stands still until :meth:`PracticeBank.tick`."""
    with running(folder, lambda: STARTED) as url, httpx2.Client(trust_env=False) as person:
        yield PracticeBank(url, folder, person)


@contextmanager
def impatience(kind: str, seconds: float = 0.3) -> Iterator[None]:
    """Let connectors give up on a silent source soon, where the fault ``kind`` is a silent one.

    Only there: on a busy machine a good answer may take longer than that.
    """
    usual = http.DEFAULT_LIMITS
    with pytest.MonkeyPatch.context() as patch:
        if kind == "timeout":
            patch.setattr(http, "DEFAULT_LIMITS", replace(usual, read=seconds, pause=0))
        yield


def link_named(html: str, name: str) -> str:
    """Return the address of the link with the text ``name``."""
    found = re.search(rf'<a href="([^"]+)">{re.escape(name)}</a>', html)
    if found is None:
        raise NotReached(f"no link {name} in {html}")
    return found.group(1)


def way_back(page: httpx2.Response) -> dict[str, str] | None:
    """Return the parameters with which ``page`` sends the person back, if it does."""
    target = page.headers.get("location", "")
    if not target.startswith(RETURN):
        return None
    return dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
