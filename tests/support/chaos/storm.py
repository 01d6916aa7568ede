"""The storm: every second or so something is killed, stopped or emptied; then all becomes calm."""

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from redis import RedisError
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, func, select, update

from tests.support.chaos.control import Control
from tests.support.chaos.fleet import Fleet, One
from tests.support.chaos.judge import Damage
from tests.support.chaos.person import Person
from tests.support.chaos.servers import OwnRedis
from webapp.domain.interfaces import InterfaceState, Outcome
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.runs import SyncRun

LOOK_EVERY_SECONDS = 0.1
A_DAY_IS_SECONDS = 1.0
PRESS_EVERY_SECONDS = 1.5
FAULT_SECONDS = (0.6, 1.6)
CALM_WITHIN_SECONDS = 120.0
REDIS_AWAY_SECONDS = 1.5


@dataclass
class Report:
    """What a storm came to."""

    seed: int
    database: str
    seconds: float
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    damage: Damage = field(default_factory=Damage)
    respawns: int = 0
    fenced_off: int = 0
    presses: int = 0
    answered: int = 0
    slowest_click: float = 0.0
    caught_up_after: float | None = None


@dataclass
class Storm:
    """Everything that the storm blows about. ``restart``: of the database, where it is a server."""

    fleet: Fleet
    redis: OwnRedis
    database: Database
    control: Control
    person: Person
    draw: random.Random
    report: Report
    lease_seconds: float
    restart: Callable[[], None] | None = None
    deck: list[str] = field(default_factory=list)
    later: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def blow(self, seconds: float) -> None:
        """Let it blow for so long."""
        begun = time.monotonic()
        fault_at = begun + 2.0
        day_at = press_at = begun
        while (now := time.monotonic()) < begun + seconds:
            self._keep_all_alive(now)
            if now >= day_at:
                day_at = now + A_DAY_IS_SECONDS
                self._next_day()
            if now >= press_at:
                press_at = now + PRESS_EVERY_SECONDS
                self.person.press()
            if now >= fault_at:
                fault_at = now + self.draw.uniform(*FAULT_SECONDS)
                self._fault()
            time.sleep(LOOK_EVERY_SECONDS)

    def become_calm(self) -> None:
        """End the storm: all alive, the bank in a good mood, business time past each retry."""
        while self.later:
            self.later.sort(key=lambda one: one[0])
            time.sleep(max(0.0, self.later[0][0] - time.monotonic()))
            self.later.pop(0)[1]()
        self._set(replace(self.control, calm=True))
        since = datetime.now(UTC)
        begun = time.monotonic()
        due_at = begun
        while time.monotonic() < begun + CALM_WITHIN_SECONDS:
            self._keep_all_alive(time.monotonic())
            if time.monotonic() >= due_at:
                due_at = time.monotonic() + 2 * A_DAY_IS_SECONDS
                self._make_due(since=since)
            if self._all_good(since):
                self.report.caught_up_after = time.monotonic() - begun
                break
            time.sleep(LOOK_EVERY_SECONDS)
        self._sum_up()

    def _sum_up(self) -> None:
        report = self.report
        report.respawns = sum(one.starts - 1 for one in self.fleet.members)
        report.fenced_off = self.fleet.fenced_off
        report.presses, report.answered = self.person.presses, self.person.answered
        report.slowest_click = self.person.slowest
        with self.database.read() as session:
            found = session.exec(select(SyncRun.outcome, func.count()).group_by(SyncRun.outcome))
            report.outcomes.update(dict(found.all()))

    def _keep_all_alive(self, now: float) -> None:
        for one in self.fleet.members:
            one.keep_alive()
        due = [one for one in self.later if one[0] <= now]
        self.later = [one for one in self.later if one[0] > now]
        for _, act in due:
            act()

    # Business time

    def _next_day(self) -> None:
        """A new day: the bank holds more, and every interface is due."""
        self._set(replace(self.control, counter=self.control.counter + 1))
        self._make_due()

    def _set(self, control: Control) -> None:
        self.control = control
        control.write(self.fleet.control)

    def _make_due(self, since: datetime | None = None) -> None:
        """Have everything due that is planned for later; with ``since`` what was not good then."""
        now = datetime.now(UTC)
        planned = update(Interface).where(
            col(Interface.state) == InterfaceState.ACTIVE, col(Interface.next_due_at) > now
        )
        if since is not None:
            planned = planned.where(
                (col(Interface.last_ok_at) < since) | col(Interface.last_ok_at).is_(None)
            )
        # A server that is starting again: the day comes a moment later.
        with contextlib.suppress(DBAPIError), self.database.write() as session:
            session.connection().execute(planned.values(next_due_at=now - timedelta(seconds=1)))

    def _all_good(self, since: datetime) -> bool:
        with self.database.read() as session:
            for one in session.exec(select(Interface)):
                if one.last_ok_at is None or one.last_ok_at < since or one.lease_until is not None:
                    return False
                if one.attempts or one.state != InterfaceState.ACTIVE or one.next_due_at is None:
                    return False
                if one.next_due_at <= datetime.now(UTC):
                    return False
            running = SyncRun.outcome == Outcome.RUNNING
            return session.exec(select(SyncRun.id).where(running).limit(1)).first() is None

    # Faults

    def _fault(self) -> None:
        faults: dict[str, Callable[[], None]] = {
            "kill -9 worker": lambda: self._one("worker").signal(signal.SIGKILL),
            "kill -9 horse": lambda: self._one("worker").signal_horses(signal.SIGKILL),
            "kill -9 worker and horse": lambda: self._one("worker").signal_all(signal.SIGKILL),
            "kill -9 clock": lambda: self._one("clock").signal(signal.SIGKILL),
            "kill -9 web": lambda: self._one("web").signal_all(signal.SIGKILL),
            "SIGSTOP beyond the lease": self._pause,
            "SIGTERM worker": lambda: self._one("worker").signal(signal.SIGTERM),
            "FLUSHALL": self._flush,
            "Redis killed, back empty": self._lose_redis,
        }
        if self.restart is not None:
            faults["PostgreSQL restarted"] = self.restart
        if not self.deck:
            # Each once, in an order of its own, so that a short storm has them all.
            self.deck = self.draw.sample(list(faults), k=len(faults))
        name = self.deck.pop()
        self.report.faults[name] += 1
        faults[name]()

    def _one(self, name: str) -> One:
        return self.draw.choice(self.fleet.named(name))

    def _pause(self) -> None:
        """Stop a worker with all it has started, and wake it when its leases have run out."""
        workers = self.fleet.named("worker")
        one = self.draw.choice([one for one in workers if one.horses()] or workers)
        pid = one.process.pid
        one.signal_all(signal.SIGSTOP)

        def wake() -> None:
            if one.process.pid == pid:
                one.signal_all(signal.SIGCONT)

        self.later.append((time.monotonic() + 1.5 * self.lease_seconds, wake))

    def _flush(self) -> None:
        with contextlib.suppress(RedisError):
            self.redis.flush()

    def _lose_redis(self) -> None:
        if self.redis.process.poll() is None:
            self.redis.kill()
            self.later.append((time.monotonic() + REDIS_AWAY_SECONDS, self.redis.start))
