"""How far back an account reaches, and who looks first (R64, R65, D-A to D-D)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.import_settings import NOW, look_and_take, set_imports
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, fates, make_world
from webapp.domain.interfaces import ImportMode
from webapp.storage.database import Database
from webapp.storage.matching import first_days_fed
from webapp.storage.runs import RowFate
from webapp.sync.attaching import Saved

SYNCED = date(2026, 3, 18)
DAYS = (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 17))


@pytest.fixture
def bank() -> ScriptedBank:
    """A bank with three purchases of March."""
    return ScriptedBank([purchase(str(day), day=day) for day in DAYS])


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    """A card that is held and paid for by the company."""
    return make_world(database, bank.connector())


def days(world: World) -> list[date]:
    """The days of all expenses."""
    return sorted(expense.day for expense in world.expenses())


def test_R64_a_date_to_import_from_is_kept_for_the_first_run(world: World) -> None:
    set_imports(world, ImportMode.SINCE_DATE, since=date(2026, 3, 10))
    assert world.account().import_from == date(2026, 3, 10)
    world.sync(SYNCED)
    assert days(world) == [date(2026, 3, 12), date(2026, 3, 17)]


def test_R64_reaching_further_back_later_brings_the_older_ones_and_doubles_none(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows.append(purchase("old", day=date(2026, 1, 7)))
    world.sync(date(2026, 3, 20))
    assert len(world.expenses()) == 3, "the floor is the month of activation"
    set_imports(world, ImportMode.ALL_AVAILABLE, at=NOW + timedelta(days=2))
    world.sync(date(2026, 3, 22))
    assert days(world) == [date(2026, 1, 7), *DAYS]


def test_R64_a_run_that_is_under_way_cannot_mark_the_old_reach_as_covered(world: World) -> None:
    world.sync(SYNCED)
    before = world.interface().fence
    set_imports(world, ImportMode.ALL_AVAILABLE)
    assert world.interface().fence == before + 1
    assert world.account().complete_until is None


def test_R64_not_even_the_very_first_run_can(world: World, bank: ScriptedBank) -> None:
    bank.rows.append(purchase("old", day=date(2026, 1, 7)))

    def reach_back(_page: int) -> None:
        bank.before_page = lambda _page: None
        set_imports(world, ImportMode.ALL_AVAILABLE)

    bank.before_page = reach_back
    world.sync(SYNCED)
    assert world.account().complete_until is None
    world.sync(date(2026, 3, 19))
    assert days(world) == [date(2026, 1, 7), *DAYS]


def test_R64_a_later_floor_loses_nothing_that_is_held(world: World, bank: ScriptedBank) -> None:
    world.sync(SYNCED)
    set_imports(world, ImportMode.SINCE_DATE, since=date(2026, 3, 15))
    bank.rows[0] = purchase(str(DAYS[0]), -9900, day=DAYS[0])
    assert fates(world.sync(date(2026, 3, 20))) == {"updated": 1, "unchanged": 2}
    assert len(world.expenses()) == 3


def test_R64_D_D_only_new_is_from_the_day_it_is_chosen_in_the_entitys_zone(world: World) -> None:
    past_midnight_in_paris = datetime(2026, 3, 19, 23, 30, tzinfo=UTC)
    set_imports(world, ImportMode.ONLY_NEW, at=past_midnight_in_paris)
    assert world.account().import_from == date(2026, 3, 20)


@pytest.mark.parametrize("reach", [360, 90], ids=["nearly a year", "three months"])
def test_R65_all_available_takes_what_the_bank_gives_and_knows_from_when(
    world: World, bank: ScriptedBank, reach: int
) -> None:
    oldest = SYNCED - timedelta(days=reach)
    bank.rows = [
        purchase(str(back), day=SYNCED - timedelta(days=back)) for back in range(0, reach + 1, 10)
    ]
    set_imports(world, ImportMode.ALL_AVAILABLE)
    world.sync(SYNCED)
    assert days(world)[0] == oldest
    assert len(world.expenses()) == len(bank.rows)
    with world.database.read() as session:
        assert first_days_fed(session, [world.account_id]) == {world.account_id: oldest}


def test_saving_the_same_again_changes_nothing(world: World) -> None:
    set_imports(world, ImportMode.SINCE_DATE, since=date(2026, 3, 10))
    world.sync(SYNCED)
    again = set_imports(world, ImportMode.SINCE_DATE, since=date(2026, 3, 10))
    assert again == Saved(0, 0)
    assert world.account().complete_until is not None


# Review first (R64)


def test_R64_review_first_makes_no_expense_before_a_person_has_looked(
    world: World, bank: ScriptedBank
) -> None:
    set_imports(world, review_first=True)
    result = world.sync(SYNCED)
    assert fates(result) == {"waiting": 3}
    with world.database.read() as session:
        assert result is not None
        fate = session.get_one(RowFate, (result.run_id, 1))
        assert (fate.fate, fate.reason) == ("waiting", "review_first")
    first = world.transactions()[0].id
    assert [look_and_take(world, first), look_and_take(world, first)] == [1, 0]
    assert days(world) == [DAYS[0]]
    assert [look_and_take(world), look_and_take(world)] == [2, 0]
    assert days(world) == list(DAYS)
    world.sync(date(2026, 3, 20))
    assert days(world) == list(DAYS), "another sync doubles none"


def test_R64_automatic_again_takes_what_waited_from_the_day_that_was_chosen(
    world: World, bank: ScriptedBank
) -> None:
    set_imports(world, review_first=True)
    world.sync(SYNCED)
    assert set_imports(world, first_day=date(2026, 3, 10)) == Saved(1, 2)
    assert days(world) == [date(2026, 3, 12), date(2026, 3, 17)]
    assert look_and_take(world) == 1, "what was left waits for a look, and is not lost"
    bank.rows.append(purchase("new", day=date(2026, 3, 19)))
    assert fates(world.sync(date(2026, 3, 20)))["new"] == 1


def test_review_never_takes_a_day_of_nobody(database: Database, bank: ScriptedBank) -> None:
    world = make_world(database, bank.connector(), attached=False)
    set_imports(world, review_first=True)
    world.sync(SYNCED)
    assert look_and_take(world) == 0
    world.attach(starts_on=date(2026, 3, 12))
    assert look_and_take(world) == 2
