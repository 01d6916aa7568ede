"""Holds that never book expire; refunds name their purchase, and nothing is netted (D-L, D-M)."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from cardsync_sdk import TransactionKind, TransactionStatus
from cardsync_sdk.errors import SourceUnavailable
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, make_world
from webapp.domain.interfaces import DueReason
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.refunds import given_back
from webapp.storage.transactions import BankTransaction, TransactionEvent

FIRST = date(2026, 3, 18)
HELD = date(2026, 3, 17)
ANNOUNCED = TransactionStatus.ANNOUNCED
SHOP = "CARTE CHAUSSURES BATA"


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank()


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    return make_world(database, bank.connector())


def night(world: World, days: int) -> None:
    """Sync so many days after the first time."""
    day = FIRST + timedelta(days=days)
    world.change(Interface, world.interface_id, next_due_at=None, due_reason=DueReason.SCHEDULE)
    with world.database.write() as session:
        interface = session.get_one(Interface, world.interface_id)
        interface.next_due_at = interface.created_at
    assert world.sync(day) is not None


def statuses(world: World) -> dict[str | None, str]:
    return {row.external_id: row.status for row in world.transactions()}


def linked(world: World) -> dict[str | None, str | None]:
    rows = world.transactions()
    ids = {row.id: row.external_id for row in rows}
    return {row.external_id: ids[row.refund_of] for row in rows if row.refund_of}


# Holds


def test_D_M_a_hold_expires_once_it_is_older_than_the_connector_says(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [purchase("hold", -15_000, HELD, status=ANNOUNCED), purchase("bought", day=HELD)]
    night(world, 0)
    bank.rows = []
    night(world, 29)
    assert statuses(world) == {"hold": "announced", "bought": "booked"}
    night(world, 30)
    assert statuses(world) == {"hold": "expired", "bought": "booked"}
    with world.database.read() as session:
        (event,) = session.exec(select(TransactionEvent)).all()
    assert (event.kind, event.before) == ("expired", {"status": "announced"})
    assert event.run_id is not None
    assert len(world.expenses()) == 2, "its expense is kept"

    night(world, 31)
    with world.database.read() as session:
        assert len(session.exec(select(TransactionEvent)).all()) == 1, "told once"


def test_D_M_a_hold_that_the_bank_still_shows_does_not_expire(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [purchase("hold", -15_000, HELD, status=ANNOUNCED)]
    night(world, 0)
    night(world, 40)
    assert statuses(world) == {"hold": "announced"}


def test_D_M_while_the_source_does_not_answer_nothing_expires(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [purchase("hold", -15_000, HELD, status=ANNOUNCED)]
    night(world, 0)

    def fail(_page: int) -> None:
        raise SourceUnavailable("closed")

    bank.rows, bank.before_page = [], fail
    night(world, 40)
    assert statuses(world) == {"hold": "announced"}


# Refunds


def test_D_L_a_refund_is_linked_to_its_purchase_and_both_expenses_name_the_other(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [purchase("p", -8000, HELD, memo=SHOP), purchase("other", -8000, HELD, memo="FNAC")]
    night(world, 0)
    back = purchase(
        "r",
        3800,
        HELD + timedelta(days=3),
        memo="AVOIR CHAUSSURES BATA",
        kind=TransactionKind.REFUND,
    )
    bank.rows.append(back)
    night(world, 4)
    assert linked(world) == {"r": "p"}
    assert {row.external_id: row.amount_minor for row in world.transactions()} == {
        "p": -8000,
        "other": -8000,
        "r": 3800,
    }, "never netted"

    ids = {row.id: row.external_id for row in world.transactions()}
    expenses = {ids[one.transaction_id]: one.id for one in world.expenses()}
    with world.database.read() as session:
        of_refund = given_back(session, expenses["r"])
        of_purchase = given_back(session, expenses["p"])
        of_other = given_back(session, expenses["other"])
    assert of_refund.purchase is not None
    assert (of_refund.purchase.expense_id, of_refund.refunds) == (expenses["p"], [])
    assert of_purchase.purchase is None
    assert [(one.expense_id, one.amount_minor) for one in of_purchase.refunds] == [
        (expenses["r"], 3800)
    ]
    assert (of_other.purchase, of_other.refunds) == (None, [])


def test_D_L_a_plus_on_a_card_is_a_refund_and_one_of_several_is_left_alone(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [
        purchase("p1", -8000, HELD, memo=SHOP),
        purchase("p2", -8000, HELD, memo=SHOP),
        purchase("q", -5000, HELD, memo="CARTE TAXI BLEU"),
        purchase("r", 8000, HELD, memo=SHOP),
        purchase("s", 5000, HELD, memo="TAXI BLEU"),
    ]
    night(world, 0)
    assert linked(world) == {"s": "q"}


def test_D_L_what_was_withdrawn_is_no_purchase_and_what_is_left_counts(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [purchase("p", -8000, HELD, memo=SHOP), purchase("gone", -8000, HELD, memo=SHOP)]
    night(world, 0)
    gone = next(row.id for row in world.transactions() if row.external_id == "gone")
    world.change(BankTransaction, gone, status="cancelled")
    bank.rows = [purchase("r1", 5000, HELD, memo=SHOP)]
    night(world, 1)
    bank.rows = [purchase("r2", 5000, HELD, memo=SHOP), purchase("r3", 3000, HELD, memo=SHOP)]
    night(world, 2)
    assert linked(world) == {"r1": "p", "r3": "p"}


def test_D_L_a_refund_of_a_run_that_broke_off_is_linked_by_the_next_good_one(
    world: World, bank: ScriptedBank
) -> None:
    """Where ids are stable, the cursor has moved past it: it is not told again."""
    bank.rows = [purchase("p", -8000, HELD, memo=SHOP), purchase("r", 8000, HELD, memo=SHOP)]
    bank.page_size = 2

    def fail(_page: int) -> None:
        raise SourceUnavailable("closed")

    bank.rows.append(purchase("more", -100, HELD, memo="CARTE CAFE"))
    bank.before_page = lambda page: fail(page) if page == 2 else None
    night(world, 0)
    assert linked(world) == {}
    bank.rows, bank.before_page = [purchase("more", -100, HELD)], lambda _page: None
    night(world, 1)
    assert linked(world) == {"r": "p"}
