"""What people did stays where it is when a run is undone (I3, I11, I12).

On SQLite and PostgreSQL, with the engine and a scripted bank.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cardsync_sdk.types import TransactionStatus
from tests.support.report_desk import ReportDesk
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.undone import NOW, all_of, run_of, take_back, work_on
from tests.support.world import EPOCH, World, fates, make_world
from webapp.domain.people import Role
from webapp.domain.undoing import Stays
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense, Receipt
from webapp.storage.people import LegalEntity, RoleGrant
from webapp.storage.questions import Question
from webapp.storage.reports import ReportLine

DAY = timedelta(days=1)
FIRST, SECOND, THIRD = date(2026, 6, 18), date(2026, 6, 19), date(2026, 6, 20)
OLD = date(2026, 6, 10)
HOLD = TransactionStatus.ANNOUNCED


@pytest.fixture
def bank() -> ScriptedBank:
    rows = [purchase("a", day=OLD, memo="CARTE PAUL"), purchase("b", -990, OLD, memo="CARTE KIOSK")]
    return ScriptedBank(rows)


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    return make_world(database, bank.connector())


def test_I3_what_a_person_worked_on_stays_where_it_is(world: World) -> None:
    run_id = run_of(world, FIRST)
    expense = work_on(world, "a")
    plan = take_back(world, run_id)
    (left,) = world.transactions()

    assert set(plan.stay.values()) == {Stays.WORKED}
    assert left.external_id == "a"
    assert fates(world.sync(SECOND)) == {"unchanged": 1, "new": 1}
    (stored,) = [one for one in world.expenses() if one.id == expense]
    assert (stored.transaction_id, stored.comment) == (left.id, "Lunch with a client")


def test_I3_a_receipt_alone_keeps_its_transaction(world: World) -> None:
    run_id = run_of(world, FIRST)
    expense = world.expenses()[0]
    receipt = Receipt(
        legal_entity_id=world.entity_id,
        expense_id=expense.id,
        file_name="r.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        uploaded_at=NOW,
    )
    with world.database.write() as session:
        session.add(receipt)
    plan = take_back(world, run_id)

    assert plan.stay == {expense.transaction_id: Stays.WORKED}
    assert len(all_of(world, Receipt)) == 1


def submit(world: World, expense: str) -> None:
    """Have the holder complete an expense and submit the report it is in."""
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
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
    world.change(Expense, expense, status="complete", category_id=category_id)
    ReportDesk(world.database).submitted(world.user_id, expense)


def test_I12_under_a_submitted_expense_only_what_the_bank_says_goes_back(
    world: World, bank: ScriptedBank
) -> None:
    run_of(world, FIRST)
    (expense,) = [one for one in world.expenses() if one.day == OLD][:1]
    submit(world, expense.id)
    (before,) = [one for one in world.expenses() if one.id == expense.id]
    moved = {
        one.external_id: one for one in world.transactions() if one.id == expense.transaction_id
    }
    bank.rows = [
        replace(one, purchased_on=OLD + 3 * DAY) if one.external_id in moved else one
        for one in bank.rows
    ]
    plan = take_back(world, run_of(world, SECOND))
    (after,) = [one for one in world.expenses() if one.id == expense.id]
    (line,) = all_of(world, ReportLine)
    (row,) = [one for one in world.transactions() if one.id == expense.transaction_id]

    assert plan.locked == {row.id}
    assert after == before
    assert (row.day, row.content) == (OLD, line.content), "the bank says again what was submitted"


def test_I12_a_submitted_expense_stays_with_the_run_that_told_it(world: World) -> None:
    run_id = run_of(world, FIRST)
    expense = world.expenses()[0]
    submit(world, expense.id)
    plan = take_back(world, run_id)

    assert plan.stay == {expense.transaction_id: Stays.IN_REPORT}
    assert [one.id for one in world.expenses()] == [expense.id]


def test_a_question_answered_keeps_both_of_its_transactions(world: World) -> None:
    """I11: an answer is a person's work."""
    run_id = run_of(world, FIRST)
    first, second = world.transactions()
    question = Question(
        legal_entity_id=world.entity_id,
        account_id=world.account_id,
        kind="same_purchase",
        doubt="amount_differs",
        first_id=first.id,
        second_id=second.id,
        run_id=run_id,
        asked_at=NOW,
        answer="different",
    )
    with world.database.write() as session:
        session.add(question)
    plan = take_back(world, run_id)

    assert plan.stay == dict.fromkeys((first.id, second.id), Stays.ANSWERED)
    assert len(world.transactions()) == 2
