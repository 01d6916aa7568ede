"""The web application over a fresh database with the demo people, on SQLite and PostgreSQL."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.web import Browser
from webapp import demo
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database


@pytest.fixture
def demo_database(database: Database, settings: Settings) -> Database:
    """Return the database with the demo groups in it."""
    demo.seed(database, settings)
    return database


@pytest.fixture
def app(demo_database: Database, settings: Settings) -> Flask:
    """Build the application of the demo installation."""
    return create_app(settings, database=demo_database)


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Open a browser in which nobody is logged in."""
    return Browser(app)


@pytest.fixture
def logged_in(app: Flask) -> Callable[[str], Browser]:
    """Return a function that opens a browser and logs somebody in by their first name."""

    def open_browser(name: str) -> Browser:
        browser = Browser(app)
        family = "girard" if name in ("elodie", "paul") else "faure"
        email = "support@cardsync.example" if name == "support" else f"{name}@{family}.example"
        assert browser.log_in(email).status_code == 303
        return browser

    return open_browser
