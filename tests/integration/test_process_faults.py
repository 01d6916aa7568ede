"""Processes that die, hang and come back (F01 to F14 of the fault matrix); all of them are real.

F05 is in ``test_chaos.py``, F10 and F12 in ``test_crash_points.py``, and what needs no process of
its own (F11, F15) in ``test_run_faults.py``.
"""

import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from tests.support.chaos.bench import Bench
from tests.support.chaos.fleet import One
from tests.support.chaos.person import Person
from tests.support.chaos.servers import OwnRedis
from tests.support.scratch import scratch_folder
from tests.support.worker_processes import wait_until
from webapp.domain.interfaces import DueReason, Outcome
from webapp.jobs.queue import QUEUE, SERIALIZER
from webapp.storage.database import Database

# So many rows that a walk has two pages, with the gate between them.
TWO_PAGES = 6

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
