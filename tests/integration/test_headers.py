"""Security headers stand on every answer, whatever the answer is."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.web import HTMX, Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.views.access import public
from webapp.views.pages import allow_form_target, render_page

LoggedIn = Callable[[str], Browser]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'; form-action 'self'"
)
EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWERS = ["/login", "/", "/audit", "/no-such-page", "/healthz", "/static/app.css", "/breaks"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Return one database: what is checked here does not depend on which."""
    return sqlite_url


@pytest.fixture
def app(demo_database: Database, settings: Settings) -> Flask:
    """Build the application with two pages more: one that breaks, one that leads to a partner."""
    built = create_app(settings, database=demo_database)

    def breaks() -> None:
        raise ValueError("a mistake of ours, with a secret in it")

    def leads_away() -> object:
        allow_form_target("https://webview.partner.example/connect?x=1")
        return render_page("home/no_role.html")

    built.add_url_rule("/breaks", "breaks", public(breaks))
    built.add_url_rule("/leads-away", "leads_away", public(leads_away))
    return built


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_every_answer_carries_them(stranger: Browser, path: str, headers: dict[str, str]) -> None:
    answer = stranger.get(path, headers=headers)

    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE


def test_every_answer_for_a_person_carries_them(logged_in: LoggedIn) -> None:
    answer = logged_in("claire").get("/audit")

    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE


@pytest.mark.parametrize("path", ["/login", "/audit", "/no-such-page"])
def test_no_cache_keeps_a_page_or_mixes_it_with_a_part(logged_in: LoggedIn, path: str) -> None:
    answer = logged_in("claire").get(path)

    assert answer.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in answer.headers["Vary"]


def test_static_files_are_kept_for_ever_under_the_address_of_their_content(
    stranger: Browser,
) -> None:
    page = stranger.get("/login").text
    address = page.partition('href="/static/app.css')[2].partition('"')[0]

    assert address.startswith("?v=")
    kept = stranger.get(f"/static/app.css{address}")
    assert "immutable" in kept.headers["Cache-Control"]
    assert "immutable" not in stranger.get("/static/app.css").headers.get("Cache-Control", "")


def test_a_page_whose_form_leads_to_a_partner_names_the_partner_and_no_other_page(
    stranger: Browser,
) -> None:
    """R37: Chromium holds the redirect after a form against the policy of the form's page."""
    leads_away = stranger.get("/leads-away").headers["Content-Security-Policy"]

    assert leads_away.endswith("form-action 'self' https://webview.partner.example")
    assert stranger.get("/login").headers["Content-Security-Policy"] == POLICY


def test_https_is_insisted_on_only_where_it_is_used(
    demo_database: Database, settings: Settings, stranger: Browser
) -> None:
    secure = settings.model_copy(update={"public_url": "https://cards.example"})
    over_https = Browser(create_app(secure, database=demo_database))

    sent = over_https.get("/login").headers["Strict-Transport-Security"]
    assert sent == "max-age=31536000; includeSubDomains"
    assert "Strict-Transport-Security" not in stranger.get("/login").headers


def test_log_out_clears_what_the_browser_stored(logged_in: LoggedIn) -> None:
    assert logged_in("claire").post("/logout").headers["Clear-Site-Data"] == '"storage"'


def test_no_other_site_is_let_in_by_cors(stranger: Browser) -> None:
    answer = stranger.get("/login", headers={"Origin": "http://evil.example"})

    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
