"""One interface through the engine: claim, gather, plan, apply. On SQLite and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cardsync_sdk import (
    IdTrait,
    RateLimited,
    RejectedRow,
    SourceUnavailable,
    TransactionKind,
    TransactionStatus,
    UserActionNeeded,
)
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.world import World, fates, make_world
from webapp.domain.interfaces import InterfaceState, Outcome
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

DAY = date(2026, 3, 18)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def bank() -> ScriptedBank:
    """A bank with three purchases."""
    return ScriptedBank([purchase("a"), purchase("b", -990), purchase("c", -4200)])


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    """A world whose card is attached and whose interface is due."""
    return make_world(database, bank.connector())


def test_R2_R15_each_new_transaction_is_an_expense_after_the_same_run(world: World) -> None:
    result = world.sync(DAY)
    assert fates(result) == {"new": 3}
    assert {expense.transaction_id for expense in world.expenses()} == {
        transaction.id for transaction in world.transactions()
    }
    assert {expense.user_id for expense in world.expenses()} == {world.user_id}
    assert {expense.payment_mode for expense in world.expenses()} == {"company"}


def test_R31_R66_a_second_sync_of_the_same_rows_creates_nothing(world: World) -> None:
    world.sync(DAY)
    before = [row.model_dump() for row in world.transactions()]
    result = world.sync(DAY + timedelta(days=1))
    assert fates(result) == {"unchanged": 3}
    assert [row.model_dump() for row in world.transactions()] == before
    assert len(world.expenses()) == 3


@pytest.mark.parametrize("page_size", [1, 2, 100])
@pytest.mark.parametrize("traits", [{IdTrait.NONE}, {IdTrait.STABLE}], ids=["no ids", "ids"])
def test_two_equal_purchases_stay_two_and_a_third_is_a_third(
    database: Database, page_size: int, traits: set[IdTrait]
) -> None:
    trusted = IdTrait.STABLE in traits
    twins = [purchase("a" if trusted else None), purchase("b" if trusted else None)]
    bank = ScriptedBank(twins, page_size=page_size, traits=frozenset(traits))
    world = make_world(database, bank.connector())
    assert fates(world.sync(DAY)) == {"new": 2}
    bank.rows.append(purchase("c" if trusted else None))
    assert fates(world.sync(DAY + timedelta(days=1))) == {"unchanged": 2, "new": 1}
    assert len(world.transactions()) == 3


def test_a_row_shown_twice_in_one_run_is_counted_as_repeated(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows.append(bank.rows[0])
    assert fates(world.sync(DAY)) == {"new": 3, "repeated": 1}


def test_a_row_the_bank_changed_is_updated_and_one_it_booked_is_booked(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [
        purchase("a", memo="BEFORE"),
        purchase("b", status=TransactionStatus.ANNOUNCED),
    ]
    world.sync(DAY)
    bank.rows = [purchase("a", memo="AFTER"), purchase("b", booked_on=DAY)]
    assert fates(world.sync(DAY + timedelta(days=1))) == {"updated": 1, "booked": 1}
    assert {(row.memo, row.status) for row in world.transactions()} == {
        ("AFTER", "booked"),
        ("CARTE BOULANGERIE EXEMPLE", "booked"),
    }
    assert len(world.expenses()) == 2


def test_what_the_bank_withdraws_is_cancelled_and_kept(world: World, bank: ScriptedBank) -> None:
    world.sync(DAY)
    bank.rows, bank.removed = bank.rows[1:], [(CARD, "a")]
    assert fates(world.sync(DAY + timedelta(days=1))) == {"unchanged": 2, "removed": 1}
    assert [row.status for row in world.transactions()].count("cancelled") == 1


def test_R30_D_S_rows_before_the_floor_have_a_fate_and_are_not_stored(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [
        purchase("old", day=date(2026, 2, 28)),
        purchase("edge", day=date(2026, 2, 28), booked_on=date(2026, 3, 1)),
        purchase("in", day=date(2026, 3, 1)),
    ]
    assert fates(world.sync(DAY)) == {"out_of_window": 1, "new": 2}
    assert world.account().import_from == date(2026, 3, 1)


def test_R13_rows_of_accounts_not_shared_are_counted_and_nothing_is_kept(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows.append(purchase("x", account_ref="private", memo="SECRET HOSPITAL"))
    assert fates(world.sync(DAY)) == {"new": 3, "not_shared": 1}
    assert all("HOSPITAL" not in row.memo for row in world.transactions())


def test_R27_rows_of_a_card_without_holder_wait(database: Database, bank: ScriptedBank) -> None:
    world = make_world(database, bank.connector(), attached=False)
    assert fates(world.sync(DAY)) == {"waiting": 3}
    assert len(world.transactions()) == 3
    assert world.expenses() == []


def test_R18_no_expense_exists_without_a_payment_mode(
    database: Database, bank: ScriptedBank
) -> None:
    world = make_world(database, bank.connector(), account={"payment_mode": None})
    assert fates(world.sync(DAY)) == {"waiting": 3}
    assert world.expenses() == []


def test_D_N_a_deferred_debit_total_is_stored_and_is_no_expense(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows = [purchase("a"), purchase("sum", -1250, kind=TransactionKind.SUMMARY)]
    assert fates(world.sync(DAY)) == {"new": 1, "summary": 1}
    assert len(world.expenses()) == 1


def test_a_row_the_connector_could_not_read_is_quarantined_with_its_reason(
    world: World, bank: ScriptedBank
) -> None:
    bank.extra = {"rejected": [RejectedRow(CARD, "amount is null", external_id="z")]}
    assert fates(world.sync(DAY)) == {"new": 3, "quarantined": 1}


def test_R21_the_mode_is_fixed_on_the_expense_at_its_creation(
    world: World, bank: ScriptedBank
) -> None:
    world.sync(DAY)
    world.change(Account, world.account_id, payment_mode="reimburse")
    bank.rows.append(purchase("d"))
    world.sync(DAY + timedelta(days=1))
    assert sorted(expense.payment_mode for expense in world.expenses()) == [
        "company",
        "company",
        "company",
        "reimburse",
    ]


@pytest.mark.parametrize(
    ("error", "state", "wait", "more"),
    [
        (SourceUnavailable("down"), InterfaceState.ACTIVE, MINUTE * 0.8, MINUTE * 0.4),
        (
            SourceUnavailable("down", retry_after=timedelta(hours=2)),
            InterfaceState.ACTIVE,
            timedelta(hours=2),
            MINUTE * 5,
        ),
        (
            RateLimited("wait", until=datetime(2026, 3, 18, 9, tzinfo=UTC)),
            InterfaceState.ACTIVE,
            timedelta(hours=3),
            MINUTE * 5,
        ),
        (UserActionNeeded("sca", reason="consent_expired"), InterfaceState.NEEDS_USER, None, None),
        (ZeroDivisionError("bug"), InterfaceState.ACTIVE, MINUTE * 48, MINUTE * 24),
    ],
    ids=["down", "down, says when", "rate limited", "consent", "bug of the plugin"],
)
def test_R24_R26_I4_I10_a_failure_plans_the_next_try_and_moves_no_mark(
    world: World,
    bank: ScriptedBank,
    error: Exception,
    state: InterfaceState,
    wait: timedelta | None,
    more: timedelta | None,
) -> None:
    """Each waits its time, a little longer or shorter; never less than what the source named."""

    def fail(_page: int) -> None:
        raise error

    bank.before_page = fail
    result = world.sync(DAY)
    assert result is not None
    assert result.outcome is Outcome.FAILED
    interface = world.interface()
    assert interface.state == state
    now = datetime(2026, 3, 18, 6, tzinfo=UTC)
    if wait is None or more is None:
        assert interface.next_due_at is None
    else:
        assert interface.next_due_at is not None
        assert now + wait <= interface.next_due_at <= now + wait + more
    assert interface.last_ok_at is None
    assert world.account().complete_until is None


def test_R24_R25_after_failures_the_stored_set_is_the_banks_set(
    world: World, bank: ScriptedBank
) -> None:
    bank.page_size = 1
    failing = {1, 2, 3}

    def fail(page: int) -> None:
        if page in failing:
            failing.discard(page)
            raise SourceUnavailable("cut")

    bank.before_page = fail
    hour = 6
    while world.interface().last_ok_at is None:
        world.sync(DAY, hour)
        hour += 1
    assert sorted(row.external_id or "" for row in world.transactions()) == ["a", "b", "c"]
    assert len(world.expenses()) == 3


def test_a_walk_without_ids_begins_again_at_its_beginning(database: Database) -> None:
    """Resumed in its middle it would count anew and take the second of two twins for the first."""
    bank = ScriptedBank(
        [purchase(None), purchase(None)], page_size=1, traits=frozenset({IdTrait.NONE})
    )
    world = make_world(database, bank.connector())

    def cut(page: int) -> None:
        if page == 2:
            raise SourceUnavailable("cut")

    bank.before_page = cut
    world.sync(DAY)
    assert world.account().cursor is None
    bank.before_page = lambda _page: None
    world.sync(DAY, 8)
    assert len(world.transactions()) == 2


def test_not_due_or_already_claimed_there_is_nothing_to_do(world: World) -> None:
    assert world.sync(date(2025, 12, 31)) is None
    world.sync(DAY)
    assert world.sync(DAY, 7) is None


def test_R24_I5_a_worker_that_was_overtaken_writes_nothing_more(
    world: World, bank: ScriptedBank
) -> None:
    """The lease runs out during page 2, another worker runs; the first wakes up and is refused."""
    bank.page_size = 1

    def overtaken(page: int) -> None:
        if page == 2 and not bank.extra.get("done"):
            bank.extra = {}
            bank.before_page = lambda _page: None
            world.change(
                Interface, world.interface_id, lease_until=datetime(2020, 1, 1, tzinfo=UTC)
            )
            assert fates(world.sync(DAY, 7)) == {"unchanged": 1, "new": 2}

    bank.before_page = overtaken
    result = world.sync(DAY)
    assert result is not None
    assert result.outcome is Outcome.INTERRUPTED
    assert len(world.transactions()) == 3
    assert len(world.expenses()) == 3


def test_R26_coverage_claims_only_days_that_are_over(world: World) -> None:
    world.sync(DAY)
    assert world.account().complete_until == date(2026, 3, 17)
    assert world.account().last_ok_at == datetime(2026, 3, 18, 6, tzinfo=UTC)


def test_the_next_window_overlaps_the_last_success_and_respects_the_floor(
    world: World, bank: ScriptedBank
) -> None:
    """Once a week, as on the third day here, it looks deeper (B09)."""
    world.sync(DAY)
    world.sync(DAY + timedelta(days=1))
    world.sync(DAY + timedelta(days=20))
    world.sync(DAY + timedelta(days=21))
    firsts = [window.first for _cursor, window in bank.asked]
    assert firsts == [date(2026, 3, 1), date(2026, 3, 7), date(2026, 3, 1), date(2026, 3, 27)]
