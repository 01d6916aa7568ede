"""A small supervisor: starts the processes of one machine, restarts what dies, stops them all.

One thread and one loop. Nothing of the application is imported here, so that it starts at once,
stays small, and no fault of the application can take it along.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.processes import SUPERVISED, die_with, session_members

GRACE_SECONDS = 5.0
LAST_GRACE_SECONDS = 2.0
KILL_SECONDS = 1.0
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
LAST_LINES = 20
STEADY_SECONDS = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    ``again``: the command line of every later start, where it is another. ``quiet``: its last lines
    are shown only when it ends.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    again: Sequence[str] = ()
    quiet: bool = False


def cardsync(*arguments: str) -> list[str]:
    """Return the command line of a ``cardsync`` sub-command, for this very installation.

    ``-P`` keeps the current folder off the import path, here and in what the process starts.
    """
    return [sys.executable, "-P", "-m", "webapp.cli", *arguments]


class Child:
    """One running program, its output, and its history of restarts."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.failures = 0
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.start(program.command)

    def start(self, command: Sequence[str]) -> None:
        """Start the program, in a session of its own: Ctrl-C reaches only the supervisor."""
        parent = os.getpid()
        self.pipe, write_end = os.pipe()
        os.set_blocking(self.pipe, False)
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            env={**os.environ, **self.program.environment, SUPERVISED: "1", "PYTHONSAFEPATH": "1"},
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
        )
        os.close(write_end)
        self.started_at = time.monotonic()
        self.start_again_at: float | None = None
        self.ended: int | None = None
        self.rest = b""

    def signal(self, number: int) -> None:
        """Send a signal to the program itself, which stops what it started."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill_session(self) -> None:
        """Kill the program and all it started, whatever process group that moved to."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        deadline = time.monotonic() + KILL_SECONDS
        while (members := session_members(self.process.pid)) and time.monotonic() < deadline:
            for member in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            time.sleep(0.01)

    def lines(self, chunk: bytes) -> list[str]:
        """Cut what came from the pipe into whole lines; an unfinished one waits."""
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        return [line.decode(errors="replace").rstrip() for line in whole]

    def plan_restart(self) -> float:
        """Decide when to start again after an end: later each time, unless it ran steadily."""
        now = time.monotonic()
        if now - self.started_at >= STEADY_SECONDS:
            self.failures = 0
        delay: float = min(FIRST_DELAY * 2**self.failures, LONGEST_DELAY)
        self.failures += 1
        self.start_again_at = now + delay
        return delay


class Supervisor:
    """Runs programs until told to stop. ``say`` is given each line for people."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.children: dict[str, Child] = {}
        self.held: list[str] | None = []
        self.asked_to_stop = False
        self.selector = selectors.DefaultSelector()
        self.made_by = os.getppid() if "MAKELEVEL" in os.environ else None

    def __enter__(self) -> "Supervisor":
        """Listen to the signals that stop us; each wakes the loop."""
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self.selector.register(self._wake_read, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        listened: dict[int, Any] = dict.fromkeys(STOP_SIGNALS, self._on_stop_signal)
        # The end of a child wakes the loop, too; a signal without a handler would not.
        listened[signal.SIGCHLD] = lambda _number, _frame: None
        self._before = {number: signal.signal(number, do) for number, do in listened.items()}
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop everything, however we came here, and listen no more."""
        self.stop_all()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self.selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _on_stop_signal(self, _number: int, _frame: object) -> None:
        self.asked_to_stop = True

    # Starting and watching

    def start(self, program: Program) -> Child:
        """Start ``program`` and watch it from now on."""
        child = self.children[program.name] = Child(program)
        self.selector.register(child.pipe, selectors.EVENT_READ, child)
        return child

    def wait(self, is_so: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
        """Look after the children until ``is_so()``; say whether it came within ``seconds``.

        :raises Stopped: if somebody asked to stop meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                return False
            self.look_after(every)
        return True

    def look_after(self, seconds: float) -> None:
        """Pass on output, notice ends, restart: once, waiting at most ``seconds`` for news.

        :raises Stopped: if somebody asked to stop.
        """
        self._listen(seconds)
        if self.asked_to_stop or self.made_by not in (None, os.getppid()):
            raise Stopped
        for child in list(self.children.values()):
            self._notice_end(child)
            if child.start_again_at is not None and child.start_again_at <= time.monotonic():
                child.start(child.program.again or child.program.command)
                self.selector.register(child.pipe, selectors.EVENT_READ, child)

    def _listen(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 512)
            else:
                self._read(key.data)

    def _read(self, child: Child) -> bool:
        """Take what the pipe holds now; say whether there may be more."""
        try:
            chunk = os.read(child.pipe, 65536)
        except BlockingIOError:
            return False
        if not chunk:
            self._forget(child)
        for line in child.lines(chunk):
            self._heard(child, line)
        return bool(chunk)

    def _notice_end(self, child: Child) -> None:
        if child.ended is not None or child.process.poll() is None:
            return
        child.ended = child.process.returncode
        child.kill_session()
        while self._read(child):
            pass
        self._close(child)
        while child.last_lines:
            self._pass_on(child.last_lines.popleft())
        delay = child.plan_restart()
        how = _end_in_words(child.ended)
        self._pass_on(f"{child.program.name} {how}; starting it again in {delay:g} s.")

    def _forget(self, child: Child) -> None:
        if child.pipe in self.selector.get_map():
            self.selector.unregister(child.pipe)

    def _close(self, child: Child) -> None:
        self._forget(child)
        os.close(child.pipe)

    def _heard(self, child: Child, line: str) -> None:
        labelled = f"{child.program.name:>8} | {line}"
        if child.program.quiet:
            child.last_lines.append(labelled)
        else:
            self._pass_on(labelled)

    def _pass_on(self, line: str) -> None:
        if self.held is None:
            self.say(line)
        else:
            self.held.append(line)

    def release_output(self) -> None:
        """Show what the children have written so far, and from now on as it comes.

        Until then it is held back, so that the application's address comes before any other.
        """
        held, self.held = self.held or [], None
        for line in held:
            self.say(line)

    # Stopping

    def stop_all(self) -> None:
        """Stop every child within seconds; the first started, which others lean on, stops last."""
        self.asked_to_stop = False
        children = list(self.children.values())
        self._stop(children[1:], GRACE_SECONDS)
        self._stop(children[:1], LAST_GRACE_SECONDS)
        self.children.clear()

    def _stop(self, children: Sequence[Child], grace: float) -> None:
        for child in children:
            child.start_again_at = None
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and any(c.process.poll() is None for c in children):
            if self.asked_to_stop:  # asked twice: no more grace
                break
            self._listen(0.05)
        for child in children:
            child.kill_session()
            child.process.wait()
            if child.ended is None:
                self._close(child)


def _end_in_words(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with status {code}" if code else "ended"
