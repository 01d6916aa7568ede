"""The processes under chaos: real ``cardsync`` ones, each started again when it has ended."""

import base64
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.chaos import child
from tests.support.chaos.control import ENVIRONMENT
from tests.support.installation import children
from tests.support.needs import REPOSITORY
from webapp.config import Settings
from webapp.processes import die_with, session_members

DIST_INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: cardsync-chaos\nVersion: 1.0\n",
    "entry_points.txt": "[cardsync.connectors]\nchaos = tests.support.chaos.bank\n",
}
CHANGED = "import tests.support.chaos.child\n"
PLENTY_OF_TIME = 20
KEY = b"a master key for the tests only!"


def distribution(folder: Path) -> Path:
    """Make a folder which, on the import path, is an installed distribution with the bank."""
    place = folder / "path" / "cardsync_chaos-1.0.dist-info"
    place.mkdir(parents=True)
    for name, text in DIST_INFO.items():
        (place / name).write_text(text, encoding="utf-8")
    (place.parent / "sitecustomize.py").write_text(CHANGED, encoding="utf-8")
    return place.parent


def variables_of(settings: Settings) -> dict[str, str]:
    """Return what tells a ``cardsync`` process of its own these settings."""
    return {
        "CARDSYNC_INSTANCE": str(settings.instance),
        "CARDSYNC_MASTER_KEYS": base64.b64encode(KEY).decode(),
        "CARDSYNC_SECRET_KEY": "a secret key for tests only",
        "CARDSYNC_WEB_WORKERS": "1",
        "CARDSYNC_LOG_LEVEL": "warning",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url or "",
        "PORT": str(settings.port),
    }


class One:
    """One process with all that it starts."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self.name, self.environment, self.log = name, environment, log
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Start it."""
        parent = os.getpid()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "webapp.cli", self.name],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent),
            )
        self.starts += 1
        self.started_at = time.monotonic()

    def keep_alive(self) -> bool:
        """Start it again if it has ended; say whether that was so."""
        ended = self.process.poll()
        if ended is None:
            return False
        assert ended != child.BROKEN, self.log.read_text(encoding="utf-8", errors="replace")
        self.start()
        return True

    def horses(self) -> list[int]:
        """Return the processes that it has started itself."""
        return list(children(self.process.pid))

    def signal(self, number: int) -> None:
        """Send a signal to this one process."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def signal_horses(self, number: int) -> None:
        """Send a signal to what it has started."""
        for horse in self.horses():
            with contextlib.suppress(ProcessLookupError):
                os.kill(horse, number)

    def signal_all(self, number: int) -> None:
        """Send a signal to it and to everything of its session."""
        for member in {self.process.pid, *session_members(self.process.pid)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, number)

    def close(self) -> None:
        """Kill it, and whatever it leaves behind."""
        deadline = time.monotonic() + PLENTY_OF_TIME
        while session_members(self.process.pid) and time.monotonic() < deadline:
            self.signal_all(signal.SIGKILL)
            time.sleep(0.01)
        self.process.wait()


class Fleet:
    """Workers, clocks and the web of one installation."""

    def __init__(self, folder: Path, settings: Settings, lease_seconds: float) -> None:
        self.control = folder / "bank.json"
        self.notes = folder / "notes"
        self.notes.touch()
        self.log = folder / "log"
        self.environment = {
            **variables_of(settings),
            "PYTHONPATH": os.pathsep.join([str(distribution(folder)), str(REPOSITORY)]),
            "PYTHONSAFEPATH": "1",
            ENVIRONMENT: str(self.control),
            child.LEASE_ENVIRONMENT: str(lease_seconds),
            child.NOTES_ENVIRONMENT: str(self.notes),
        }
        self.members: list[One] = []

    def start(self, *names: str, **environment: str) -> list[One]:
        """Start a ``cardsync`` process for each name."""
        fresh = [One(name, {**self.environment, **environment}, self.log) for name in names]
        self.members += fresh
        return fresh

    def named(self, name: str) -> list[One]:
        """Return the processes of one kind."""
        return [one for one in self.members if one.name == name]

    @property
    def fenced_off(self) -> int:
        """Return how many workers have found themselves fenced off so far."""
        return len(self.notes.read_text(encoding="utf-8").splitlines())

    def close(self) -> None:
        """Kill everything."""
        for one in self.members:
            one.close()
