"""The switch "every night" of an interface, and what pages say of a sync that is put off (R53)."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import col, select

from cardsync_sdk.quota import Quota
from tests.support.feed import open_feed, registry_of, serve, work
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

NOW = datetime.now(UTC)


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings) -> World:
    """A card fed by a bank that bears one sync asked for in a day."""
    bank = ScriptedBank([purchase("a", day=NOW.date())], quota=Quota(asked_a_day=1))
    registry = registry_of(bank)
    serve(app, registry)
    return open_feed(demo_database, settings, registry, last_ok_at=NOW - timedelta(days=3))


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The admin's browser, in English."""
    return claires_browser(app, feed.database)


def page_of(feed: World) -> str:
    return f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}"


def switch(claire: Browser, feed: World, to: str) -> str:
    answer = claire.post(f"{page_of(feed)}/nightly", {"nightly": to})
    assert answer.status_code == 303
    return words(claire.get(answer.location))


def actions(feed: World) -> list[str]:
    with feed.database.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.target_id == feed.interface_id)
        return list(session.exec(query.order_by(col(AuditEvent.id))))


def test_R53_DI_switched_off_it_says_so_is_not_late_and_can_be_asked(
    claire: Browser, feed: World
) -> None:
    assert "No sync for a while" in words(claire.get(page_of(feed)))

    shown = switch(claire, feed, "off")
    assert "It is no longer synced every night" in shown
    assert "Only when asked" in shown
    assert "No sync is planned" in shown
    assert "No sync for a while" not in shown
    assert feed.interface().next_due_at is None

    claire.post(f"{page_of(feed)}/sync", {"place": "page"})
    work(feed)
    shown = words(claire.get(page_of(feed)))
    assert "Last result: 1 new" in shown
    assert "Only when asked" in shown
    assert feed.interface().next_due_at is None


def test_R53_switched_on_again_the_next_night_is_shown(claire: Browser, feed: World) -> None:
    switch(claire, feed, "off")
    shown = switch(claire, feed, "on")
    assert "It is synced every night again. The next sync is planned for" in shown
    assert "Switch off" in shown
    switch(claire, feed, "on")
    assert actions(feed) == ["interface.nightly_off", "interface.nightly_on"], "pressed twice: once"


def test_what_the_switch_does_not_know_changes_nothing(claire: Browser, feed: World) -> None:
    assert claire.post(f"{page_of(feed)}/nightly", {"nightly": "maybe"}).status_code == 400
    assert feed.interface().nightly


def test_files_have_no_nights(claire: Browser, feed: World) -> None:
    feed.change(Interface, feed.interface_id, connector="files")
    assert "there is nothing to fetch" in switch(claire, feed, "off")
    assert actions(feed) == []


def test_DH_what_is_put_off_is_said_with_its_time_and_explained(
    claire: Browser, feed: World
) -> None:
    claire.post(f"{page_of(feed)}/sync", {"place": "page"})
    work(feed)
    feed.change(Interface, feed.interface_id, next_due_at=NOW + timedelta(days=3))

    answer = claire.post(f"{page_of(feed)}/sync", {"place": "page", "why": "a purchase"})
    page = claire.get(answer.location)
    assert "The partner allows no more requests for now: next possible on" in words(page)
    assert "quota-used-up" in page.text
    assert actions(feed)[-1] == "interface.sync_put_off"
    assert "Sync asked for, put off" in words(claire.get("/audit"))
    due = feed.interface().next_due_at
    assert due is not None
    assert due < NOW + timedelta(days=2)
