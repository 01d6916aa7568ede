"""The trash icon: an account is no longer synced, its past stays, it can be restored (R46, D-G)."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import col, select

from cardsync_sdk import Link
from tests.support.feed import add_card, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.scripted_partner import card
from tests.support.web import Browser
from tests.support.world import BOX, World, fates
from webapp.config import Settings
from webapp.domain.interfaces import InterfaceState
from webapp.storage.accounts import Account, Attachment
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.runs import Coverage
from webapp.sync.sharing import Sharer, store_share

NOW = datetime.now(UTC)
OTHER = "card-2"


@pytest.fixture
def bank() -> ScriptedBank:
    rows = [purchase("a", day=NOW.date()), purchase("b", day=NOW.date(), account_ref=OTHER)]
    return ScriptedBank(rows)


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: ScriptedBank) -> World:
    """Two cards under one interface; the first is Camille's."""
    registry = registry_of(bank)
    serve(app, registry)
    world = open_feed(demo_database, settings, registry)
    add_card(world, OTHER, "Carte Anna")
    return world


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The admin's browser, in English."""
    return claires_browser(app, feed.database)


def page_of(feed: World) -> str:
    return f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}"


def stop(claire: Browser, feed: World, account: str = "") -> str:
    answer = claire.post(f"{page_of(feed)}/accounts/{account or feed.account_id}/stop")
    assert answer.status_code == 303
    return words(claire.get(answer.location))


def restore(claire: Browser, feed: World) -> str:
    answer = claire.post(f"{page_of(feed)}/accounts/{feed.account_id}/restore")
    assert answer.status_code == 303
    return words(claire.get(answer.location))


def sync_in(feed: World, hours: float) -> dict[str, int]:
    moment = NOW + timedelta(hours=hours)
    feed.change(Interface, feed.interface_id, next_due_at=moment)
    return fates(feed.sync_at(moment))


def test_R46_the_trash_icon_asks_says_what_stays_and_then_stops(
    claire: Browser, feed: World
) -> None:
    sync_in(feed, 1)
    assert "Stop syncing Carte Camille" in claire.get(page_of(feed)).text
    asked = words(claire.get(f"{page_of(feed)}/accounts/{feed.account_id}/stop"))
    assert "Stop syncing Carte Camille?" in asked
    assert "The expenses, transactions and history there are stay as they are." in asked
    assert "For 30 days you can restore it" in asked
    shown = stop(claire, feed)

    assert "“Carte Camille” is no longer synced" in shown
    assert f'id="account-{feed.account_id}"' not in claire.get(page_of(feed)).text
    assert len(feed.expenses()) == 1
    with feed.database.read() as session:
        event = session.exec(select(AuditEvent).order_by(col(AuditEvent.id).desc())).first()
    assert event is not None
    assert (event.action, event.target_id) == ("account.stopped", feed.account_id)
    assert "Syncing stopped for an account or card" in words(claire.get("/audit"))


def test_R13_R46_from_then_on_its_rows_are_counted_and_nothing_of_them_is_kept(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    stop(claire, feed)
    assert sync_in(feed, 1) == {"waiting": 1, "not_shared": 1}
    assert [row.account_id for row in feed.transactions()] != [feed.account_id]
    assert bank.asked


def test_R46_the_page_of_the_stopped_account_still_opens_and_says_so(
    claire: Browser, feed: World
) -> None:
    sync_in(feed, 1)
    stop(claire, feed)
    for part in ("history", "operations"):
        assert "No longer synced" in words(claire.get(f"/accounts/{feed.account_id}/{part}"))


def test_D_G_a_stopped_account_is_restored_and_what_happened_meanwhile_comes_in(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    sync_in(feed, 1)
    assert "Stopped accounts" in stop(claire, feed)
    bank.rows.append(purchase("meanwhile", -700, NOW.date()))
    sync_in(feed, 2)
    assert len(feed.expenses()) == 1
    shown = restore(claire, feed)

    assert "“Carte Camille” is synced again" in shown
    assert "Stopped accounts" not in shown
    assert sync_in(feed, 30)["new"] == 1
    assert len(feed.expenses()) == 2
    with feed.database.read() as session:
        holders = session.exec(
            select(Attachment).where(Attachment.account_id == feed.account_id)
        ).all()
    assert [one.ends_on for one in holders] == [None], "who held it holds it again"


def test_pressed_twice_nothing_is_stopped_or_restored_twice(claire: Browser, feed: World) -> None:
    stop(claire, feed)
    stopped_at = feed.account().stopped_at
    assert "was stopped already" in stop(claire, feed)
    assert feed.account().stopped_at == stopped_at
    restore(claire, feed)
    assert "is synced already" in restore(claire, feed)


def test_D_G_after_thirty_days_it_is_not_restored_here_any_more(
    claire: Browser, feed: World
) -> None:
    stop(claire, feed)
    feed.change(Account, feed.account_id, stopped_at=NOW - timedelta(days=30, minutes=1))
    shown = restore(claire, feed)

    assert "was stopped too long ago" in shown
    assert "Stopped accounts" not in shown
    assert not feed.account().shared


def test_the_last_account_stops_the_interface_and_restoring_plans_its_next_night(
    claire: Browser, feed: World
) -> None:
    with feed.database.read() as session:
        ids = list(
            session.exec(select(Account.id).where(Account.interface_id == feed.interface_id))
        )
    for account in ids:
        stop(claire, feed, account)
    stopped = feed.interface()
    assert (stopped.state, stopped.next_due_at) == (InterfaceState.STOPPED, None)
    assert "No account is left to sync here" in words(claire.get(page_of(feed)))
    restore(claire, feed)

    woken = feed.interface()
    assert woken.state == InterfaceState.ACTIVE
    assert woken.next_due_at is not None
    assert NOW < woken.next_due_at < NOW + timedelta(days=2)


def test_a_sync_under_way_marks_no_day_of_an_account_that_is_stopped_meanwhile(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    """Else the days whose rows were left out would never be asked for again."""
    bank.before_page = lambda _page: stop(claire, feed)
    moment = NOW + timedelta(hours=1)
    feed.change(Interface, feed.interface_id, next_due_at=moment)
    feed.sync_at(moment)

    assert feed.account().complete_until is None
    with feed.database.read() as session:
        assert session.exec(select(Coverage)).all() == []


def test_a_trip_for_another_card_does_not_take_up_a_stopped_one(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    stop(claire, feed)
    listed = [card(ref, name=f"Carte {ref}") for ref in (CARD, OTHER, "card-3")]
    feed.change(Interface, feed.interface_id, link_ref="bank-1")
    with feed.database.write() as session:
        entity = session.get_one(LegalEntity, feed.entity_id)
        info = bank.describe_connector()
        by = Sharer(session, BOX, info, entity, feed.user_id, NOW)
        store_share(by, Link("bank-1"), listed)

    with feed.database.read() as session:
        rows = session.exec(select(Account).where(Account.interface_id == feed.interface_id)).all()
    assert {row.external_ref: row.shared for row in rows} == {
        CARD: False,
        OTHER: True,
        "card-3": True,
    }
