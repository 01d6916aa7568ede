"""One template, the whole page or one block of it; errors in words; two languages."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.web import HTMX, Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.people import RoleGrant
from webapp.views.access import public
from webapp.views.pages import announce, render_page, see_other
from webapp.views.services import EXTENSION, services

LoggedIn = Callable[[str], Browser]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Return one database: what is checked here does not depend on which."""
    return sqlite_url


@pytest.fixture
def app(demo_database: Database, settings: Settings) -> Flask:
    """Build the application with pages that show what the helpers do."""
    built = create_app(settings, database=demo_database)

    def part() -> object:
        announce("Something was done")
        return render_page("home/no_role.html", block="content")

    def moved() -> object:
        return see_other("/login")

    def breaks() -> None:
        raise ValueError("the secret is bienvenue")

    for name, view in (("part", part), ("moved", moved), ("breaks", breaks)):
        built.add_url_rule(f"/{name}", name, public(view))
    return built


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        (HTMX, False),
        ({**HTMX, "HX-Boosted": "true"}, True),
        ({**HTMX, "HX-History-Restore-Request": "true"}, True),
    ],
    ids=["browser", "htmx", "boosted link", "back button"],
)
def test_whole_page_or_block(stranger: Browser, headers: dict[str, str], whole: bool) -> None:
    answer = stranger.get("/part", headers=headers)

    assert ("<!doctype html>" in answer.text) is whole
    assert "There is no page for your role yet" in answer.text
    assert "Something was done" in answer.text
    assert ('hx-swap-oob="innerHTML"' in answer.text) is not whole
    assert "HX-Request" in answer.headers["Vary"]


def test_what_is_announced_with_a_redirect_shows_on_the_next_page(logged_in: LoggedIn) -> None:
    browser = logged_in("claire")
    browser.post("/logout")
    goodbye = "Vous êtes déconnecté."

    assert goodbye in browser.get("/login").text, "in the language of the pages before"
    assert goodbye not in browser.get("/login").text


def test_htmx_is_sent_on_by_its_own_header(stranger: Browser) -> None:
    plain, htmx = stranger.get("/moved"), stranger.get("/moved", headers=HTMX)

    assert (plain.status_code, plain.location) == (303, "/login")
    assert (htmx.status_code, htmx.headers["HX-Redirect"]) == (200, "/login")


def test_htmx_is_sent_to_log_in_when_the_session_ended(stranger: Browser) -> None:
    answer = stranger.get("/audit", headers=HTMX)

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


ERRORS = [
    (404, "/no-such-page", "GET", "There is nothing at this address"),
    (405, "/audit", "POST", "This address does not work that way"),
    (403, "/audit", "GET", "You may not do this here"),
    (500, "/breaks", "GET", "Something went wrong on our side"),
    (404, "/%00", "GET", "There is nothing at this address"),
]


@pytest.mark.parametrize(("status", "path", "method", "title"), ERRORS)
def test_an_error_says_what_happened_and_what_to_do_next(
    logged_in: LoggedIn, status: int, path: str, method: str, title: str
) -> None:
    browser = logged_in("camille")
    english = {"language": "en", "next": "/login"}
    browser.post("/language", english)
    answer = browser.get(path) if method == "GET" else browser.post(path)

    assert answer.status_code == status
    assert f'<h1 class="error__title">{title}</h1>' in answer.text
    assert "What to do next" in answer.text


def test_an_error_in_a_part_is_shown_among_the_notices(logged_in: LoggedIn) -> None:
    answer = logged_in("camille").get("/breaks", headers=HTMX)

    assert answer.status_code == 500
    assert answer.headers["HX-Retarget"] == "#announcements"
    assert 'role="alert"' in answer.text
    assert "<!doctype" not in answer.text


