"""Faults of runs that need no process of their own: F05 (reaped), F11 and F15 of the matrix."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, make_world
from webapp.domain.interfaces import Outcome
from webapp.jobs.asking import Asked, Demand, Joined, ask_for_sync
from webapp.storage import database as database_module
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.reaping import reap
from webapp.storage.runs import RowFate, SyncRun

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)
# Of the claim, the loading, the first page and what follows it; the next may be the second page.
COMMITS_BEFORE_PAGE_2 = 4
OK = Outcome.OK


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
                assert reap(session, now=NOW).runs == 1

    bank.before_page = fall_asleep
    result = world.sync_at(NOW)
    assert result is not None and result.outcome is Outcome.INTERRUPTED
    assert list(rows_of_runs(world).values()) == [2]

    bank.before_page = lambda _page: None
    assert world.sync_at(NOW) is not None
    assert [run.outcome for run in runs(world)] == [Outcome.INTERRUPTED, Outcome.OK]
    assert len(world.transactions()) == len(world.expenses()) == 4


def test_F11_a_database_that_is_locked_costs_a_run_and_no_row(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 100)
    parted = "&" if "?" in database_url else "?"
    impatient = f"{database_url}{parted}options=-c%20lock_timeout%3D100"
    database = Database(database_url if "sqlite" in database_url else impatient)
    bank = ScriptedBank([purchase(name) for name in "abcd"], page_size=2)
    world = make_world(database, bank.connector())
    other = database.engine.connect()

    def take_the_lock(page: int) -> None:
        if page == 2:
            begin = "BEGIN IMMEDIATE" if database.is_sqlite else "BEGIN"
            raw = other.connection
            raw.cursor().execute(begin)
            raw.cursor().execute("UPDATE interface SET label = 'another writer'")

    bank.before_page = take_the_lock
    # Not even the end of the run can be written: the run is left to the reaper.
    with pytest.raises(OperationalError, match="lock"):
        world.sync_at(NOW)
    other.connection.rollback()
    other.close()
    assert list(rows_of_runs(world).values()) == [2]

    bank.before_page = lambda _page: None
    world.change(Interface, world.interface_id, lease_until=LONG_AGO, next_due_at=LONG_AGO)
    assert world.sync_at(NOW) is not None
    assert len(world.transactions()) == len(world.expenses()) == 4
    assert runs(world)[-1].outcome == OK
    database.dispose()


def test_F11_a_connection_that_breaks_at_commit_is_tried_again_as_a_whole(
    postgres_url: str,
) -> None:
    """What a serialisation failure, a failover or a restart of the server looks like."""
    database = Database(postgres_url)
    bank = ScriptedBank([purchase(name) for name in "abcd"], page_size=2)
    world = make_world(database, bank.connector())

    committed: list[int] = []

    def break_off(connection: Connection) -> None:
        committed.append(1)
        if len(committed) == COMMITS_BEFORE_PAGE_2:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with database.engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 1000)"), {"pid": pid})

    event.listen(database.engine, "commit", break_off)
    result = world.sync_at(NOW)
    assert result is not None and result.failure is not None
    assert (result.outcome, result.failure.reason) == (Outcome.FAILED, "database")
    assert len(world.transactions()) in (0, 2), "whole pages only"

    due = world.interface().next_due_at
    assert due is not None
    assert world.sync_at(due) is not None
    assert len(world.transactions()) == len(world.expenses()) == 4
    assert [run.outcome for run in runs(world)] == [Outcome.FAILED, OK]
    database.dispose()


def test_F15_ten_presses_at_once_make_one_run(database: Database) -> None:
    bank = ScriptedBank([purchase(name) for name in "abc"])
    world = make_world(database, bank.connector())
    world.change(Interface, world.interface_id, next_due_at=NOW + timedelta(days=1))
    with database.read() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
    demand = Demand(world.interface_id, entity, world.user_id, NOW, "", by_support=True)
    together, answers = threading.Barrier(10), []

    def press() -> None:
        together.wait()
        answers.append(ask_for_sync(database, world.engine.registry, lambda: True, demand))

    threads = [threading.Thread(target=press) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(Asked(heard=True)) == 1
    assert sum(isinstance(answer, Joined) for answer in answers) == 9
    assert world.sync_at(NOW) is not None
    assert world.sync_at(NOW) is None
    assert [run.outcome for run in runs(world)] == [OK]
