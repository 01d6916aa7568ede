"""A running installation and pages to look at it, in a real browser.

Each test has an installation of its own: a migrated SQLite database with the demo people, served by
threads of this process. A page that logs an error, breaks the security policy or fails to load
something fails its test, unless the test foresees it.
"""

import base64
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request
from werkzeug.serving import make_server

from tests.support.databases import SqliteTemplate
from webapp import demo
from webapp.app import create_app
from webapp.config import Settings
from webapp.demo.cast import PASSWORD
from webapp.storage.database import Database

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Installation:
    """A running cardsync: where it answers, and its parts."""

    url: str
    app: Flask
    database: Database
    settings: Settings


@pytest.fixture
def empty_installation(
    sqlite_template: SqliteTemplate, tmp_path: Path, session_redis_url: str
) -> Iterator[Installation]:
    """Serve a fresh installation, in which nobody is, until the test ends."""
    settings = Settings(
        instance=tmp_path / "instance",
        database_url=sqlite_template.create(tmp_path),
        redis_url=session_redis_url,
        secret_key="a secret key for tests only",
        master_keys=base64.b64encode(b"a master key for the tests only!").decode(),
    )
    database = Database(settings.database_url)
    app = create_app(settings, database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    public = settings.model_copy(update={"public_url": url})
    yield Installation(url, app, database, public)
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture
def installation(empty_installation: Installation) -> Installation:
    """Serve a fresh installation with the demo people."""
    demo.seed(empty_installation.database, empty_installation.settings)
    return empty_installation


@dataclass
class Watch:
    """What the pages of a test complained about."""

    complaints: list[str] = field(default_factory=list)
    foreseen: list[str] = field(default_factory=list)

    def foresee(self, pattern: str) -> None:
        """Expect complaints that match ``pattern``, such as ``status of 404``."""
        self.foreseen.append(pattern)

    def unforeseen(self) -> list[str]:
        """Return the complaints no one expected."""
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self.foreseen)
        ]

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of ``context``."""
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        # Leaving a page stops what it still loads.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"not loaded: {request.url}: {request.failure}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Listen to the consoles of all pages; what nobody foresaw fails the test."""
    watch = Watch()
    yield watch
    assert watch.unforeseen() == []


OpenPage = Callable[..., Page]
# Browsers in which no script runs: axe is one, and would wait for itself without end.
UNSCRIPTED: WeakSet[BrowserContext] = WeakSet()


@pytest.fixture
def open_page(
    empty_installation: Installation,
    browser: Browser,
    browser_context_args: dict[str, Any],
    watch: Watch,
) -> Iterator[OpenPage]:
    """Return a function that opens a page in a browser of its own; options are Playwright's."""
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> Page:
        wanted = {**browser_context_args, "base_url": empty_installation.url, **options}
        context = browser.new_context(**wanted)
        contexts.append(context)
        if wanted.get("java_script_enabled") is False:
            UNSCRIPTED.add(context)
        watch.over(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: OpenPage, installation: Installation) -> Page:
    """Open a page on a laptop's screen, in French."""
    return open_page()


@pytest.fixture
def log_in(installation: Installation) -> Callable[[Page, str], None]:
    """Return a function that logs a demo person in by their e-mail address."""

    def do(page: Page, email: str) -> None:
        page.goto("/login")
        page.locator("#email").fill(email)
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button").click()
        page.wait_for_url(lambda url: "/login" not in url)

    return do


# Axe reads a page while scripts still may replace parts of it: wait until they are done.
SETTLED = """() => document.readyState === "complete" && !document.querySelector(
    ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")"""


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page, a line each."""
    page.wait_for_function(SETTLED)
    try:
        result = Axe().run(page, options={"runOnly": STANDARDS})
    except Error:  # the page it looked at was left meanwhile: look at the one that is there
        page.wait_for_function(SETTLED)
        result = Axe().run(page, options={"runOnly": STANDARDS})
    return [
        f"{rule['id']}: {node['html']} ({node.get('failureSummary', '')})"
        for rule in result.response["violations"]
        for node in rule["nodes"]
    ]


def scrolls_sideways(page: Page) -> bool:
    """Say whether a page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.fixture
def looks_well() -> Callable[[Page], None]:
    """Return a check that a page is free of axe findings and fits its window."""

    def check(page: Page) -> None:
        if page.context in UNSCRIPTED:
            return
        assert violations(page) == []
        assert not scrolls_sideways(page)

    return check
