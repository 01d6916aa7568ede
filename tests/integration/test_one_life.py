"""One life per transaction: what a person did stays with it, booked or changed (I2, I3)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from cardsync_sdk import IdTrait, Money, TransactionStatus
from tests.support.report_desk import ReportDesk
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.world import ACTIVATED, EPOCH, World, fates, make_world
from webapp.domain.people import Role
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense
from webapp.storage.people import LegalEntity, RoleGrant
from webapp.storage.reports import ReportLine

DAY = date(2026, 3, 18)
NIGHTS = [ACTIVATED + timedelta(days=days) for days in range(2, 8)]
ANNOUNCED = purchase("a1", -2500, DAY, status=TransactionStatus.ANNOUNCED)
BOOKED = replace(ANNOUNCED, external_id="b1", replaces="a1", status=TransactionStatus.BOOKED)
TRAITS = frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_BOOKING})


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([ANNOUNCED], traits=TRAITS)


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    world = make_world(database, bank.connector())
    world.sync(NIGHTS[0])
    return world


def say_something(world: World) -> str:
    """Have the holder comment the one expense there is; returns its id."""
    (expense,) = world.expenses()
    world.change(Expense, expense.id, comment="lunch with a client")
    return expense.id


def check_one_life(world: World, expense: str) -> None:
    assert [(one.id, one.comment) for one in world.expenses()] == [(expense, "lunch with a client")]
    (transaction,) = world.transactions()
    assert (transaction.status, transaction.external_id) == ("booked", "b1")


@pytest.mark.parametrize("tip", [0, 350], ids=["same amount", "with a tip"])
def test_A01_booked_under_another_id_it_stays_the_same_expense(
    world: World, bank: ScriptedBank, tip: int
) -> None:
    expense = say_something(world)
    bank.rows = [replace(BOOKED, amount=Money(-2500 - tip, "EUR"))]
    bank.removed = [(CARD, "a1")]
    assert fates(world.sync(NIGHTS[1])) == {"booked": 1, "unchanged": 1}
    check_one_life(world, expense)
    bank.removed = []
    assert fates(world.sync(NIGHTS[2])) == {"unchanged": 1}
    check_one_life(world, expense)


def test_A01_A03_withdrawn_first_and_booked_a_run_later(world: World, bank: ScriptedBank) -> None:
    expense = say_something(world)
    bank.rows, bank.removed = [], [(CARD, "a1")]
    assert fates(world.sync(NIGHTS[1])) == {"removed": 1}
    bank.rows, bank.removed = [BOOKED], []
    assert fates(world.sync(NIGHTS[2])) == {"booked": 1}
    check_one_life(world, expense)


def test_A01_booked_first_and_withdrawn_a_run_later(world: World, bank: ScriptedBank) -> None:
    expense = say_something(world)
    bank.rows = [BOOKED, ANNOUNCED]
    assert fates(world.sync(NIGHTS[1])) == {"booked": 1, "unchanged": 1}
    bank.rows, bank.removed = [BOOKED], [(CARD, "a1")]
    assert fates(world.sync(NIGHTS[2])) == {"unchanged": 2}
    check_one_life(world, expense)


def test_A05_withdrawn_and_shown_again_in_one_batch_it_is_there(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows, bank.removed = [], [(CARD, "a1")]
    world.sync(NIGHTS[1])
    bank.rows = [replace(ANNOUNCED, status=TransactionStatus.BOOKED)]
    world.sync(NIGHTS[2])
    (transaction,) = world.transactions()
    assert transaction.status == "booked"


@pytest.mark.parametrize("submitted", [False, True], ids=["open", "submitted"])
def test_R3_I12_an_amount_that_grew_over_the_threshold_asks_for_its_receipt(
    database: Database, submitted: bool
) -> None:
    bank = ScriptedBank([purchase("t", -1500, DAY)])
    world = make_world(database, bank.connector())
    world.sync(NIGHTS[0])
    (expense,) = world.expenses()
    desk = ReportDesk(database)
    with database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        entity.receipt_from_minor = 2000
        category = Category(group_id=entity.group_id, code="x", name_fr="X", name_en="X")
        grant = RoleGrant(
            user_id=world.user_id,
            role=Role.EMPLOYEE,
            legal_entity_id=entity.id,
            created_at=EPOCH,
        )
        session.add_all([category, grant])
        session.flush()
        category_id = category.id
    world.change(Expense, expense.id, status="complete", category_id=category_id)
    (desk.submitted if submitted else desk.put_in)(world.user_id, expense.id)

    bank.rows = [purchase("t", -2600, DAY)]
    assert fates(world.sync(NIGHTS[1])) == {"updated": 1}
    (after,) = world.expenses()
    with database.read() as session:
        inside = session.exec(
            select(ReportLine.report_id).where(col(ReportLine.expense_id) == expense.id)
        ).all()
    assert (after.status, len(inside)) == (("complete", 1) if submitted else ("to_complete", 0))
    assert after.category_id == category_id
