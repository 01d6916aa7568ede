"""A real ``cardsync up`` in a folder of its own, watched from outside like a person would."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.support.ports import free_port

CARDSYNC = str(Path(sys.executable).with_name("cardsync"))
START_SECONDS = 90
READY = "Press Ctrl-C to stop."


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables for a ``cardsync`` of its own in ``folder``."""
    return {**os.environ, "CARDSYNC_INSTANCE": str(folder / "instance"), **more}


def run_cardsync(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess:
    """Run a ``cardsync`` command in ``folder`` to its end."""
    return subprocess.run(
        [CARDSYNC, *arguments],
        cwd=folder,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )


class Installation:
    """A running ``cardsync up``."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        self.port = int(variables.setdefault("PORT", str(free_port())))
        self.lines: list[str] = []
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [CARDSYNC, "up", *options],
            cwd=folder,
            env=environment(folder, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        """Return everything it has said so far."""
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        """Return the address of its pages."""
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self) -> Self:
        """Wait until it says how to stop it; what it says then is all there."""
        until(lambda: READY in self.lines or self.process.poll() is not None, START_SECONDS)
        assert READY in self.lines, self.output
        self.ready_after = time.monotonic() - self.started_at
        return self

    def get(self, path: str) -> int:
        """Return the status of a page."""
        with urllib.request.urlopen(self.url + path) as answer:  # noqa: S310
            return int(answer.status)

    def processes(self) -> dict[int, str]:
        """Return every process it has started, with its command line."""
        return descendants(self.process.pid)

    def process_of(self, command: str) -> int:
        """Return the process that runs ``cardsync <command>``, or ``redis-server``."""
        found = [
            pid
            for pid, line in children(self.process.pid).items()
            if re.search(rf"webapp\.cli {command}\b|/{command}\b", line)
        ]
        return found[0] if found else 0

    def kill(self, command: str) -> int:
        """Kill the process that runs ``command``, once it is there; return what its id was."""
        assert until(lambda: self.process_of(command) > 0, START_SECONDS), self.output
        pid = self.process_of(command)
        # To kill "process 0" is to kill the tests themselves.
        assert pid > 0, self.output
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, number: int = signal.SIGINT, seconds: float = 15) -> int:
        """Send a signal and wait for the end; return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def close(self) -> None:
        """Take it out of the way, whatever its state, with everything it started."""
        left = self.processes()
        self.process.kill()
        self.process.wait()
        for pid in left:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def installation(folder: Path, *options: str, **variables: str) -> Iterator[Installation]:
    """Run ``cardsync up`` until the end of the block; nothing of it is left behind."""
    running = Installation(folder, *options, **variables)
    try:
        yield running
    finally:
        running.close()


def until(is_so, seconds: float) -> bool:
    """Wait until ``is_so()``; say whether it came in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def children(parent: int) -> dict[int, str]:
    """Return the processes a process started, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found[int(folder.name)] = line
    return found


def descendants(parent: int) -> dict[int, str]:
    """Return the processes a process started, and those that they started."""
    found = children(parent)
    for pid in list(found):
        found |= descendants(pid)
    return found
