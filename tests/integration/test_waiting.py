"""Transactions of a card without a holder wait, and become expenses once (R27, R28)."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest

from cardsync_sdk import TransactionKind
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, fates, make_world
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.people import User
from webapp.sync.waiting import release

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAY = date(2026, 3, 18)


@pytest.fixture
def bank() -> ScriptedBank:
    """A bank with two purchases and a deferred-debit total."""
    return ScriptedBank(
        [
            purchase("a", day=date(2026, 3, 5)),
            purchase("b", day=date(2026, 3, 12)),
            purchase("sum", kind=TransactionKind.SUMMARY),
        ]
    )


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    """A card that nobody holds, with transactions that wait."""
    world = make_world(database, bank.connector(), attached=False)
    assert fates(world.sync(DAY)) == {"waiting": 2, "summary": 1}
    return world


def let_go(world: World) -> int:
    """Release what waits, in a transaction of its own."""
    with world.database.write() as session:
        return release(session, world.account_id, NOW)


def test_R28_once_attached_exactly_those_expenses_appear_once(world: World) -> None:
    world.attach()
    assert [let_go(world), let_go(world)] == [2, 0]
    assert sorted(expense.day for expense in world.expenses()) == [
        date(2026, 3, 5),
        date(2026, 3, 12),
    ]
    assert {expense.user_id for expense in world.expenses()} == {world.user_id}


def test_R28_pressed_twice_at_once_they_still_appear_once(world: World) -> None:
    world.attach()
    start, made = Barrier(2), []

    def press() -> None:
        start.wait()
        made.append(let_go(world))

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 2]
    assert len(world.expenses()) == 2


def test_R18_without_a_payment_mode_they_go_on_waiting(world: World) -> None:
    world.attach()
    world.change(Account, world.account_id, payment_mode=None)
    assert let_go(world) == 0
    assert world.expenses() == []


def test_D_F_each_goes_to_the_holder_of_its_day(world: World) -> None:
    with world.database.write() as session:
        anne = User(email="anne@example.org", name="Anne Petit", created_at=NOW)
        session.add(anne)
    world.attach(anne.id, ends_on=date(2026, 3, 9))
    world.attach(starts_on=date(2026, 3, 10))
    assert let_go(world) == 2
    assert {expense.day: expense.user_id for expense in world.expenses()} == {
        date(2026, 3, 5): anne.id,
        date(2026, 3, 12): world.user_id,
    }


def test_D_E_what_lies_before_a_chosen_start_goes_on_waiting(world: World) -> None:
    world.attach(starts_on=date(2026, 3, 10))
    assert let_go(world) == 1
    assert [expense.day for expense in world.expenses()] == [date(2026, 3, 12)]


def test_an_attachment_made_during_a_run_counts_for_its_next_batch(
    database: Database, bank: ScriptedBank
) -> None:
    """Neither the run nor the attachment may leave a transaction without its expense."""
    bank.page_size = 1
    world = make_world(database, bank.connector(), attached=False)

    def attach_meanwhile(page: int) -> None:
        if page == 2:
            world.attach()
            assert let_go(world) == 1

    bank.before_page = attach_meanwhile
    assert fates(world.sync(DAY)) == {"waiting": 1, "new": 1, "summary": 1}
    assert len(world.expenses()) == 2


def test_R13_a_card_no_longer_shared_during_a_run_is_counted_and_not_kept(
    database: Database, bank: ScriptedBank
) -> None:
    bank.page_size = 1
    world = make_world(database, bank.connector())

    def stop_sharing(page: int) -> None:
        if page == 2:
            world.change(Account, world.account_id, shared=False)

    bank.before_page = stop_sharing
    assert fates(world.sync(DAY)) == {"new": 1, "not_shared": 2}
    assert [row.external_id for row in world.transactions()] == ["a"]
