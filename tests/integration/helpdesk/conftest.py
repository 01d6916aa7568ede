"""Camille's card fed every night, support of the installation, and the group's administrator."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.feed import nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.storage import logins
from webapp.storage.database import Database
from webapp.storage.people import User

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
TUESDAY = TODAY - 5 * DAY
Enter = Callable[[str], Browser]


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank(
        [
            purchase("a", -8450, TUESDAY, memo="CARTE HOTEL MERCURE", label="Hôtel Mercure"),
            purchase("b", -1200, TUESDAY - DAY, memo="CB CAFE"),
        ]
    )


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: ScriptedBank) -> World:
    """Camille's card, fed by the bank every night."""
    registry = registry_of(bank)
    serve(app, registry)
    world = open_feed(demo_database, settings, registry)
    nights(world, [TODAY - 2 * DAY, TODAY - DAY, TODAY])
    return world


@pytest.fixture
def enter(app: Flask, feed: World) -> Enter:
    """Return a function that opens the browser of a person, in English."""

    def open_browser(email: str) -> Browser:
        with feed.database.write() as session:
            user = session.exec(select(User).where(User.email == email)).one()
            user.locale = "en"
            token = logins.begin(session, user, now=datetime.now(UTC), user_agent="test")
        browser = Browser(app)
        browser.client.set_cookie("cardsync-login", token)
        return browser

    return open_browser


@pytest.fixture
def sam(enter: Enter) -> Browser:
    """Support of the installation."""
    return enter("support@cardsync.example")


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The group's administrator."""
    return claires_browser(app, feed.database)
