"""Log-in sessions live in the database and end there, whatever cookie is replayed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlmodel import select

from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage import logins
from webapp.storage.database import Database
from webapp.storage.people import LoginSession, User

LoggedIn = Callable[[str], Browser]
START = datetime(2026, 11, 16, 8, tzinfo=UTC)


def is_logged_in(browser: Browser) -> bool:
    return browser.get("/audit").status_code != 302


def with_cookie(app: Flask, token: str) -> Browser:
    browser = Browser(app)
    browser.client.set_cookie("cardsync-login", token)
    return browser


def test_a_cookie_replayed_after_log_out_opens_nothing(app: Flask, logged_in: LoggedIn) -> None:
    browser = logged_in("claire")
    stolen = browser.cookie()
    assert stolen is not None
    assert is_logged_in(with_cookie(app, stolen))

    browser.post("/logout")

    assert browser.cookie() is None
    assert not is_logged_in(with_cookie(app, stolen))


def test_each_log_in_has_a_token_of_its_own_and_ends_the_one_before(
    app: Flask, logged_in: LoggedIn
) -> None:
    browser = logged_in("claire")
    first = browser.cookie()
    browser.log_in("claire@faure.example")
    second = browser.cookie()

    assert first
    assert second
    assert first != second
    assert not is_logged_in(with_cookie(app, first))
    assert is_logged_in(with_cookie(app, second))


def test_a_token_planted_before_log_in_is_not_taken_over(app: Flask) -> None:
    browser = with_cookie(app, "a-token-chosen-by-an-attacker")
    browser.log_in("claire@faure.example")

    assert browser.cookie() != "a-token-chosen-by-an-attacker"


def test_the_database_keeps_only_a_digest(logged_in: LoggedIn, demo_database: Database) -> None:
    token = logged_in("claire").cookie()
    assert token is not None

    with demo_database.read() as session:
        (row,) = session.exec(select(LoginSession)).all()

    assert row.token_hash == logins.digest(token) != token
    assert len(token) >= 43, "256 random bits"


@pytest.mark.parametrize(
    ("steps", "still_logged_in"),
    [
        ([logins.IDLE - timedelta(minutes=1)], True),
        ([logins.IDLE + timedelta(minutes=1)], False),
        ([timedelta(hours=11)] * 5, True),
        ([timedelta(hours=11)] * 70, False),
    ],
    ids=["in use", "idle too long", "used again and again", "older than allowed"],
)
def test_sessions_end_when_idle_or_old(
    logged_in: LoggedIn, steps: list[timedelta], still_logged_in: bool
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        browser = logged_in("claire")
        for step in steps:
            clock.shift(step)
            last = is_logged_in(browser)

        assert last is still_logged_in


def test_somebody_who_left_is_out_at_once(logged_in: LoggedIn, demo_database: Database) -> None:
    browser = logged_in("claire")
    with demo_database.write() as session:
        session.exec(select(User).where(User.name == "Claire Fontaine")).one().active = False

    assert not is_logged_in(browser)


def set_cookies(browser: Browser) -> list[str]:
    answer = browser.log_in("claire@faure.example")
    return [line for line in answer.headers.getlist("Set-Cookie") if "login=" in line]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Browser) -> None:
    (cookie,) = set_cookies(stranger)

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_over_https_the_cookie_is_tied_to_this_host(
    demo_database: Database, settings: Settings
) -> None:
    secure = settings.model_copy(update={"secure_cookies": True})
    browser = Browser(create_app(secure, database=demo_database))
    browser.client.environ_base["wsgi.url_scheme"] = "https"
    with browser.client as client:
        token = client.get("/login", base_url="https://localhost").text
    found = token.partition('name="csrf_token" value="')[2][:64]
    answer = browser.client.post(
        "/login",
        base_url="https://localhost",
        data={
            "email": "claire@faure.example",
            "password": "bienvenue-cardsync",
            "csrf_token": found,
        },
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    (cookie,) = [line for line in answer.headers.getlist("Set-Cookie") if "login=" in line]
    assert cookie.startswith("__Host-cardsync-login=")
    assert "Secure" in cookie
