"""Processes that die, hang and come back (F01 to F15 of the fault matrix), one test each.

Where a process matters it is a real one. F10, a crash at every point, has a file of its own.
"""

from datetime import UTC, datetime

from sqlmodel import col, select

from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, make_world
from webapp.domain.interfaces import Outcome
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.runs import RowFate, SyncRun, reap_dead_runs

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)


def runs(world: World) -> list[SyncRun]:
    with world.database.read() as session:
        query = select(SyncRun).where(SyncRun.interface_id == world.interface_id)
        return list(session.exec(query.order_by(col(SyncRun.started_at), col(SyncRun.id))))


def rows_of_runs(world: World) -> dict[str, int]:
    """Return how many rows each run has left."""
    with world.database.read() as session:
        fates = session.exec(select(RowFate.run_id)).all()
    return {run.id: fates.count(run.id) for run in runs(world)}


def test_F05_a_slow_worker_adds_nothing_to_its_run_once_that_was_closed(database: Database) -> None:
    """Found by the chaos: nobody had taken over yet, so its fence was still the newest."""
    bank = ScriptedBank([purchase(name) for name in "abcd"], page_size=2)
    world = make_world(database, bank.connector())

    def fall_asleep(page: int) -> None:
        if page == 2:
            (run,) = runs(world)
            world.change(Interface, world.interface_id, lease_until=LONG_AGO)
            world.change(SyncRun, run.id, heartbeat_at=LONG_AGO)
            with database.write() as session:
                assert reap_dead_runs(session) == 1

    bank.before_page = fall_asleep
    result = world.sync_at(NOW)
    assert result is not None and result.outcome is Outcome.INTERRUPTED
    assert list(rows_of_runs(world).values()) == [2]

    bank.before_page = lambda _page: None
    assert world.sync_at(NOW) is not None
    assert [run.outcome for run in runs(world)] == [Outcome.INTERRUPTED, Outcome.OK]
    assert len(world.transactions()) == len(world.expenses()) == 4
