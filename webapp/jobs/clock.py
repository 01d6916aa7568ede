"""The clock: every second it rings for what is due; it tidies after dead runs, and sees late feeds.

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
from webapp.storage.notices import people_due
from webapp.storage.runs import reap_dead_runs
from webapp.sync.noticing import follow_all

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
TIDY_EVERY_SECONDS = 10.0


class Clock:
    """Rings and tidies; what goes wrong in one tick is logged and the next one tries again."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[str], bool],
        ring_for_mail: Callable[[], bool] | None = None,
    ) -> None:
        """Take what to ring with; ``ring_for_mail`` is left out where no mail can be sent."""
        self._database = database
        self._ring = ring
        self._ring_for_mail = ring_for_mail
        self._tidied_at = float("-inf")

    def tick(self, now: datetime) -> int:
        """Ring for everything that is due at ``now`` (business time); returns how many."""
        if time.monotonic() - self._tidied_at >= TIDY_EVERY_SECONDS:
            self._tidied_at = time.monotonic()
            self._tidy()
            self._notice(now)
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
        with self._database.write() as session:
            beat(session, CLOCK)
            reaped = reap_dead_runs(session)
        if reaped:
            log.warning("closed %s runs whose worker is gone", reaped)

    def _notice(self, now: datetime) -> None:
        """See which feeds became late, and ring for the notices that are due."""
        follow_all(self._database, now)
        if self._ring_for_mail is None:
            return
        with self._database.read() as session:
            due = people_due(session)
        if due:
            self._ring_for_mail()


def main(settings: Settings) -> None:
    """Tick until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database_url)
    doorbell = Doorbell(settings.redis_url)
    clock = Clock(
        database, doorbell.ring, doorbell.ring_for_mail if settings.smtp_url is not None else None
    )
    log.info("the clock ticks")
    while not stop.wait(TICK_SECONDS):
        try:
            clock.tick(datetime.now(UTC))
        except Exception:  # a clock must outlive whatever happens in one second
            log.exception("a tick failed; the next one tries again")
    database.dispose()
