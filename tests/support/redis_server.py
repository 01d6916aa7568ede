"""A real Redis server for a test session."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.needs import missing
from tests.support.scratch import scratch_folder
from webapp.commands.redis_server import RedisMissing, redis_in
from webapp.processes import die_with

START_SECONDS = 15


@contextmanager
def running_redis() -> Iterator[str]:
    """Run a Redis of our own on a short unix socket; give its address, without a database."""
    with scratch_folder() as folder, _running_in(folder) as url:
        yield url


@contextmanager
def _running_in(folder: Path) -> Iterator[str]:
    try:
        server = redis_in(folder)
    except RedisMissing as error:
        missing("Redis is missing", str(error))
    parent = os.getpid()
    process = subprocess.Popen(
        server.command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: die_with(parent),
    )
    try:
        _wait_until_it_answers(f"unix://{server.socket}")
        yield f"unix://{server.socket}"
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with redis.Redis.from_url(url) as client:
                client.ping()
            return
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
