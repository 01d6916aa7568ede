"""A Redis of our own, which can be killed and comes back empty."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from tests.support.needs import missing
from webapp.commands.redis_server import RedisMissing, redis_in
from webapp.processes import die_with

START_SECONDS = 15


class OwnRedis:
    """A private Redis server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.server = redis_in(folder)
        except RedisMissing as error:
            missing("Redis is missing", str(error))
        self.url = f"{self.server.url}"
        self.start()

    def start(self, *options: str) -> None:
        """Start it and wait until it answers."""
        parent = os.getpid()
        self.process = subprocess.Popen(
            [*self.server.command, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: die_with(parent),
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.02)

    def answers(self) -> bool:
        """Say whether it answers."""
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it, with all that it has stored."""
        self.process.kill()
        self.process.wait()
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def flush(self) -> None:
        """Empty it."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def close(self) -> None:
        """Take it out of the way."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
