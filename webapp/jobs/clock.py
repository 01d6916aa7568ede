"""The clock: every second it rings for what is due and tidies after dead runs.

Our own small process and not ``rq cron``, which forgets a night it slept through, doubles with two
schedulers and ends with the first lost connection. Two clocks do no harm: what is due stands in
rows, and a doorbell is marked before it is rung.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from webapp.config import Settings
from webapp.jobs.doorbell import Doorbell
from webapp.jobs.heartbeat import CLOCK
from webapp.storage.database import Database
from webapp.storage.heartbeats import beat
from webapp.storage.leases import due_interfaces, mark_rung
from webapp.storage.runs import reap_dead_runs

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
TIDY_EVERY_SECONDS = 10.0


class Clock:
    """Rings and tidies; what goes wrong in one tick is logged and the next one tries again."""

    def __init__(self, database: Database, ring: Callable[[str], bool]) -> None:
        self._database = database
        self._ring = ring
        self._tidied_at = float("-inf")

    def tick(self, now: datetime) -> int:
        """Ring for everything that is due at ``now`` (business time); returns how many."""
        self._tidy()
        with self._database.read() as session:
            due = due_interfaces(session, now=now)
        if not due:
            return 0
        with self._database.write() as session:
            mark_rung(session, due)
        for interface_id in due:
            if not self._ring(interface_id):
                break  # Redis is away: the rows stay due, the next round rings again
        return len(due)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied_at < TIDY_EVERY_SECONDS:
            return
        with self._database.write() as session:
            beat(session, CLOCK)
            reaped = reap_dead_runs(session)
        self._tidied_at = time.monotonic()
        if reaped:
            log.warning("closed %s runs whose worker is gone", reaped)


def main(settings: Settings) -> None:
    """Tick until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database_url)
    clock = Clock(database, Doorbell(settings.redis_url).ring)
    log.info("the clock ticks")
    while not stop.wait(TICK_SECONDS):
        try:
            clock.tick(datetime.now(UTC))
        except Exception:  # a clock must outlive whatever happens in one second
            log.exception("a tick failed; the next one tries again")
    database.dispose()
