"""Real worker processes, and looking until something is so."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from webapp.processes import session_members
from webapp.storage.database import Database

Worker = subprocess.Popen[bytes]
Start = Callable[[], Worker]


@contextmanager
def worker_processes(
    database: Database, redis_url: str, environment: Mapping[str, str]
) -> Iterator[Start]:
    """Give a function that starts a worker process; whatever is left is killed at the end."""
    started: list[Worker] = []
    url = database.engine.url.render_as_string(hide_password=False)

    def start() -> Worker:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "webapp.cli", "worker"],
            env={**os.environ, **environment, "DATABASE_URL": url, "REDIS_URL": redis_url},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def kill(worker: Worker) -> None:
    """Kill a worker and its work-horse, which sits in a process group of its own."""
    for member in session_members(worker.pid):
        os.kill(member, signal.SIGKILL)
    worker.wait()


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    """Look until something is so, or fail."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)
