"""The demo installation with a scripted partner, and the admin of the group at work in it."""

import pytest
from flask import Flask

import cardsync_files
from cardsync_sdk.registry import Registry, load_connector
from tests.support.import_admin import Admin, claires_browser, entity_named, five_accounts
from tests.support.scripted_partner import ScriptedPartner
from webapp.app import create_app
from webapp.config import Settings
from webapp.demo.cast import CONSEIL
from webapp.storage.database import Database


@pytest.fixture
def partner() -> ScriptedPartner:
    """A partner with one bank: two accounts and three cards, four of the five shared."""
    return five_accounts()


@pytest.fixture
def app(demo_database: Database, settings: Settings, partner: ScriptedPartner) -> Flask:
    """Build the demo installation with the scripted partner and the files connector."""
    connectors = (partner.connector(), load_connector(cardsync_files))
    registry = Registry({one.info.slug: one for one in connectors})
    return create_app(settings, database=demo_database, registry=registry)


@pytest.fixture
def claire(app: Flask, demo_database: Database) -> Admin:
    """The admin of the group, at work in Faure Conseil, in English."""
    browser = claires_browser(app, demo_database)
    return Admin(browser, demo_database, entity_named(demo_database, CONSEIL))
