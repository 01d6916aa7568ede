"""The bank tells what a person entered by hand: a question, and nothing decided (A28, I11, I12)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from cardsync_sdk import Money
from tests.integration.test_by_hand import every
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, make_world
from webapp.domain.by_hand import Entry
from webapp.storage import by_hand
from webapp.storage.accounts import Account, Attachment
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.people import User
from webapp.storage.questions import Question
from webapp.storage.reporting import Doer
from webapp.storage.transactions import BankTransaction

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
BOUGHT = date(2026, 3, 17)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank()


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    return make_world(database, bank.connector())


def enter(world: World, at: datetime = NOON, **values: Any) -> str:
    """Enter the taxi of 17 March and return its transaction's id."""
    entry = replace(Entry(world.account_id, BOUGHT, 3100, "EUR", "Taxi"), **values)
    with world.database.write() as session:
        doer = Doer(world.user_id, frozenset({world.entity_id}), frozenset(), at)
        expense_id = by_hand.enter(session, doer, entry)
        return session.get_one(Expense, expense_id).transaction_id


@pytest.mark.parametrize(
    ("row", "asks"),
    [
        (purchase("a", -3100, BOUGHT), True),
        (purchase("a", -3100, BOUGHT + timedelta(days=5)), True),
        (purchase("a", -2880, BOUGHT, original=Money(-3100, "EUR")), True),
        (purchase("a", -3150, BOUGHT), False),
        (purchase("a", 3100, BOUGHT), False),
    ],
    ids=["same day", "later", "original amount", "other amount", "refund"],
)
def test_A28_the_banks_row_is_asked_about_once_and_nothing_is_merged_by_guess(
    world: World, bank: ScriptedBank, row: Any, asks: bool
) -> None:
    entered = enter(world)
    bank.rows = [row]
    for day in (19, 20, 21):
        world.sync(date(2026, 3, day))

    questions = every(world.database, Question)
    assert [(one.first_id, one.doubt, one.answer) for one in questions] == (
        [(entered, "by_hand", None)] if asks else []
    )
    assert sorted(one.status for one in world.transactions()) == ["booked", "entered"]
    assert len(world.expenses()) == 2


def test_I11_a_pair_that_was_answered_is_not_asked_again(world: World, bank: ScriptedBank) -> None:
    enter(world)
    bank.rows = [purchase("a", -3100, BOUGHT)]
    world.sync(date(2026, 3, 19))
    (question,) = every(world.database, Question)
    world.change(Question, question.id, answer="different")
    world.sync(date(2026, 3, 20))
    assert len(every(world.database, Question)) == 1


def test_I11_a_row_of_a_run_that_broke_off_is_asked_about_by_the_next(
    world: World, bank: ScriptedBank
) -> None:
    enter(world)
    bank.rows = [purchase("a", -3100, BOUGHT), purchase("b", -100, BOUGHT)]
    bank.page_size = 1

    def gone(page: int) -> None:
        if page == 2:
            world.change(type(world.interface()), world.interface_id, fence=99)

    bank.before_page = gone
    world.sync(date(2026, 3, 19))
    assert len(world.transactions()) == 2
    assert every(world.database, Question) == []
    bank.before_page = lambda _page: None
    world.change(
        type(world.interface()),
        world.interface_id,
        next_due_at=datetime(2026, 3, 20, tzinfo=UTC),
        lease_owner=None,
        lease_until=None,
    )
    world.sync(date(2026, 3, 20))
    assert len(every(world.database, Question)) == 1


def test_I12_a_submitted_entry_stays_as_it_is_when_the_bank_tells_it(
    world: World, bank: ScriptedBank
) -> None:
    entered = enter(world)
    (expense,) = world.expenses()
    world.change(Expense, expense.id, locked_at=NOON, status="complete")
    before = [row.model_dump() for row in (*world.transactions(), *world.expenses())]
    bank.rows = [purchase("a", -3100, BOUGHT)]
    world.sync(date(2026, 3, 19))
    rows = [row.model_dump() for row in (*world.transactions(), *world.expenses())]
    assert all(row in rows for row in before)
    (question,) = every(world.database, Question)
    assert question.first_id == entered


def test_another_persons_entry_on_another_card_is_not_asked_about(
    world: World, bank: ScriptedBank
) -> None:
    enter(world)
    with world.database.write() as session:
        group = session.get_one(User, world.user_id).group_id
        other = User(group_id=group, email="k@example.org", name="Karim", created_at=NOON)
        session.add(other)
        session.flush()
        held = session.exec(
            select(Attachment).where(col(Attachment.account_id) == world.account_id)
        ).one()
        held.user_id = other.id
        mine = session.exec(select(BankTransaction)).one()
        account = session.get_one(Account, world.account_id)
        moved = Account(
            **{
                **account.model_dump(exclude={"id", "external_ref"}),
                "external_ref": "card-2",
            }
        )
        session.add(moved)
        session.flush()
        mine.account_id = moved.id
    bank.rows = [purchase("a", -3100, BOUGHT)]
    world.sync(date(2026, 3, 19))
    assert every(world.database, Question) == []
