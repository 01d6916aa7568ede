"""The supervisor of ``cardsync up`` with small programs: what dies, what hangs, what forks."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.support.installation import children, descendants, is_alive, until
from webapp.commands.supervisor import Program, Supervisor
from webapp.processes import SUPERVISED

pytestmark = pytest.mark.xdist_group("up")

STEADY = "import time; print('here', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STEADY
# Like an RQ worker: its work-horse leaves the process group and holds on to the pipe.
FORKING = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgrp()
print('here', flush=True)
time.sleep(600)
"""
DYING = "print('about to end', flush=True); raise SystemExit(3)"


def program(name: str, code: str, **options: bool) -> Program:
    return Program(name, [sys.executable, "-P", "-c", code], **options)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(said.append) as opened:
        opened.release_output()
        yield opened


def heard(supervisor: Supervisor, said: list[str], text: str) -> bool:
    return supervisor.wait(lambda: any(text in line for line in said), 20)


@pytest.mark.parametrize("code", [STEADY, DEAF, FORKING], ids=["steady", "deaf", "forking"])
def test_it_stops_within_seconds_and_leaves_nothing(
    code: str, supervisor: Supervisor, said: list[str]
) -> None:
    child = supervisor.start(program("it", code))
    assert heard(supervisor, said, "here")
    started = {child.process.pid, *descendants(child.process.pid)}
    began = time.monotonic()
    supervisor.stop_all()
    assert time.monotonic() - began < 8
    assert not any(map(is_alive, started))


def test_what_ends_is_started_again_each_time_later(
    supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.start(program("weak", DYING))
    assert heard(supervisor, said, "weak ended with status 3; starting it again in 0.5 s.")
    assert heard(supervisor, said, "weak ended with status 3; starting it again in 1 s.")


def test_what_is_killed_is_started_again_without_its_orphans(
    supervisor: Supervisor, said: list[str]
) -> None:
    child = supervisor.start(program("horse", FORKING))
    assert heard(supervisor, said, "here")
    (fork,) = until_children(child.process.pid)
    child.process.kill()
    assert heard(supervisor, said, "horse was killed by SIGKILL")
    assert until(lambda: not is_alive(fork), 5)


def until_children(parent: int) -> list[int]:
    assert until(lambda: bool(children(parent)), 5)
    return list(children(parent))


def test_a_later_start_may_have_another_command(supervisor: Supervisor, said: list[str]) -> None:
    first, later = program("it", DYING), program("it", STEADY)
    supervisor.start(Program("it", first.command, again=later.command))
    assert heard(supervisor, said, "it | about to end")
    assert heard(supervisor, said, "it | here")


def test_a_quiet_program_is_heard_when_it_ends(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(program("quiet", DYING, quiet=True))
    assert heard(supervisor, said, "quiet ended with status 3")
    assert said[0] == "   quiet | about to end"


def test_output_waits_until_it_is_released(said: list[str]) -> None:
    with Supervisor(said.append) as supervisor:
        child = supervisor.start(program("loud", "print('http://somewhere')"))
        assert supervisor.wait(lambda: child.failures > 0, 20)
        assert said == []
        supervisor.release_output()
        assert any("loud | http://somewhere" in line for line in said)


WORKER = """
import os, time
from webapp.processes import obey_supervisor
obey_supervisor()
if os.fork() == 0:
    os.setpgrp()
time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ties processes so")
def test_what_a_supervised_process_forked_ends_with_it() -> None:
    """A work-horse whose worker was killed must not go on by itself."""
    worker = subprocess.Popen(
        [sys.executable, "-P", "-c", WORKER], env={**os.environ, SUPERVISED: "1"}
    )
    horse = until_children(worker.pid)[0]
    # The tie is made right after the fork; leaving the group comes later.
    assert until(lambda: os.getpgid(horse) == horse, 5)
    worker.kill()
    worker.wait()
    assert until(lambda: not is_alive(horse), 5)
