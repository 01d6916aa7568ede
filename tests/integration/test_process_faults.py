"""Processes that die, hang and come back (F01 to F15 of the fault matrix), one test each.

Where a process matters it is a real one. F10, a crash at every point, has a file of its own.
"""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from tests.support.chaos.bench import Bench
from tests.support.chaos.fleet import One
from tests.support.chaos.person import Person
from tests.support.chaos.servers import OwnRedis
from tests.support.scratch import scratch_folder
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.worker_processes import wait_until
from tests.support.world import World, make_world
from webapp.domain.interfaces import DueReason, Outcome
from webapp.jobs.asking import Asked, Demand, Joined, ask_for_sync
from webapp.jobs.queue import QUEUE, SERIALIZER
from webapp.storage import database as database_module
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.runs import RowFate, SyncRun, reap_dead_runs

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)
# So many rows that a walk has two pages, with the gate between them.
TWO_PAGES = 6
# Of the claim, the loading, the first page and what follows it; the next may be the second page.
COMMITS_BEFORE_PAGE_2 = 4

INTERRUPTED, OK = Outcome.INTERRUPTED, Outcome.OK


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as folder:
        yield folder


@pytest.fixture
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """A Redis that a test may stop, empty or kill."""
    server = OwnRedis(folder / "redis")
    yield server
    server.close()


