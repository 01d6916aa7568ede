"""A shift: one process works off what is due, many interfaces at once, each contained.

Threads, since a fetch is mostly waiting. What a thread cannot be protected from stays outside: an
interface whose run ended without a word is run in a process of its own (``alone``), where it can
take nobody along. What is due is read from the rows, not from the queue: a ring only begins a
shift, and a person's request is seen by one under way.
"""

import itertools
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from webapp.domain.schedule import FailureKind
from webapp.domain.turns import Due, share_of
from webapp.storage.leases import FencedOff
from webapp.storage.picking import awaited_now, count_groups, due_now
from webapp.storage.reaping import reap
from webapp.sync.failures import TOO_SLOW, Failure
from webapp.sync.job import Engine
from webapp.sync.run import end_badly, run_claimed
from webapp.sync.taking import Seats, Taken, room_at, take
from webapp.sync.watching import Watch

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crew:
    """How a shift is manned.

    :param threads: interfaces synced at once. :param alone: of them in processes of their own.
    :param desks: of them, those that write or think at once; the others wait for their source.
    :param ahead: interfaces taken over beyond that, so that no thread waits for its next.
    :param seconds: after this it begins nothing that nobody waits for, once no fetch is slow.
    :param look_every: seconds between two looks at what is due.
    :param memory_mb: resident memory past which it takes nothing more; 0 for no limit.
    """

    threads: int = 32
    desks: int = 2
    ahead: int = 8
    alone: int = 2
    seconds: float = 120.0
    look_every: float = 0.1
    memory_mb: int = 0


# A fetch that has run for longer is slow: it waits on, and another begins in its seat. Waiting
# costs a thread, so there is an end to that: so many threads for each seat.
SLOW_SECONDS = 5.0
SLOW_FOR_ONE = 4
# Seats beyond all others, for what a person or a source waits for.
SPARE_SEATS = 4
PICKED_AT_ONCE = 200
PICKED_AGAIN_AFTER = 2.0
REAP_EVERY = 5.0
SPARE_SECONDS = 60.0


class Process(Protocol):
    """A process that runs one interface alone."""

    def poll(self) -> int | None:
        """Return how it ended, or ``None`` while it runs."""

    def kill(self) -> None:
        """End it at once."""


@dataclass(slots=True)
class Running:
    """A fetch under way; ``lost``: given up, its thread may never come back."""

    taken: Taken
    watch: Watch
    lost: bool = False

    @property
    def is_slow(self) -> bool:
        """Say whether it has been at it for so long that its seat is given to another."""
        return self.watch.age > SLOW_SECONDS


