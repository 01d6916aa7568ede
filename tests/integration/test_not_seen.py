"""An account the source no longer lists: kept, marked, never deleted (D-O)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.feed import nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.scripted_partner import card
from tests.support.world import ACTIVATED, World, fates, make_world
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.notices import FailureEpisode

DAY = date(2026, 3, 18)
FIRST, SECOND, THIRD = (ACTIVATED + timedelta(days=days) for days in (2, 3, 4))
OTHER = card("card-2")


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([purchase("t0", -1000, DAY)], extra={"accounts": (card(CARD), OTHER)})


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    world = make_world(database, bank.connector())
    world.sync(FIRST)
    return world


def listing(bank: ScriptedBank, *accounts: object) -> None:
    bank.extra = {"accounts": accounts}


@pytest.mark.parametrize("left", [(OTHER,), (OTHER, card(CARD, shared=False))])
def test_D_O_it_stays_with_all_that_came_in_and_says_since_when(
    world: World, bank: ScriptedBank, left: tuple[object, ...]
) -> None:
    listing(bank, *left)
    bank.rows = []
    for night in (SECOND, THIRD):
        world.sync(night)
    account = world.account()
    assert account.shared
    assert account.not_seen_since is not None
    assert account.not_seen_since.date() == SECOND, "of the first sync that missed it"
    assert len(world.transactions()) == len(world.expenses()) == 1


def test_D_O_no_day_counts_as_fetched_meanwhile_and_nothing_is_lost_when_it_is_back(
    world: World, bank: ScriptedBank
) -> None:
    before = world.account()
    listing(bank, OTHER)
    world.sync(SECOND)
    away = world.account()
    assert (away.complete_until, away.last_ok_at) == (before.complete_until, before.last_ok_at)

    listing(bank, card(CARD), OTHER)
    bank.rows.append(purchase("t1", -700, SECOND))
    assert fates(world.sync(THIRD)) == {"new": 1, "unchanged": 1}
    assert world.account().not_seen_since is None


def test_D_O_a_source_that_lists_nothing_says_nothing(world: World, bank: ScriptedBank) -> None:
    bank.extra = {}
    world.sync(SECOND)
    assert world.account().not_seen_since is None


def test_D_O_the_admin_is_told_and_told_again_when_it_is_back(
    world: World, bank: ScriptedBank
) -> None:
    listing(bank, OTHER)
    for night in (SECOND, THIRD):
        world.sync(night)
    with world.database.read() as session:
        (episode,) = session.exec(select(FailureEpisode)).all()
    assert (episode.trouble, episode.ended_at) == ("not_seen", None)

    listing(bank, card(CARD), OTHER)
    world.sync(THIRD + timedelta(days=1))
    with world.database.read() as session:
        (episode,) = session.exec(select(FailureEpisode)).all()
    assert episode.ending == "mended"


def test_D_O_the_pages_say_so(app: Flask, demo_database: Database, settings: Settings) -> None:
    bank = ScriptedBank(extra={"accounts": (card("card-2"),)})
    registry = registry_of(bank)
    serve(app, registry)
    feed = open_feed(demo_database, settings, registry)
    nights(feed, [datetime.now(UTC).date()], hour=0)
    claire = claires_browser(app, demo_database)
    entity = f"/configuration/imports/{feed.entity_id}"
    assert "1 account not seen" in words(claire.get(entity))
    page = words(claire.get(f"{entity}/interfaces/{feed.interface_id}"))
    assert "Not seen at the bank since" in page
    assert "An account shared here is no longer seen at the bank" in page, "the banner"
