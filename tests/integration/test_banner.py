"""Failures are seen: the line for administrators on every page, and the holder's late feed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event

from tests.support.import_admin import entity_named, words
from tests.support.troubled import BROKEN, NOW, add_card, add_interface
from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.demo.cast import CONSEIL, LOGISTIQUE
from webapp.storage.database import Database

LoggedIn = Callable[[str], Browser]
PARIS = ZoneInfo("Europe/Paris")


def banner_of(browser: Browser, path: str = "/expenses") -> str:
    """Return what the line on a page says, empty without one."""
    browser.post("/language", {"language": "en"})
    answer = browser.get(path)
    if 'class="banner"' not in answer.text:
        return ""
    return words(answer).split("Requests")[0]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        pytest.param({}, "", id="all is well"),
        pytest.param(BROKEN, "The consent given to the bank has run out", id="needs a person"),
        pytest.param({"ok_hours_ago": 50}, "No sync has succeeded since", id="late"),
        pytest.param({"state": "rejected"}, "The partner refused the connection", id="refused"),
        pytest.param({"state": "stopped", "ok_hours_ago": 99}, "", id="stopped on purpose"),
    ],
)
def test_R81_DI_the_line_names_the_interface_the_entity_and_what_to_do(
    demo_database: Database, logged_in: LoggedIn, how: dict[str, object], says: str
) -> None:
    interface = add_interface(demo_database, CONSEIL, "Sogécarte Net", **how)
    claire = logged_in("claire")
    said = banner_of(claire)

    assert says in said
    assert bool(said) is bool(says)
    if says:
        assert f"Sogécarte Net ({CONSEIL})" in said
        page = claire.get("/expenses").text
        assert f'/interfaces/{interface}"' in page
        assert 'href="/help/' in page


def test_several_are_summed_up(demo_database: Database, logged_in: LoggedIn) -> None:
    for entity, label in ((CONSEIL, "One"), (CONSEIL, "Two"), (LOGISTIQUE, "Three")):
        add_interface(demo_database, entity, label, **BROKEN)

    assert "3 banking interfaces need you" in banner_of(logged_in("claire"))
    assert f"Three ({LOGISTIQUE})" in banner_of(logged_in("thomas")), "of his own entity only"
    assert banner_of(logged_in("camille")) == "", "who cannot configure is not called"


def test_the_line_is_on_every_page_but_error_pages(
    demo_database: Database, logged_in: LoggedIn
) -> None:
    add_interface(demo_database, CONSEIL, "One", **BROKEN)
    claire = logged_in("claire")
    for path in ("/audit", "/configuration/imports", "/help", "/reports"):
        assert banner_of(claire, path), path
    assert not banner_of(claire, "/no-such-page")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Count the statements of a request."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_the_line_costs_one_query_however_many_fail(
    demo_database: Database, logged_in: LoggedIn
) -> None:
    claire, costs = logged_in("claire"), []
    for count in (1, 4):
        for _ in range(count):
            add_interface(demo_database, CONSEIL, "One", **BROKEN)
        with counted(demo_database) as statements:
            claire.get("/help")
        costs.append(len(statements))
        assert sum("interface.state IN" in one for one in statements) == 1
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("how", "slug"),
    [
        pytest.param(
            {**BROKEN, "last_error_reason": "code_needed"}, "bank-waits-for-you", id="code"
        ),
        pytest.param(
            {**BROKEN, "last_error_reason": "wrong_password"}, "wrong-password", id="password"
        ),
        pytest.param({"state": "rejected"}, "refused-by-partner", id="refused"),
        pytest.param({"state": "stopped"}, "interface-stopped", id="stopped"),
        pytest.param({"state": "incomplete"}, "interface-not-finished", id="not finished"),
        pytest.param({"ok_hours_ago": 99}, "late-feed", id="late"),
        pytest.param(
            {"last_error": "down", "last_error_reason": "unavailable"}, "tried-again", id="down"
        ),
        pytest.param(
            {"last_error": "wait", "last_error_reason": "rate_limited"},
            "quota-used-up",
            id="quota",
        ),
        pytest.param(
            {"last_error": "KeyError", "last_error_reason": "plugin_bug"},
            "connector-fault",
            id="bug",
        ),
    ],
)
def test_R81_every_state_of_an_interface_links_what_to_do(
    demo_database: Database, logged_in: LoggedIn, how: dict[str, object], slug: str
) -> None:
    interface = add_interface(demo_database, CONSEIL, "One", **how)
    claire = logged_in("claire")
    home = f"/configuration/imports/{entity_named(demo_database, CONSEIL)}"
    for address in (home, f"{home}/interfaces/{interface}"):
        main = claire.get(address).text.split("<main")[1]
        assert f'href="/help/{slug}"' in main


@pytest.mark.parametrize(
    ("how", "card", "says"),
    [
        pytest.param({}, {}, "", id="fresh"),
        pytest.param(
            {**BROKEN, "ok_hours_ago": 90},
            {},
            "your administrator must renew the connection",
            id="an admin must act",
        ),
        pytest.param({"ok_hours_ago": 90}, {}, "it is tried again by itself", id="nobody must act"),
        pytest.param(
            {},
            {"last_ok_at": NOW - timedelta(hours=90)},
            "it is tried again by itself",
            id="this card alone is late",
        ),
        pytest.param({"ok_hours_ago": 90}, {"shared": False}, "", id="stopped on purpose"),
    ],
)
def test_DI_the_holder_is_told_that_a_feed_is_late_since_when_and_who_acts(
    demo_database: Database,
    logged_in: LoggedIn,
    how: dict[str, object],
    card: dict[str, object],
    says: str,
) -> None:
    interface = add_interface(demo_database, CONSEIL, "Sogécarte Net", **how)
    add_card(demo_database, interface, "camille@faure.example", **card)
    camille = logged_in("camille")
    camille.post("/language", {"language": "en"})
    page = camille.get("/expenses")

    assert says in words(page)
    assert ("is late since" in words(page)) is bool(says)
    if says:
        since = NOW - timedelta(hours=90)
        assert f"{since.astimezone(PARIS):%A}" in words(page)
        assert "Nothing is lost" in words(page)
        assert 'href="/help/where-is-my-purchase"' in page.text


def test_the_mailbox_is_for_demonstrations_only(app: Flask, settings: Settings) -> None:
    assert Browser(app).get("/dev/mailbox").status_code == 404
    shown = create_app(
        settings.model_copy(update={"demo": True}), database=app.extensions["cardsync"].database
    )
    assert Browser(shown).get("/dev/mailbox").status_code == 200
