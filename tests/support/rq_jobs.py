"""A worker of plain RQ in a process of its own, and the jobs it is given (the RQ contract)."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final

from redis import Redis
from rq import Queue, SimpleWorker, Worker

from webapp.jobs.queue import SERIALIZER, Deadline

QUEUE: Final = "contract"
HANG: Final = "tests.support.rq_jobs.hang"
SWALLOW: Final = "tests.support.rq_jobs.swallow"
NOTHING: Final = "tests.support.rq_jobs.nothing"
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def nothing(*_any: object) -> None:
    """Do nothing."""


def hang(folder: str) -> None:
    """Say that it has begun, and end when it is let go."""
    (Path(folder) / "begun").touch()
    while not (Path(folder) / "go").exists():
        time.sleep(0.01)
    (Path(folder) / "ended").touch()


def swallow() -> None:
    """Go on for ever, whatever exception comes."""
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


def contract_queue(connection: Redis) -> Queue:
    """Return the queue of the contract: JSON, as ours."""
    return Queue(QUEUE, connection=connection, serializer=SERIALIZER)


def work_off(connection: Redis) -> None:
    """Work in this process until the queue is empty."""
    worker = SimpleWorker(
        [contract_queue(connection)], connection=connection, serializer=SERIALIZER
    )
    worker.death_penalty_class = Deadline
    worker.work(burst=True, logging_level="CRITICAL")


@contextmanager
def forking_worker(url: str) -> Iterator[ForkServerProcess]:
    """Run a forking worker until the end of the block."""
    process = _FORKS.Process(target=_work, args=(url,))
    process.start()
    yield process
    process.kill()
    process.join()
    process.close()


def _work(url: str) -> None:
    connection: Any = Redis.from_url(url)
    worker = Worker([contract_queue(connection)], connection=connection, serializer=SERIALIZER)
    worker.work(logging_level="CRITICAL")
