"""Small facts about operating-system processes that several commands need."""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
SUPERVISED = "CARDSYNC_SUPERVISED"


def _prctl() -> Callable[..., int] | None:
    """Load the C function before any fork: loading is not safe in a freshly forked child."""
    if not sys.platform.startswith("linux"):
        return None
    function: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return function


PRCTL = _prctl()


def die_with(parent: int, signal_number: int = signal.SIGKILL) -> None:
    """Have the kernel send ``signal_number`` to this process when its parent ends, however it ends.

    ``parent`` is the parent's process id as the parent knows it: where it has already ended, this
    process ends at once. Only Linux can do this; elsewhere nothing happens.
    """
    if PRCTL is None:
        return
    PRCTL(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal_number)


def tie_forks_to_parent() -> None:
    """Have every process forked from here end with the process that forked it.

    Called by what ``cardsync up`` starts, since the kernel's tie is not inherited: without it the
    work-horse of a killed worker would go on by itself.
    """
    parent = os.getpid()

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: die_with(parent))


def session_members(session: int) -> list[int]:
    """List the processes of a session, also those that left their process group.

    Empty where there is no ``/proc``.
    """
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The command name stands in parentheses and may itself hold any character.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we were looking
        state, in_session = fields[0], int(fields[3])
        if in_session == session and state != "Z":
            members.append(int(entry.name))
    return members


def obey_supervisor() -> None:
    """In a process that ``cardsync up`` started, tie what it will fork to it; else do nothing."""
    if os.environ.pop(SUPERVISED, None):
        tie_forks_to_parent()


def resident_mb() -> int:
    """Return the resident memory of this process in MB; 0 where there is no ``/proc``."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def limit_memory(megabytes: int) -> None:
    """Let this process have at most so much memory of its own; then allocations fail. 0: no limit.

    Counted is private memory that can be written (``RLIMIT_DATA``), not address space.
    """
    if megabytes:
        most = megabytes << 20
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
