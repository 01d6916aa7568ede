"""Days asked for once more: what was missed comes in, nothing is doubled, no mark moves (R26, R31).

On SQLite and PostgreSQL, with the engine and a scripted bank.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, delete, select

from cardsync_sdk import IdTrait, SourceRejected, SourceUnavailable
from cardsync_sdk.types import FetchedTransaction
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, fates, make_world
from webapp.domain.interfaces import InterfaceState, Outcome
from webapp.domain.windows import AskedDays
from webapp.jobs.asking import Answer, Asked, Demand, NotPossible, Obstacle, ask_for_sync
from webapp.storage import leases
from webapp.storage.audit import AuditEvent
from webapp.storage.coverage import first_hole
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, fence_off
from webapp.storage.people import LegalEntity
from webapp.storage.runs import Coverage, SyncRun
from webapp.sync.job import load_feed_job

DAY = timedelta(days=1)
TODAY = date(2026, 6, 20)
NOW = datetime(2026, 6, 20, 9, tzinfo=UTC)
OLD = date(2026, 4, 7)
WEEK = AskedDays(date(2026, 4, 5), date(2026, 4, 11))
COUNTED = frozenset({IdTrait.NONE})


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([purchase("a", day=date(2026, 4, 6)), purchase("b", day=OLD)])


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    """A card that was synced this morning, for the first time and then once more."""
    world = make_world(database, bank.connector())
    assert fates(world.sync(TODAY - DAY)) == {"new": 2}
    assert fates(world.sync(TODAY)) == {"unchanged": 2}
    bank.asked.clear()
    return world


def ask(world: World, days: AskedDays = WEEK, why: str = "row missing", **values: str) -> Answer:
    with world.database.read() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
    user = values.get("user", world.user_id)
    demand = Demand(world.interface_id, entity, user, NOW, why, days, by_support=True)
    return ask_for_sync(world.database, world.engine.registry, lambda: True, demand)


def late(name: str = "late", amount: int = -7700) -> FetchedTransaction:
    """A purchase the bank tells of long after its day."""
    return purchase(name, amount, OLD, memo="CARTE HOTEL")


def marks(world: World) -> tuple[object, ...]:
    account = world.account()
    return account.cursor, account.complete_until, account.import_from


def test_R26_what_was_missed_comes_in_and_no_mark_moves(world: World, bank: ScriptedBank) -> None:
    before = marks(world)
    bank.rows.append(late())
    assert isinstance(ask(world), Asked)
    result = world.sync_at(NOW)

    assert fates(result) == {"new": 1, "unchanged": 2, "repeated": 3}
    assert len(world.transactions()) == len(world.expenses()) == 3
    assert marks(world)[1:] == before[1:]
    (usual, _window), (again, days) = bank.asked
    assert usual is not None, "the usual ask goes on from its cursor"
    assert again is None, "the days are asked from their beginning"
    assert (days.first, days.last) == (WEEK.first, WEEK.last)


def test_the_cursor_of_such_a_walk_is_not_kept(world: World, bank: ScriptedBank) -> None:
    """It says nothing of older rows that changed meanwhile: the next sync would lose them."""
    bank.page_size = 1
    ask(world)
    world.sync_at(NOW)
    usual = world.account().cursor
    bank.rows += [late(), late("later")]
    ask(world)
    bank.before_page = lambda page: bank.asked.append((str(page), bank.asked[-1][1]))
    world.sync_at(NOW)

    assert usual == "2"
    assert world.account().cursor == "4", "that of the usual ask, which saw every page too"


@pytest.mark.parametrize("traits", [COUNTED, frozenset({IdTrait.STABLE})], ids=["counted", "ids"])
@pytest.mark.parametrize("page_size", [1, 100])
def test_R31_equal_purchases_stay_as_many_as_they_are(
    database: Database, traits: frozenset[IdTrait], page_size: int
) -> None:
    rows = [purchase(name, -250, OLD, memo="CAFE") for name in ("x", "y", "z")]
    bank = ScriptedBank(rows, page_size=page_size, traits=traits)
    world = make_world(database, bank.connector())
    world.sync(TODAY)
    for _time in range(3):
        ask(world)
        world.sync_at(NOW)

    assert len(world.transactions()) == len(world.expenses()) == 3


def test_asked_twice_before_the_sync_both_are_asked_in_one_run(
    world: World, bank: ScriptedBank
) -> None:
    ask(world)
    ask(world, AskedDays(date(2026, 4, 20), date(2026, 4, 22), world.account_id))
    world.sync_at(NOW)

    assert world.sync_at(NOW + timedelta(minutes=1)) is None
    _usual, (_cursor, days) = bank.asked
    assert (days.first, days.last) == (WEEK.first, date(2026, 4, 22))
    with world.database.read() as session:
        run = session.exec(select(SyncRun).order_by(SyncRun.started_at.desc())).first()  # type: ignore[attr-defined]
        assert run is not None
        assert (run.again_first, run.again_last) == (WEEK.first, date(2026, 4, 22))
        assert run.asked_why == "row missing"


def test_a_failure_keeps_what_was_asked_until_a_sync_went_well(
    world: World, bank: ScriptedBank
) -> None:
    bank.rows.append(late())
    pages: list[int] = []

    def fail_in_the_second_walk(_page: int) -> None:
        pages.append(1)
        if len(pages) == 2:
            raise SourceUnavailable("503")

    bank.before_page = fail_in_the_second_walk
    ask(world)
    before = marks(world)
    failed = world.sync_at(NOW)
    assert failed is not None
    assert failed.outcome is Outcome.PARTIAL
    assert marks(world)[1:] == before[1:]
    assert world.interface().again_first == WEEK.first
    assert failed.next_due_at is not None
    world.sync_at(failed.next_due_at)

    assert bank.asked[-1][1].first == WEEK.first
    assert world.interface().again_first is None
    assert len(world.expenses()) == 3


@pytest.mark.parametrize(
    ("error", "runs"), [(SourceRejected("too old"), 1), (SourceUnavailable("503"), 5)]
)
def test_days_that_the_source_refuses_never_stop_the_feed(
    world: World, bank: ScriptedBank, error: Exception, runs: int
) -> None:
    """R26: all that is usual came in, so the feed is good; the run says what was not to be had."""

    def refuse_what_is_old(_page: int) -> None:
        if bank.asked[-1][1].first == WEEK.first:
            raise error

    bank.before_page = refuse_what_is_old
    ask(world)
    now = NOW
    for _run in range(runs):
        result = world.sync_at(now)
        assert result is not None
        assert result.outcome is Outcome.PARTIAL
        assert result.failure is not None
        assert result.next_due_at is not None
        now = result.next_due_at

    interface = world.interface()
    assert (interface.state, interface.again_first) == (InterfaceState.ACTIVE, None)
    assert interface.last_ok_at is not None
    assert interface.last_ok_at >= NOW
    after = world.sync_at(now)
    assert after is not None
    assert after.outcome is Outcome.OK


def test_a_choice_made_since_the_claim_is_not_written_over(world: World) -> None:
    """R64: a run that has not begun reading yet finds its right outdated, and writes nothing."""
    world.change(Interface, world.interface_id, next_due_at=NOW)
    with world.database.write() as session:
        claimed = leases.claim(session, world.interface_id, owner="test", now=NOW)
        assert claimed is not None
        fence_off(session, [world.interface_id])
    with pytest.raises(leases.FencedOff):
        load_feed_job(world.engine, claimed, "no run")


def test_days_before_the_floor_stay_out(database: Database) -> None:
    """D-S: asking again never lowers the day an account begins at."""
    bank = ScriptedBank([purchase("early", day=date(2026, 2, 20))])
    world = make_world(database, bank.connector())  # since the first of March
    world.sync(TODAY)
    ask(world, AskedDays(date(2026, 2, 1), date(2026, 3, 2)))
    bank.asked.clear()
    result = world.sync_at(NOW)

    assert bank.asked[-1][1].first == date(2026, 3, 1)
    assert set(fates(result)) == {"out_of_window"}
    assert world.transactions() == []


def test_while_a_sync_is_under_way_nothing_is_promised(world: World, bank: ScriptedBank) -> None:
    answers: list[Answer] = []
    bank.before_page = lambda _page: answers.append(ask(world))
    world.change(type(world.interface()), world.interface_id, next_due_at=NOW)
    world.sync_at(NOW)

    assert answers == [NotPossible(Obstacle.UNDER_WAY)]
    assert world.interface().again_first is None
    assert isinstance(ask(world), Asked)


def test_an_interface_that_waits_for_a_person_is_not_asked(world: World) -> None:
    world.change(type(world.interface()), world.interface_id, state=InterfaceState.NEEDS_USER)

    assert ask(world) == NotPossible(Obstacle.NEEDS_USER)
    assert world.interface().again_first is None


def test_the_ask_is_audited_with_days_and_reason(world: World) -> None:
    ask(world, AskedDays(WEEK.first, WEEK.last, world.account_id))
    with world.database.read() as session:
        (event,) = session.exec(select(AuditEvent)).all()

    assert event.action == "support.days_asked_again"
    assert (event.actor_id, event.legal_entity_id) == (world.user_id, world.entity_id)
    assert event.group_id is not None
    assert event.detail == {
        "why": "row missing",
        "since": "2026-04-05",
        "ends_on": "2026-04-11",
        "account": world.account_id,
    }


def test_coverage_is_that_of_the_usual_ask_and_of_the_days_asked_again(world: World) -> None:
    ask(world)
    result = world.sync_at(NOW)
    assert result is not None
    with world.database.read() as session:
        query = select(Coverage).where(Coverage.run_id == result.run_id)
        covered = session.exec(query.order_by(col(Coverage.first_on))).all()

    assert [(one.first_on, one.last_on) for one in covered] == [
        (WEEK.first, WEEK.last),
        (date(2026, 6, 9), TODAY - DAY),
    ]
    with world.database.read() as session:
        interface = world.interface()
        assert leases.again_of(interface.again_first, interface.again_last, None) is None
        assert not leases.under_way(session, interface)


def test_days_fetched_again_close_the_hole_that_they_were(world: World, bank: ScriptedBank) -> None:
    """The bank gave less of the past at first; with the days asked for, the ledger is whole."""
    with world.database.write() as session:
        session.exec(delete(Coverage))
        session.add_all(
            Coverage(account_id=world.account().id, run_id=run_id, first_on=first, last_on=last)
            for run_id, first, last in (
                (session.exec(select(SyncRun.id)).first(), date(2026, 4, 1), WEEK.first - DAY),
                (session.exec(select(SyncRun.id)).first(), WEEK.last + DAY, TODAY - DAY),
            )
        )
    ask(world)
    world.sync_at(NOW)
    with world.database.read() as session:
        assert first_hole(session, world.account().id, date(2026, 4, 1), TODAY - DAY) is None
