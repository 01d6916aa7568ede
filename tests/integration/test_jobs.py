"""The doorbell, the worker and the clock, with a real Redis and real RQ workers."""

import contextlib
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import JobStatus

from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.worker_processes import Start, wait_until, worker_processes
from tests.support.world import World, make_world
from webapp.jobs import tasks
from webapp.jobs.clock import Clock
from webapp.jobs.doorbell import Doorbell
from webapp.jobs.heartbeat import clock_seen_at
from webapp.jobs.queue import SERIALIZER, Deadline, SafeJob, TaskRefused, TimeIsUp, queue
from webapp.storage.database import Database

NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)


@pytest.fixture
def world(database: Database) -> World:
    """A world whose interface is due, with the engine that the tasks of this process use."""
    world = make_world(database, ScriptedBank([purchase("a"), purchase("b")]).connector())
    tasks.prepare(world.engine)
    return world


def work_off(redis_url: str) -> None:
    """Run a real RQ worker in this process until the queue is empty."""
    connection = Redis.from_url(redis_url)
    worker = SimpleWorker(
        [queue(connection)], connection=connection, job_class=SafeJob, serializer=SERIALIZER
    )
    worker.death_penalty_class = Deadline
    worker.work(burst=True, logging_level="ERROR")


def test_R1_R22_the_clock_rings_and_a_worker_syncs(world: World, redis_url: str) -> None:
    clock = Clock(world.database, Doorbell(redis_url).ring_for)
    assert clock.tick(NOW) == 1
    work_off(redis_url)
    assert len(world.expenses()) == 2
    assert clock.tick(NOW) == 0


def test_F08_two_clocks_and_two_rings_make_one_run(world: World, redis_url: str) -> None:
    doorbell = Doorbell(redis_url)
    first, second = (Clock(world.database, doorbell.ring_for) for _ in range(2))
    assert [first.tick(NOW), second.tick(NOW)] == [1, 1]
    assert queue(Redis.from_url(redis_url)).count == 1
    assert doorbell.ring(), "one that might be ending is followed by a further one"
    assert queue(Redis.from_url(redis_url)).count == 2
    work_off(redis_url)
    assert doorbell.ring()
    work_off(redis_url)
    assert len(world.transactions()) == 2


def test_R25_F06_what_redis_forgets_is_rung_again_from_the_rows(
    world: World, redis_url: str
) -> None:
    clock = Clock(world.database, Doorbell(redis_url).ring_for)
    clock.tick(NOW)
    Redis.from_url(redis_url).flushall()
    assert clock.tick(NOW) == 1
    work_off(redis_url)
    assert len(world.expenses()) == 2


def test_F07_a_redis_that_is_away_or_hangs_costs_a_click_at_most_a_second_or_so(
    world: World, tmp_path: Path
) -> None:
    assert not Doorbell(f"unix://{tmp_path}/nobody.sock").ring()
    with socket.create_server(("127.0.0.1", 0)) as hung:
        began = time.monotonic()
        assert not Doorbell(f"redis://127.0.0.1:{hung.getsockname()[1]}").ring()
        assert time.monotonic() - began < 3


def test_without_a_redis_the_doorbell_is_silent() -> None:
    assert not Doorbell(None).ring()


def test_the_clock_gives_a_sign_of_life(world: World) -> None:
    assert clock_seen_at(world.database) is None
    Clock(world.database, lambda _due: True).tick(NOW)
    assert clock_seen_at(world.database) is not None


@pytest.mark.parametrize("name", ["os.system", "webapp.jobs.tasks.prepare", "sync_run.__call__"])
def test_a_job_that_is_not_one_of_our_tasks_is_refused(redis_url: str, name: str) -> None:
    connection = Redis.from_url(redis_url)
    job = queue(connection).enqueue(name, "touch /nowhere", failure_ttl=60)
    work_off(redis_url)
    assert job.get_status(refresh=True) is JobStatus.FAILED
    with pytest.raises(TaskRefused):
        _ = job.func


def test_callbacks_planted_in_redis_are_never_called(world: World, redis_url: str) -> None:
    connection = Redis.from_url(redis_url)
    Doorbell(redis_url).ring()
    (key,) = list(connection.scan_iter("rq:job:sync-*"))
    connection.hset(key, "success_callback_name", "os.abort")
    work_off(redis_url)
    assert len(world.expenses()) == 2


def test_a_plugin_cannot_swallow_the_deadline() -> None:
    def careless() -> None:
        while True:
            with contextlib.suppress(Exception):
                signal.pause()

    with Deadline(1), pytest.raises(TimeIsUp):
        careless()


@pytest.fixture
def start_worker(world: World, redis_url: str, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a real worker process."""
    environment = {"CARDSYNC_INSTANCE": str(tmp_path / "instance")}
    with worker_processes(world.database, redis_url, environment) as start:
        yield start


def test_a_real_worker_process_stops_at_once_when_told(start_worker: Start, redis_url: str) -> None:
    process = start_worker()
    connection = Redis.from_url(redis_url)
    # Idle, and so past the moment in which RQ takes the signals over.
    wait_until(
        lambda: any(
            connection.hget(name, "state") == b"idle" for name in connection.smembers("rq:workers")
        )
    )
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