class Shift:
    """Works off what is due until nothing is; see the module."""

    def __init__(
        self,
        engine: Engine,
        *,
        owner: str,
        clock: Callable[[], datetime],
        alone: Callable[[str], Process],
        crew: Crew = Crew(),  # frozen
        stop: threading.Event | None = None,
        memory: Callable[[], int] = lambda: 0,
    ) -> None:
        """Prepare a shift.

        :param owner: names this process in leases. :param clock: gives business time.
        :param alone: starts a process that syncs one interface, by its id.
        :param stop: set from outside, nothing more is begun.
        :param memory: the resident memory of this process, in MB.
        """
        self._engine, self._owner, self._clock, self._crew = engine, owner, clock, crew
        self._start_alone, self._memory = alone, memory
        self.stop = stop or threading.Event()
        self._orders: queue.PriorityQueue[tuple[int, int, Running | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._threads = 0
        self._lost = 0
        self._alone: dict[str, tuple[Process, float]] = {}
        self._picked: list[Due] = []
        self._picked_at = self._reaped_at = float("-inf")
        self._began = time.monotonic()
        self._share = crew.threads
        self._desk = threading.Semaphore(crew.desks)
        self.done = 0

    def work(self) -> int:
        """Work until nothing is due any more, or it is time to end; return how many were done."""
        with self._engine.database.read() as session:
            self._share = share_of(self._crew.threads, count_groups(session))
        while True:
            self._give_up_the_overdue()
            self._look_after_the_lonely()
            # Looked at first: a fetch that ends during the look may have made room at its source.
            idle = not self._running and not self._alone
            if not self._begin_safely() and idle and not self._alone:
                break
            time.sleep(self._crew.look_every)
        for _thread in range(self._threads):
            self._put(None)
        return self.done

    def _put(self, running: Running | None) -> None:
        """Order a run, who is waited for before all others; ``None`` sends a thread home."""
        urgency = 2 if running is None else int(not running.taken.due.awaited)
        self._orders.put((urgency, next(self._numbers), running))

    # --- What is begun -----------------------------------------------------------------------

    def _begin_safely(self) -> bool:
        """Begin what there is room for; without the database only end what is under way."""
        try:
            return self._begin_some()
        except SQLAlchemyError:
            log.exception("the database is away: the shift ends; the clock rings for the next")
            self.stop.set()
            return False

    def _begin_some(self) -> bool:
        """Begin what there is room for; say whether anything was, or might be at the next look."""
        with self._lock:
            quick = [one for one in self._running.values() if not one.is_slow]
            most = self._crew.threads * SLOW_FOR_ONE - len(self._running)
        free = min(self._crew.threads + self._crew.ahead - len(quick), most)
        # Where every seat is taken, who is waited for is begun all the same.
        only_awaited = self._closing or free < 1
        seats = min(SPARE_SEATS, most) if free < 1 else free
        if self.stop.is_set() or seats < 1:
            return False
        held = Counter(one.taken.due.group_id for one in quick)
        now = self._clock()
        due = self._pick(now, only_awaited=only_awaited)
        if not due:
            return False
        self._begin_alone([one for one in due if one.alone])
        together = [one for one in due if not one.alone]
        if not together:
            return False
        room = Seats(seats, self._share, held)
        taken = take(self._engine, together, room, owner=self._owner, now=now)
        gone = {one.due.interface_id for one in taken}
        self._picked = [one for one in self._picked if one.interface_id not in gone]
        for one in taken:
            self._begin(one)
        if not taken:
            # Others were quicker, or no source bears more: look at the rows again.
            self._picked, self._picked_at = [], float("-inf")
        return bool(taken)

    def _pick(self, now: datetime, *, only_awaited: bool) -> list[Due]:
        """Return who waits, then what was picked; from time to time the rows are read again."""
        with self._engine.database.read() as session:
            awaited = awaited_now(session, now, limit=self._crew.threads)
        if only_awaited:
            return awaited
        stale = time.monotonic() - self._picked_at > PICKED_AGAIN_AFTER
        if stale or not self._picked:
            self._reap(now)
            self._read_due(now)
        return [*awaited, *(one for one in self._picked if not one.awaited)]

    def _read_due(self, now: datetime) -> None:
        connectors = self._engine.registry.connectors
        with self._engine.database.write() as session:
            room = room_at(session, self._engine, connectors)
            full = [connector for connector, left in room.items() if left < 1]
            self._picked = due_now(session, now, without=full, limit=PICKED_AT_ONCE)
        self._picked_at = time.monotonic()

    def _reap(self, now: datetime) -> None:
        if time.monotonic() - self._reaped_at < REAP_EVERY:
            return
        self._reaped_at = time.monotonic()
        with self._engine.database.write() as session:
            reap(session, now=now)

    def _begin(self, taken: Taken) -> None:
        running = Running(taken, Watch(desk=self._desk))
        with self._lock:
            self._running[taken.due.interface_id] = running
            slow = sum(one.is_slow for one in self._running.values())
            wanted = min(len(self._running), self._crew.threads + slow + SPARE_SEATS)
        if wanted > self._threads - self._lost:
            self._threads += 1
            threading.Thread(target=self._serve, daemon=True, name="sync").start()
        self._put(running)

    @property
    def _closing(self) -> bool:
        """Say whether nothing more is begun but what somebody waits for."""
        if self._lost > self._crew.threads // 2:
            return True
        if 0 < self._crew.memory_mb < self._memory():
            return True
        slow = any(one.is_slow for one in list(self._running.values()))
        return time.monotonic() - self._began > self._crew.seconds and not slow

    # --- What is done ------------------------------------------------------------------------

    def _serve(self) -> None:
        """Do what is ordered, one after another: the body of a thread."""
        while (running := self._orders.get()[2]) is not None:
            running.watch.begins()
            try:
                self._run(running)
            finally:
                running.watch.ends()
            with self._lock:
                if running.lost:
                    return
                self._running.pop(running.taken.due.interface_id, None)
                self.done += 1

    def _run(self, running: Running) -> None:
        taken = running.taken
        try:
            result = run_claimed(self._engine, taken.claim, taken.run_id, running.watch)
        except Exception:
            # The database is away, or worse: the lease runs out, and the run is taken up again.
            log.exception("the run %s could not be ended", taken.run_id)
            return
        log.info(
            "sync of %s: %s, %s rows, next %s",
            taken.due.interface_id,
            result.outcome,
            result.rows_seen,
            result.next_due_at,
        )

    def _give_up_the_overdue(self) -> None:
        """End the runs whose source does not answer; their threads are written off."""
        for running in list(self._running.values()):
            why = running.watch.overdue(self._engine.limits)
            if why is None:
                continue
            with self._lock:
                running.lost = True
                self._lost += 1
                self._running.pop(running.taken.due.interface_id, None)
            log.warning("the run %s is given up: %s", running.taken.run_id, why)
            failure = Failure(FailureKind.UNAVAILABLE, TOO_SLOW, why)
            try:
                end_badly(self._engine, running.taken.claim, running.taken.run_id, failure)
            except FencedOff:
                continue  # it has ended by itself at this very moment
            except SQLAlchemyError:
                log.exception("what it held is freed when its lease has run out")

    # --- What runs alone ---------------------------------------------------------------------

    def _begin_alone(self, due: list[Due]) -> None:
        for one in due:
            if len(self._alone) >= self._crew.alone or one.interface_id in self._alone:
                continue
            process = self._start_alone(one.interface_id)
            self._alone[one.interface_id] = (process, time.monotonic())

    def _look_after_the_lonely(self) -> None:
        longest = self._engine.limits.fetch_seconds + SPARE_SECONDS
        for interface_id, (process, began) in list(self._alone.items()):
            if process.poll() is not None:
                del self._alone[interface_id]
                self._picked_at = float("-inf")
                self.done += 1
            elif time.monotonic() - began > longest:
                log.warning("the sync of %s, alone, takes too long: killed", interface_id)
                process.kill()
