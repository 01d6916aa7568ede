"""A run is undone and synced again: the same set, exactly once, and people's work never moves.

On SQLite and PostgreSQL, with the engine and a scripted bank (I1-I3, I12).
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from cardsync_sdk import IdTrait, Money
from cardsync_sdk.types import (
    AccountKind,
    FetchedTransaction,
    FetchWindow,
    RemoteAccount,
    TransactionStatus,
)
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.undone import NOW, all_of, canonical, run_of, take_back, work_on
from tests.support.world import World, fates, make_world
from webapp.domain.undoing import UndoRefusal, UndoRefused
from webapp.storage.audit import AuditEvent
from webapp.storage.balances import AccountBalance
from webapp.storage.database import Database
from webapp.storage.questions import HeldRow, Question
from webapp.storage.runs import Coverage, Delivery, RowFate, SyncRun
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

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


def test_I1_a_first_run_undone_and_synced_again_brings_the_same_set_once(world: World) -> None:
    run_id = run_of(world, FIRST)
    before, floor = canonical(world), world.account().import_from
    plan = take_back(world, run_id)

    assert (len(plan.go), plan.put_back, plan.stay) == (2, {}, {})
    assert (world.transactions(), world.expenses(), all_of(world, Coverage)) == ([], [], [])
    account = world.account()
    assert (account.cursor, account.complete_until, account.last_ok_at) == (None, None, None)
    assert account.import_from == floor
    assert fates(world.sync(SECOND)) == {"new": 2}
    assert canonical(world) == before
    assert fates(world.sync(THIRD)) == {"unchanged": 2}


def test_history_is_never_rewritten(world: World) -> None:
    """The run says that it was undone; its rows, its fates and its counts stay (I7)."""
    run_id = run_of(world, FIRST)
    kept = [all_of(world, RowFate), [one.sha256 for one in all_of(world, Delivery)]]
    take_back(world, run_id, why="the bank sent test data")
    (run,) = all_of(world, SyncRun)

    assert [all_of(world, RowFate), [one.sha256 for one in all_of(world, Delivery)]] == kept
    assert (run.rows_seen, run.n_new, run.outcome) == (2, 2, "ok")
    assert (run.undone_at, run.undone_by) == (NOW, world.user_id)
    (event,) = [one for one in all_of(world, AuditEvent) if one.action == "run.undone"]
    assert event.detail["why"] == "the bank sent test data"
    assert (event.detail["gone"], event.target_id) == (2, run_id)


def test_values_that_a_run_changed_are_put_back_with_their_digest(
    world: World, bank: ScriptedBank
) -> None:
    run_of(world, FIRST)
    before = canonical(world)
    bank.rows[0] = replace(bank.rows[0], amount=Money(-1300, "EUR"), booked_on=OLD + DAY)
    second = run_of(world, SECOND)
    after = canonical(world)
    plan = take_back(world, second)

    assert [len(plan.go), len(plan.put_back)] == [0, 1]
    assert canonical(world) == before
    assert [one.kind for one in all_of(world, TransactionEvent)] == ["changed", "undone"]
    assert fates(world.sync(THIRD)) == {"updated": 1, "unchanged": 1}
    assert canonical(world) == after


def test_an_adoption_goes_back_and_comes_again(database: Database) -> None:
    """A02: the booked row under another id is the hold; undone, the hold is a hold again."""
    hold = purchase("hold", day=OLD, status=HOLD)
    bank = ScriptedBank(
        [hold], traits=frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_BOOKING}), page_size=1
    )
    bank.extra = {"full_window": FetchWindow(OLD - 5 * DAY, THIRD)}
    world = make_world(database, bank.connector())
    run_of(world, FIRST)
    expense = work_on(world, "hold")
    before = canonical(world)
    bank.rows = [
        replace(hold, external_id="final", status=TransactionStatus.BOOKED, booked_on=OLD + DAY)
    ]
    second = run_of(world, SECOND)
    after = canonical(world)
    assert [one.run_id for one in all_of(world, TransactionAlias)] == [second]
    take_back(world, second)

    assert (canonical(world), all_of(world, TransactionAlias)) == (before, [])
    assert fates(world.sync(THIRD)) == {"booked": 1}
    assert canonical(world) == after
    assert [(one.id, one.comment) for one in world.expenses()] == [(expense, "Lunch with a client")]


@pytest.mark.parametrize("how", ["withdrawn", "expired", "shown again"])
def test_states_that_a_run_gave_are_put_back(world: World, bank: ScriptedBank, how: str) -> None:
    bank.rows[0] = replace(bank.rows[0], status=HOLD)
    run_of(world, FIRST)
    hold = bank.rows.pop(0)
    later = SECOND
    if how != "expired":
        bank.extra = {"full_window": FetchWindow(OLD - 5 * DAY, SECOND)}
    else:
        later = SECOND + 60 * DAY
    if how == "shown again":
        run_of(world, SECOND)
        bank.rows.insert(0, hold)
        later = THIRD
    before = canonical(world)
    run_id = run_of(world, later)
    after = canonical(world)
    assert after != before, "the script does what its name says"
    take_back(world, run_id)

    assert canonical(world) == before
    run_of(world, later + DAY)
    assert canonical(world) == after


def test_a_run_that_later_ones_built_upon_is_undone_after_them(
    world: World, bank: ScriptedBank
) -> None:
    first = run_of(world, FIRST)
    bank.rows.append(purchase("c", -500, SECOND))
    second = run_of(world, SECOND)
    before = canonical(world)
    with pytest.raises(UndoRefused) as refused:
        take_back(world, first)

    assert refused.value.why is UndoRefusal.OVERTAKEN
    assert canonical(world) == before
    take_back(world, second)
    take_back(world, first)
    assert world.transactions() == []
    assert fates(world.sync(THIRD)) == {"new": 3}
    assert canonical(world) == before


def test_the_marks_of_the_runs_that_stand_stay(world: World) -> None:
    run_of(world, FIRST)
    marks = world.account().complete_until, world.account().last_ok_at, world.account().deep_read_on
    take_back(world, run_of(world, SECOND))
    account = world.account()

    assert (account.complete_until, account.last_ok_at, account.deep_read_on) == marks
    assert world.interface().last_ok_at == marks[1]
    assert account.cursor is None, "where the source would go on from cannot be known"


def test_rows_held_back_go_with_their_question_and_come_again(
    world: World, bank: ScriptedBank
) -> None:
    """C16: ids given anew are kept out; undone, nothing is asked any more, and then it is again."""
    bank.rows = [purchase(f"old-{n}", -100 - n, OLD, memo=f"CARTE M{n}") for n in range(4)]
    run_of(world, FIRST)
    bank.rows = [replace(one, external_id=f"new-{n}") for n, one in enumerate(bank.rows)]
    bank.extra = {"full_window": FetchWindow(OLD - 5 * DAY, SECOND)}
    second = run_of(world, SECOND)
    held = sorted(one.key for one in all_of(world, HeldRow))
    assert held
    take_back(world, second)

    assert (all_of(world, HeldRow), all_of(world, Question)) == ([], [])
    run_of(world, THIRD)
    assert sorted(one.key for one in all_of(world, HeldRow)) == held


def test_it_is_undone_once(world: World) -> None:
    run_id = run_of(world, FIRST)
    take_back(world, run_id)
    with pytest.raises(UndoRefused) as refused:
        take_back(world, run_id)
    assert refused.value.why is UndoRefusal.UNDONE


def test_nothing_is_undone_while_a_sync_works(world: World, bank: ScriptedBank) -> None:
    run_id = run_of(world, FIRST)
    tried: list[UndoRefusal] = []

    def meanwhile(_page: int) -> None:
        with pytest.raises(UndoRefused) as refused:
            take_back(world, run_id)
        tried.append(refused.value.why)

    bank.before_page = meanwhile
    assert fates(world.sync(SECOND)) == {"unchanged": 2}
    assert tried == [UndoRefusal.UNDER_WAY]


def test_a_plan_that_changed_since_it_was_shown_is_not_done(world: World) -> None:
    run_id = run_of(world, FIRST)
    with pytest.raises(UndoRefused) as refused:
        take_back(world, run_id, seen="another plan")
    assert refused.value.why is UndoRefusal.CHANGED
    assert len(world.transactions()) == 2


@pytest.mark.parametrize("traits", [{IdTrait.NONE}, {IdTrait.STABLE}], ids=["counted", "ids"])
@pytest.mark.parametrize("page_size", [1, 100])
def test_I2_equal_purchases_stay_as_many_as_they_are(
    database: Database, traits: set[IdTrait], page_size: int
) -> None:
    """One of three equal coffees has a comment: undone and synced again there are three."""
    rows: list[FetchedTransaction] = [
        purchase(name, -250, OLD, memo="CAFE") for name in ("x", "y", "z")
    ]
    bank = ScriptedBank(rows, page_size=page_size, traits=frozenset(traits))
    world = make_world(database, bank.connector())
    run_id = run_of(world, FIRST)
    before = canonical(world)
    expense = work_on(world, "y")
    take_back(world, run_id)
    assert len(world.transactions()) == 1
    run_of(world, SECOND)

    assert canonical(world) == before
    assert [one.id for one in world.expenses() if one.comment] == [expense]


def test_other_accounts_rows_are_not_touched(world: World, bank: ScriptedBank) -> None:
    run_of(world, FIRST)
    stays = [one.id for one in world.transactions()]
    bank.rows.append(purchase("late", -7700, OLD, memo="CARTE HOTEL"))
    plan = take_back(world, run_of(world, SECOND))

    assert len(plan.go) == 1
    assert [one.id for one in world.transactions()] == stays
    until = world.account().complete_until
    assert until is not None and until < OLD, "the day of what went is asked for again"
    with world.database.read() as session:
        assert session.exec(select(BankTransaction.id)).all()


def test_what_hangs_on_the_values_goes_back_with_them(world: World, bank: ScriptedBank) -> None:
    """The day of an open expense, and which run told the transaction last (D-P)."""
    first = run_of(world, FIRST)
    bank.rows[0] = replace(bank.rows[0], purchased_on=OLD + 3 * DAY)
    second = run_of(world, SECOND)
    row = next(one for one in world.transactions() if one.external_id == "a")
    assert (row.last_run_id, row.day) == (second, OLD + 3 * DAY)
    take_back(world, second)
    row = next(one for one in world.transactions() if one.external_id == "a")
    (expense,) = [one for one in world.expenses() if one.transaction_id == row.id]

    assert (row.last_run_id, row.day, expense.day) == (first, OLD, OLD)


def test_values_that_a_later_run_changed_again_are_not_guessed(
    world: World, bank: ScriptedBank
) -> None:
    run_of(world, FIRST)
    runs = []
    for number, day in enumerate((SECOND, THIRD), 1):
        bank.rows[0] = replace(bank.rows[0], amount=Money(-1250 - number, "EUR"))
        runs.append(run_of(world, day))
    with pytest.raises(UndoRefused) as refused:
        take_back(world, runs[0])
    assert refused.value.why is UndoRefusal.OVERTAKEN
    for run_id in reversed(runs):
        take_back(world, run_id)
    row = next(one for one in world.transactions() if one.external_id == "a")

    assert row.amount_minor == -1250


def test_I5_a_worker_that_was_left_behind_may_not_write_any_more(world: World) -> None:
    run_id = run_of(world, FIRST)
    before = world.interface().fence
    take_back(world, run_id)
    assert world.interface().fence == before + 1


def test_I8_the_balance_that_the_run_told_goes_with_it(world: World, bank: ScriptedBank) -> None:
    balance = Money(50_000, "EUR")
    bank.extra = {
        "accounts": (RemoteAccount(CARD, "Card", AccountKind.CARD, "EUR", balance=balance),)
    }
    run_id = run_of(world, FIRST)
    assert len(all_of(world, AccountBalance)) == 1
    take_back(world, run_id)
    assert all_of(world, AccountBalance) == []
