"""The connectors page: what is installed, what is broken and why, health in scope (R47)."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from cardsync_sdk import API_VERSION, ConnectorInfo, ConnectorKind, hookimpl
from cardsync_sdk.errors import SourceUnavailable
from cardsync_sdk.registry import discover
from cardsync_sdk.types import Institution, SettingField
from tests.support.feed import nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.storage import links
from webapp.storage.database import Database
from webapp.storage.secrets import SecretBox

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
LoggedIn = Callable[[str], Browser]

# A plugin somebody else wrote: the first is right, the others are wrong in a way of their own.
SOUND = """
from cardsync_sdk import API_VERSION, ConnectorInfo, ConnectorKind, hookimpl, Batch

@hookimpl
def describe_connector():
    return ConnectorInfo("sound", "Sound Bank", ConnectorKind.AGGREGATOR, API_VERSION)

@hookimpl
def fetch_transactions():
    yield Batch(complete=True)
"""
BROKEN = {
    "fails to load": ("import nothing_like_it", "nothing_like_it"),
    "no fetch": (SOUND.split("@hookimpl\ndef fetch")[0], "fetch_transactions is missing"),
    "misspelt hook": (
        SOUND + "\n@hookimpl\ndef fetch_everything():\n    pass\n",
        "fetch_everything",
    ),
    "another version": (SOUND.replace("API_VERSION)", "API_VERSION + 1)"), "API version"),
    "stops the program": ("raise RuntimeError('the licence has run out')", "licence has run out"),
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that installs a plugin as a package with an entry point, as pip does."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def do(name: str, source: str) -> None:
        (folder / f"plugin_{name}.py").write_text(source, encoding="utf-8")
        info = folder / f"plugin_{name}-1.4.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: plugin-{name}\nVersion: 1.4\n"
        )
        (info / "entry_points.txt").write_text(
            f"[cardsync.connectors]\n{name} = plugin_{name}\n", encoding="utf-8"
        )
        monkeypatch.delitem(sys.modules, f"plugin_{name}", raising=False)

    return do


@pytest.fixture
def claire(app: Flask, demo_database: Database) -> Browser:
    return claires_browser(app, demo_database)


def test_R47_a_new_package_shows_up_without_a_change_in_the_core(
    app: Flask, claire: Browser, install: Callable[[str, str], None]
) -> None:
    install("sound", SOUND)
    serve(app, discover())
    page = words(claire.get("/configuration/connectors"))

    assert "Sound Bank plugin-sound 1.4" in page
    assert "Budget Insight" in page
    assert "could not be loaded" not in page


@pytest.mark.parametrize("wrong", BROKEN)
def test_R47_a_broken_plugin_says_why_while_all_others_work(
    app: Flask, claire: Browser, install: Callable[[str, str], None], wrong: str
) -> None:
    source, reason = BROKEN[wrong]
    install("odd", source)
    install("sound", SOUND)
    serve(app, discover())
    page = words(claire.get("/configuration/connectors"))

    assert "The connector “odd” could not be loaded" in page
    assert reason in page
    assert "plugin-odd 1.4" in page
    assert "Sound Bank" in page
    assert "Budget Insight" in page


class SettledBank(ScriptedBank):
    """A bank that wants settings and offers institutions."""

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the bank."""
        return ConnectorInfo(
            "settled",
            "Settled Bank",
            ConnectorKind.FUEL_PORTAL,
            API_VERSION,
            settings=(
                SettingField("domain", "Domain"),
                SettingField("client_secret", "Client secret", secret=True),
                SettingField("page_size", "Page size", default="100"),
                SettingField("note", "Note", required=False),
            ),
            institutions=(Institution("1", "One"), Institution("2", "Two")),
        )


def box_of(settings: Settings) -> SecretBox:
    return SecretBox({key.id: key.key for key in settings.master_keys})


def test_settings_are_named_and_their_values_never_shown(
    app: Flask, claire: Browser, demo_database: Database, settings: Settings
) -> None:
    serve(app, registry_of(SettledBank()))
    page = words(claire.get("/configuration/connectors"))
    assert "Missing: Domain, Client secret" in page
    assert "Given: Page size" in page
    assert "Institutions 2" in page
    assert "Fuel-card portal" in page

    with demo_database.write() as session:
        values = {"domain": "top-domain", "client_secret": "top-secret"}
        links.store_settings(session, box_of(settings), "settled", values, datetime.now(UTC))
    answer = claire.get("/configuration/connectors")
    assert "Given: Domain, Client secret, Page size" in words(answer)
    assert "top-domain" not in answer.text
    assert "top-secret" not in answer.text


def test_settings_that_no_key_opens_are_said_to_be_so(
    app: Flask, claire: Browser, demo_database: Database
) -> None:
    serve(app, registry_of(SettledBank()))
    with demo_database.write() as session:
        another = SecretBox({"lost": bytes(range(32))})
        links.store_settings(session, another, "settled", {"domain": "x"}, datetime.now(UTC))

    assert "No key opens them" in words(claire.get("/configuration/connectors"))


@pytest.fixture
def feeds(app: Flask, demo_database: Database, settings: Settings) -> World:
    """Three interfaces: one works, the bank of one is down, the connector of one is gone."""

    def fail(_page: int) -> None:
        raise SourceUnavailable("503")

    good, bad = ScriptedBank([purchase("a", day=TODAY - DAY)]), ScriptedBank(before_page=fail)
    bad.slug = "down"
    registry = registry_of(good, bad)
    serve(app, registry)
    world = open_feed(demo_database, settings, registry)
    nights(world, [TODAY])
    nights(open_feed(demo_database, settings, registry, "down", ref="card-d"), [TODAY])
    open_feed(demo_database, settings, registry, "gone", holder=None, ref="card-g")
    return world


def test_R32_the_health_of_each_connector_is_its_own(feeds: World, claire: Browser) -> None:
    page = words(claire.get("/configuration/connectors"))

    assert "Up to date 1" in page
    assert "Last sync failed 1" in page
    assert "1 interface needs the connector “gone”" in page


@pytest.mark.parametrize(
    ("name", "counted", "foreign"),
    [
        ("claire", True, "Girard"),
        ("support", True, "Girard"),
        ("thomas", False, "Faure Conseil"),
        ("elodie", False, "Faure"),
    ],
)
def test_R33_health_counts_only_what_the_visitor_reaches(
    feeds: World, logged_in: LoggedIn, name: str, counted: bool, foreign: str
) -> None:
    browser = logged_in(name)
    browser.post("/language", {"language": "en"})
    page = words(browser.get("/configuration/connectors"))

    assert ("Up to date 1" in page) is counted
    assert ("gone" in page) is counted
    assert foreign not in page, "no name of what lies beyond"


@pytest.mark.parametrize("name", ["camille", "sophie", "philippe"])
def test_those_who_neither_configure_nor_inspect_are_refused(
    logged_in: LoggedIn, name: str
) -> None:
    assert logged_in(name).get("/configuration/connectors").status_code == 403
