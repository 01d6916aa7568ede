"""An account the source no longer lists: kept, marked, never deleted (D-O)."""

from datetime import date, timedelta

import pytest

from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.scripted_partner import card
from tests.support.world import ACTIVATED, World, fates, make_world
from webapp.storage.database import Database

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
def test_DO_it_stays_with_all_that_came_in_and_says_since_when(
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


def test_DO_no_day_counts_as_fetched_meanwhile_and_nothing_is_lost_when_it_is_back(
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


def test_DO_a_source_that_lists_nothing_says_nothing(world: World, bank: ScriptedBank) -> None:
    bank.extra = {}
    world.sync(SECOND)
    assert world.account().not_seen_since is None
