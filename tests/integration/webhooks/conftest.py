"""A card of the demo's Faure Conseil fed by a bank that rings, and the way it rings."""

import pytest
from flask import Flask

from tests.support.bell import LINK, Bell
from tests.support.feed import open_feed, registry_of, serve
from tests.support.ringing_bank import RingingBank
from tests.support.scripted_bank import purchase
from tests.support.world import World
from webapp.config import Settings
from webapp.storage.database import Database


@pytest.fixture
def bank() -> RingingBank:
    return RingingBank([purchase("a"), purchase("b", -990)])


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: RingingBank) -> World:
    """The interface of the link; nothing is due before tomorrow."""
    registry = registry_of(bank)
    serve(app, registry)
    return open_feed(demo_database, settings, registry, link_ref=LINK)


@pytest.fixture
def bell(app: Flask, feed: World) -> Bell:
    return Bell(app, feed)
