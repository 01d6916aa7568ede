"""No other page acts for the person: where a form comes from, and the token it carries."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database

LoggedIn = Callable[[str], Browser]
HERE = "http://localhost"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Return one database: what is checked here does not depend on which."""
    return sqlite_url


def switch_language(browser: Browser, headers: dict[str, str], token: str | None = "") -> int:
    """Send a form that everybody may send; ``browser.post`` names the origin unless told not to."""
    data = {"language": "fr", "next": "/login"}
    if token is not None:
        data["csrf_token"] = token or browser.token()
    return browser.client.post("/language", data=data, headers=headers).status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        # The browser's own word counts before the origin, which says less.
        ({"Sec-Fetch-Site": "cross-site", "Origin": HERE}, 403),
        # Over plain HTTP on a local network browsers send the origin only.
        ({"Origin": HERE}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://localhost:8001"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Referer": HERE}, 403),
        ({"HX-Request": "true"}, 403),
    ],
    ids=str,
)
def test_where_a_form_comes_from(stranger: Browser, headers: dict[str, str], status: int) -> None:
    assert switch_language(stranger, headers) == status


def test_the_public_address_is_ours_behind_a_proxy(
    demo_database: Database, settings: Settings
) -> None:
    public = settings.model_copy(
        update={"public_url": "https://cards.example", "secure_cookies": False}
    )
    browser = Browser(create_app(public, database=demo_database))

    assert switch_language(browser, {"Origin": "https://cards.example"}) == 303
    assert switch_language(browser, {"Origin": "https://other.example"}) == 403


FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "cards.example",
}


@pytest.mark.parametrize(("proxies", "status"), [(1, 303), (0, 403)])
def test_a_proxy_is_believed_only_where_the_installation_has_one(
    demo_database: Database, settings: Settings, proxies: int, status: int
) -> None:
    behind = settings.model_copy(update={"trusted_proxies": proxies, "secure_cookies": False})
    browser = Browser(create_app(behind, database=demo_database))
    headers = {**FORWARDED, "Origin": "https://cards.example"}
    data = {"language": "fr", "csrf_token": browser.token()}

    assert browser.client.post("/language", data=data, headers=headers).status_code == status


@pytest.mark.parametrize("token", [None, "0" * 64, "\u00e9"])
def test_a_form_without_the_token_is_refused(stranger: Browser, token: str | None) -> None:
    stranger.get("/login")

    assert switch_language(stranger, {"Sec-Fetch-Site": "same-origin"}, token) == 403


def test_the_token_may_come_in_a_header(logged_in: LoggedIn) -> None:
    browser = logged_in("claire")
    headers = {"X-CSRF-Token": browser.token()}

    assert browser.post("/logout", token=None, headers=headers).status_code == 303


def test_the_token_of_another_session_is_refused(logged_in: LoggedIn) -> None:
    stranger, claire = logged_in("thomas"), logged_in("claire")

    assert claire.post("/logout", token=stranger.token()).status_code == 403
    assert claire.get("/audit").status_code == 200


def test_a_token_from_before_the_log_in_is_worth_nothing_after_it(stranger: Browser) -> None:
    before = stranger.token()
    stranger.log_in("claire@faure.example")

    assert stranger.post("/logout", token=before).status_code == 403


def test_nobody_is_logged_in_by_another_page(stranger: Browser) -> None:
    """Log-in is protected too: else a person could be put into an attacker's account."""
    answer = stranger.client.post(
        "/login",
        data={"email": "claire@faure.example", "password": "bienvenue-cardsync"},
        headers={"Origin": "http://evil.example"},
    )

    assert answer.status_code == 403
    assert stranger.cookie() is None


@pytest.mark.parametrize(
    ("language", "headers", "sentence"),
    [
        ("en", {"Origin": "http://evil.example"}, "This request did not come from cardsync"),
        ("en", {"Sec-Fetch-Site": "same-origin"}, "This page is too old"),
        ("fr", {"Sec-Fetch-Site": "same-origin"}, "Cette page est trop ancienne"),
    ],
)
def test_the_refusal_explains_itself(
    app: Flask, language: str, headers: dict[str, str], sentence: str
) -> None:
    headers = {"Accept-Language": language, **headers}
    answer = app.test_client().post("/language", headers=headers)

    assert answer.status_code == 403
    assert sentence in answer.text


def test_an_expired_session_is_asked_to_log_in_not_scolded(stranger: Browser) -> None:
    """Whoever was idle too long meets the log-in page, not an error about tokens."""
    answer = stranger.post("/logout", token="0" * 64)

    assert (answer.status_code, answer.location) == (303, "/login")
