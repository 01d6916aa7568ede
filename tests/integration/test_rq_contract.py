"""What we rely on in RQ 3 and Redis, each measured once and pinned here.

Where an upgrade of RQ makes one of these fall, the doorbell or the worker has to be thought through
again; what counts stands in rows all the same.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis, RedisError
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry

from tests.support.chaos.servers import OwnRedis
from tests.support.installation import children
from tests.support.rq_jobs import HANG, NOTHING, SWALLOW, contract_queue, forking_worker, work_off
from tests.support.scratch import scratch_folder
from tests.support.worker_processes import wait_until
from webapp.jobs.queue import SafeJob, TaskRefused, impatient, queue

UNIQUE = {"job_id": "one", "unique": True}


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


def failed(redis: Redis) -> list[str]:
    """Return the ids of the jobs that failed."""
    registry = FailedJobRegistry(queue=contract_queue(redis))
    return list(registry.get_job_ids())


# One job at a time


def test_a_unique_id_is_refused_while_its_job_waits_and_free_once_it_is_done(redis: Redis) -> None:
    jobs = contract_queue(redis)
    jobs.enqueue(NOTHING, result_ttl=0, **UNIQUE)
    with pytest.raises(DuplicateJobError):
        jobs.enqueue(NOTHING, result_ttl=0, **UNIQUE)
    work_off(redis)
    assert jobs.enqueue(NOTHING, result_ttl=0, **UNIQUE).id == "one"


def test_a_unique_id_stays_taken_after_a_success_that_is_kept(redis: Redis) -> None:
    jobs = contract_queue(redis)
    jobs.enqueue(NOTHING, result_ttl=500, **UNIQUE)
    work_off(redis)
    with pytest.raises(DuplicateJobError):
        jobs.enqueue(NOTHING, **UNIQUE)


def test_a_unique_id_stays_taken_after_a_failure_for_as_long_as_that_is_kept(redis: Redis) -> None:
    jobs = contract_queue(redis)
    job = jobs.enqueue("tests.support.rq_jobs.gone", failure_ttl=60, **UNIQUE)
    work_off(redis)
    with pytest.raises(DuplicateJobError):
        jobs.enqueue(NOTHING, **UNIQUE)
    assert 0 < redis.ttl(job.key) <= 60


def test_of_twenty_who_enqueue_a_unique_job_at_once_one_is_accepted(redis_url: str) -> None:
    together, accepted = threading.Barrier(20), []

    def enqueue() -> None:
        with Redis.from_url(redis_url) as own:
            jobs = contract_queue(own)
            together.wait()
            try:
                accepted.append(jobs.enqueue(NOTHING, **UNIQUE))
            except DuplicateJobError:
                return

    threads = [threading.Thread(target=enqueue) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 1


# What a job may be


@pytest.mark.parametrize("value", [date(2026, 3, 18), datetime(2026, 3, 18, tzinfo=UTC), b"x", {1}])
def test_the_serializer_takes_nothing_but_json(redis: Redis, value: object) -> None:
    with pytest.raises(TypeError):
        contract_queue(redis).enqueue(NOTHING, value)


def test_a_pickle_planted_in_redis_is_not_loaded(redis: Redis, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    # What `os.system("touch …")` looks like, pickled.
    planted = b"cposix\nsystem\n(S'touch " + os.fsencode(touched) + b"'\ntR."
    job = contract_queue(redis).enqueue(NOTHING, failure_ttl=60)
    redis.hset(job.key, "data", planted)
    work_off(redis)
    assert failed(redis) == [job.id]
    assert not touched.exists()


@pytest.mark.parametrize("name", ["os.system", "posix.system", "webapp.jobs.tasks.sync_run", ""])
def test_our_job_is_one_of_our_tasks_by_exact_name(redis: Redis, name: str) -> None:
    job = SafeJob.create(name or "x", connection=redis, serializer=queue(redis).serializer)
    job._func_name = name
    with pytest.raises(TaskRefused):
        _ = job.func


# The worker


def test_a_worker_of_one_queue_pops_into_a_list_of_its_own(redis: Redis, redis_url: str) -> None:
    with forking_worker(redis_url):
        wait_until(lambda: any(one["cmd"] == "blmove" for one in redis.client_list()))


def test_a_job_that_was_popped_and_never_begun_is_found_by_maintenance(redis: Redis) -> None:
    jobs = contract_queue(redis)
    job = jobs.enqueue(NOTHING, failure_ttl=60)
    lost = jobs.intermediate_queue
    redis.lmove(jobs.key, lost.key, "RIGHT", "LEFT")
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    redis.set(lost.get_first_seen_key(job.id), long_ago.timestamp())
    work_off(redis)
    assert lost.get_job_ids() == []
    assert failed(redis) == [job.id]


def test_a_killed_work_horse_is_noticed_at_once(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    job = contract_queue(redis).enqueue(HANG, str(tmp_path), failure_ttl=60)
    with forking_worker(redis_url) as worker:
        wait_until((tmp_path / "begun").exists)
        (horse,) = children(worker.pid or 0)
        os.kill(horse, signal.SIGKILL)
        wait_until(lambda: job.get_status(refresh=True) is JobStatus.FAILED, seconds=5)
    assert failed(redis) == [job.id]


def test_a_worker_told_to_stop_finishes_its_job_and_begins_no_other(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    jobs = contract_queue(redis)
    jobs.enqueue(HANG, str(tmp_path))
    second = jobs.enqueue(NOTHING)
    with forking_worker(redis_url) as worker:
        wait_until((tmp_path / "begun").exists)
        os.kill(worker.pid or 0, signal.SIGTERM)
        (tmp_path / "go").touch()
        worker.join(10)
        assert worker.exitcode == 0
    assert (tmp_path / "ended").exists()
    assert jobs.get_job_ids() == [second.id]


def test_a_job_past_its_time_is_ended_by_what_no_plugin_swallows(redis: Redis) -> None:
    job = contract_queue(redis).enqueue(SWALLOW, job_timeout=1, failure_ttl=60)
    work_off(redis)
    result = job.latest_result()
    assert result is not None and result.exc_string is not None
    assert "TimeIsUp" in result.exc_string


# Redis


def seconds_to_enqueue(url: str) -> float:
    """Return how long our impatient client takes to give up."""
    jobs = queue(impatient(url))
    began = time.monotonic()
    with pytest.raises(RedisError):
        jobs.enqueue("sync_run", job_id="one", unique=True)
    return time.monotonic() - began


def test_a_redis_that_is_not_there_costs_a_fifth_of_a_second_at_most(tmp_path: Path) -> None:
    assert seconds_to_enqueue(f"unix://{tmp_path}/nobody.sock") < 0.2


def test_a_redis_that_hangs_costs_a_second_at_most() -> None:
    with scratch_folder() as folder:
        server = OwnRedis(folder)
        server.signal(signal.SIGSTOP)
        took = seconds_to_enqueue(server.url)
        server.close()
    assert took < 1


def test_a_job_that_was_lost_with_redis_is_never_reported(redis: Redis) -> None:
    job = contract_queue(redis).enqueue(NOTHING)
    redis.flushdb()
    work_off(redis)
    assert failed(redis) == []
    with pytest.raises(NoSuchJobError):
        Job.fetch(job.id, connection=redis)


def test_a_job_whose_time_to_live_ran_out_is_dropped_without_a_word(
    redis: Redis, tmp_path: Path
) -> None:
    jobs = contract_queue(redis)
    job = jobs.enqueue(HANG, str(tmp_path), ttl=600)
    assert 0 < redis.ttl(job.key) <= 600
    redis.pexpire(job.key, 1)
    wait_until(lambda: not redis.exists(job.key))
    assert jobs.count == 1, "its id still waits"
    work_off(redis)
    assert (jobs.count, failed(redis)) == (0, [])
    assert not (tmp_path / "begun").exists()