def test_an_error_names_a_number_that_is_in_the_log_and_no_detail(
    stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    answer = stranger.get("/breaks")
    number = answer.text.partition("<code>")[2].partition("</code>")[0]

    assert len(number) == 8
    assert f"error {number}: GET /breaks failed" in caplog.text
    assert "bienvenue" not in answer.text
    assert "ValueError" not in answer.text
    caplog.clear()


def test_a_file_too_large_is_refused_before_it_is_read(
    stranger: Browser, settings: Settings
) -> None:
    size = (settings.max_upload_mb + 2) * 1024 * 1024
    answer = stranger.post("/language", {"language": "x" * size}, token="0" * 64)

    assert answer.status_code == 413
    assert "The file is too large" in answer.text


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9", "en"),
        ("de-DE,fr;q=0.5", "fr"),
        ("de-DE", "en"),
        ("", "en"),
    ],
)
def test_a_stranger_is_spoken_to_as_their_browser_asks(
    stranger: Browser, accept: str, language: str
) -> None:
    answer = stranger.get("/login", headers={"Accept-Language": accept})

    assert f'<html lang="{language}">' in answer.text


def test_a_stranger_may_choose_the_other_language(stranger: Browser) -> None:
    answer = stranger.post("/language", {"language": "fr", "next": "/login"})

    assert answer.location == "/login"
    assert "Se connecter" in stranger.get("/login").text


def test_a_person_keeps_their_language_everywhere(app: Flask, logged_in: LoggedIn) -> None:
    browser = logged_in("claire")
    assert '<html lang="fr">' in browser.get("/audit").text

    browser.post("/language", {"language": "en", "next": "/audit"})

    elsewhere = Browser(app)
    elsewhere.log_in("claire@faure.example")
    answer = elsewhere.get("/audit", headers={"Accept-Language": "fr"})
    assert '<html lang="en">' in answer.text


def test_an_unknown_language_changes_nothing(logged_in: LoggedIn) -> None:
    browser = logged_in("claire")
    browser.post("/language", {"language": "xx", "next": "/audit"})

    assert '<html lang="fr">' in browser.get("/audit").text


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("claire", "/configuration/imports"),
        ("thomas", "/configuration/imports"),
        ("camille", "/expenses"),
        ("philippe", "/expenses"),
        ("support", "/support"),
    ],
)
def test_home_is_where_each_persons_work_is(logged_in: LoggedIn, name: str, home: str) -> None:
    answer = logged_in(name).get("/")

    assert (answer.status_code, answer.location) == (302, home)


def test_who_has_no_role_left_is_told_so(logged_in: LoggedIn, demo_database: Database) -> None:
    browser = logged_in("anna")
    with demo_database.write() as session:
        for grant in session.exec(select(RoleGrant)):
            session.delete(grant)
    assert "no page for your role" in browser.get("/").text


@pytest.mark.parametrize(
    ("name", "tabs"),
    [
        ("claire", ["Mes dépenses", "Configuration"]),
        ("camille", ["Mes dépenses"]),
        ("support", []),
    ],
)
def test_each_person_sees_the_tabs_of_their_roles(
    logged_in: LoggedIn, name: str, tabs: list[str]
) -> None:
    page = logged_in(name).get("/no-such-page").text

    assert [
        word for word in ("Mes dépenses", "Configuration") if f"<span>{word}</span>" in page
    ] == tabs


def test_the_top_bar_says_where_one_works(logged_in: LoggedIn) -> None:
    page = logged_in("camille").get("/nowhere").text
    assert '<span class="topbar__place">Faure Conseil SAS</span>' in page


def test_healthz_says_whether_the_database_answers(stranger: Browser, settings: Settings) -> None:
    lost = Browser(create_app(settings, database=Database("sqlite:////nowhere/cardsync.db")))

    assert stranger.get("/healthz").text == "ok\n"
    assert lost.get("/healthz").status_code == 503


def test_the_error_page_needs_no_database(app: Flask, logged_in: LoggedIn) -> None:
    """The database may be lost in the middle of a request, when the person is known already."""

    def loses_it() -> None:
        lost = Database("sqlite:////nowhere/cardsync.db")
        app.extensions[EXTENSION] = replace(services(), database=lost)
        with services().database.read() as session:
            session.connection()

    app.add_url_rule("/loses", "loses", public(loses_it))
    answer = logged_in("claire").get("/loses")

    assert answer.status_code == 500
    assert "Une erreur s’est produite de notre côté" in answer.text


def test_each_request_has_an_id(stranger: Browser) -> None:
    first, second = stranger.get("/login"), stranger.get("/login")

    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