@pytest.fixture
def bench(database: Database, redis_url: str, folder: Path) -> Iterator[Bench]:
    """One interface that is due, and no process yet."""
    bench = Bench(folder, database, redis_url)
    bench.set(counter=TWO_PAGES)
    yield bench
    bench.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A database for what hangs on Redis alone."""
    database = Database(sqlite_url)
    yield database
    database.dispose()


@pytest.fixture
def on_sqlite(sqlite: Database, redis_url: str, folder: Path) -> Iterator[Bench]:
    """The same as ``bench`` on SQLite only."""
    bench = Bench(folder, sqlite, redis_url)
    yield bench
    bench.close()


@pytest.fixture
def fragile(sqlite: Database, own_redis: OwnRedis, folder: Path) -> Iterator[Bench]:
    """The same with the Redis that may be stopped."""
    bench = Bench(folder, sqlite, own_redis.url)
    yield bench
    bench.close()


def begin(bench: Bench) -> One:
    """Start a clock and a worker, and wait until it is in the middle of a walk."""
    bench.set(gate=True)
    (_, worker) = bench.fleet.start("clock", "worker")
    bench.wait_at_the_gate()
    return worker


def all_is_well(bench: Bench, *outcomes: Outcome) -> None:
    """Say that nothing is lost, doubled or stale, and how the runs ended."""
    damage = bench.damage()
    assert damage.none, damage
    assert bench.outcomes() == list(outcomes)


# The worker


def test_F01_a_work_horse_whose_worker_was_killed_finishes_its_run(bench: Bench) -> None:
    worker = begin(bench)
    worker.signal(signal.SIGKILL)
    bench.set(gate=False)
    bench.wait_until_good()
    all_is_well(bench, OK)


def test_F01_a_work_horse_that_outlived_its_worker_and_its_lease_is_fenced_off(
    bench: Bench,
) -> None:
    worker = begin(bench)
    (horse,) = worker.horses()
    worker.signal(signal.SIGKILL)
    before = bench.interface().fence
    bench.let_lease_run_out()
    bench.fleet.start("worker")
    wait_until(lambda: bench.interface().fence > before)
    bench.set(gate=False)
    bench.wait_until_good()
    wait_until(lambda: not Path(f"/proc/{horse}").exists())
    assert bench.fleet.fenced_off == 1
    all_is_well(bench, INTERRUPTED, OK)


def kill_both(worker: One) -> None:
    worker.signal_all(signal.SIGKILL)


def kill_horse(worker: One) -> None:
    worker.signal_horses(signal.SIGKILL)


@pytest.mark.parametrize(
    "kill", [pytest.param(kill_both, id="F02 both"), pytest.param(kill_horse, id="F03 the horse")]
)
def test_F02_F03_what_was_killed_in_the_middle_is_taken_up_after_its_lease(
    bench: Bench, kill: Callable[[One], None]
) -> None:
    kill(begin(bench))
    bench.set(gate=False)
    bench.let_lease_run_out()
    bench.wait_until_good(then=bench.keep_alive)
    all_is_well(bench, INTERRUPTED, OK)


def test_F04_a_job_lost_between_pop_and_start_is_rung_for_again(
    on_sqlite: Bench, redis_url: str
) -> None:
    on_sqlite.fleet.start("clock")
    with Redis.from_url(redis_url) as redis:
        key = f"rq:queue:{QUEUE}"
        # What a worker does that is killed before it has begun.
        wait_until(lambda: redis.lmove(key, f"{key}:intermediate", "RIGHT", "LEFT") is not None)
    on_sqlite.fleet.start("worker")
    on_sqlite.wait_until_good()
    all_is_well(on_sqlite, OK)


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


# Redis and the clock


def test_F06_a_redis_that_was_emptied_costs_a_moment(fragile: Bench, own_redis: OwnRedis) -> None:
    fragile.fleet.start("clock")
    with Redis.from_url(own_redis.url) as redis:
        wait_until(lambda: redis.llen(f"rq:queue:{QUEUE}") > 0)
    own_redis.flush()
    fragile.fleet.start("worker")
    fragile.wait_until_good()
    all_is_well(fragile, OK)


def test_F06_a_redis_that_was_lost_in_the_middle_of_a_run_comes_back_empty(
    fragile: Bench, own_redis: OwnRedis
) -> None:
    fragile.set(counter=TWO_PAGES)
    begin(fragile)
    own_redis.kill()
    fragile.set(gate=False)
    fragile.wait_until_good()
    own_redis.start()
    fragile.make_due()
    fragile.wait_until_good(then=fragile.keep_alive)
    all_is_well(fragile, OK, OK)


def test_F06_a_redis_that_is_full_keeps_nobody_from_asking(
    fragile: Bench, own_redis: OwnRedis
) -> None:
    with Redis.from_url(own_redis.url) as redis:
        redis.config_set("maxmemory", 1)
        (clock,) = fragile.fleet.start("clock")
        wait_until(lambda: "was not heard" in fragile.fleet.log.read_text(encoding="utf-8"))
        assert clock.process.poll() is None
        redis.config_set("maxmemory", 0)
    fragile.fleet.start("worker")
    fragile.wait_until_good()
    all_is_well(fragile, OK)


def test_F07_a_click_while_redis_hangs_is_answered_soon_and_done_later(
    fragile: Bench, own_redis: OwnRedis
) -> None:
    fragile.change(next_due_at=datetime.now(UTC) + timedelta(days=1))
    fragile.fleet.start("web")
    person = Person(fragile.settings.local_url, [fragile.feed], random.Random(1))
    wait_until(lambda: person.page() is not None)
    own_redis.signal(signal.SIGSTOP)
    began = time.monotonic()
    person.page()
    usual = time.monotonic() - began
    answer = person.relaunch()
    own_redis.signal(signal.SIGCONT)

    assert answer is not None and answer.status_code == 200
    assert "demandée" in answer.text
    assert person.slowest < 1 + usual, "what a page takes here, and a second for the hung Redis"
    asked = fragile.interface()
    assert asked.due_reason == DueReason.DEMAND
    assert asked.next_due_at is not None and asked.next_due_at <= datetime.now(UTC)
    person.close()
    fragile.fleet.start("clock", "worker")
    fragile.wait_until_good()
    all_is_well(fragile, OK)


def test_F08_two_clocks_make_one_run(bench: Bench) -> None:
    bench.fleet.start("clock", "clock", "worker", "worker")
    bench.wait_until_good()
    all_is_well(bench, OK)


def test_F09_a_clock_that_was_down_for_three_nights_rings_late_and_once(on_sqlite: Bench) -> None:
    on_sqlite.change(next_due_at=datetime.now(UTC) - timedelta(days=3))
    on_sqlite.fleet.start("worker", "clock")
    on_sqlite.wait_until_good()
    all_is_well(on_sqlite, OK)


# The database


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


# A new version


def test_F13_a_worker_told_to_stop_finishes_its_job_first(bench: Bench) -> None:
    worker = begin(bench)
    worker.signal(signal.SIGTERM)
    bench.set(gate=False)
    assert worker.process.wait(timeout=30) == 0
    all_is_well(bench, OK)


def test_F13_a_worker_and_horse_told_to_stop_at_once_are_taken_up_by_the_next(
    bench: Bench,
) -> None:
    worker = begin(bench)
    worker.signal_all(signal.SIGTERM)
    worker.process.wait(timeout=30)
    bench.set(gate=False)
    bench.let_lease_run_out()
    bench.fleet.start("worker")
    bench.wait_until_good()
    all_is_well(bench, INTERRUPTED, OK)


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        ("sync_run", ["one", "argument", "more"]),
        ("sync_run", []),
        ("sync_in_another_version", []),
        ("webapp.jobs.tasks.sync_run", ["by its path"]),
    ],
)
def test_F14_a_job_of_another_version_is_refused_and_the_rows_stay_due(
    on_sqlite: Bench, redis_url: str, task: str, arguments: list[str]
) -> None:
    with Redis.from_url(redis_url) as redis:
        Queue(QUEUE, connection=redis, serializer=SERIALIZER).enqueue(task, *arguments)
        (worker,) = on_sqlite.fleet.start("worker")
        wait_until(lambda: redis.llen(f"rq:queue:{QUEUE}") == 0)
    assert on_sqlite.interface().last_ok_at is None
    on_sqlite.fleet.start("clock")
    on_sqlite.wait_until_good()
    assert worker.process.poll() is None
    all_is_well(on_sqlite, OK)


# People


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
        answers.append(ask_for_sync(database, world.engine.registry, lambda _id: True, demand))

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
