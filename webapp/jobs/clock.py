"""The clock: every second it rings for what is due; it tidies after dead runs, and sees late feeds.

Our own small process and not ``rq cron``, which forgets a night it slept through, doubles with two
schedulers and ends with the first lost connection. Two clocks do no harm: what is due stands in
rows, and a ring names nothing.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from webapp.config import Settings
from webapp.domain.webhooks import REMEMBERED_FOR
from webapp.jobs.doorbell import Doorbell
from webapp.jobs.heartbeat import CLOCK
from webapp.storage.database import Database
from webapp.storage.heartbeats import beat
from webapp.storage.leases import count_due
from webapp.storage.notices import people_due
from webapp.storage.reaping import reap
from webapp.storage.rhythms import plan_anew
from webapp.storage.webhooks import forget_old
from webapp.sync.noticing import follow_all

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
TIDY_EVERY_SECONDS = 10.0
# More due than this make no more workers come.
COUNTED_AT_MOST = 500


class Clock:
    """Rings and tidies; what goes wrong in one tick is logged and the next one tries again."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[int], bool],
        ring_for_mail: Callable[[], bool] | None = None,
    ) -> None:
        """Take what to ring with, which is told how many interfaces are due.

        :param ring_for_mail: left out where no mail can be sent.
        """
        self._database = database
        self._ring = ring
        self._ring_for_mail = ring_for_mail
        self._tidied_at = float("-inf")

    def tick(self, now: datetime) -> int:
        """Ring if anything is due and free at ``now`` (business time); returns how many are."""
        if time.monotonic() - self._tidied_at >= TIDY_EVERY_SECONDS:
            self._tidied_at = time.monotonic()
            self._tidy(now)
            self._notice(now)
        with self._database.read() as session:
            due = count_due(session, now=now, most=COUNTED_AT_MOST)
        if due:
            self._ring(due)  # where Redis is away, the rows stay due: the next tick rings again
        return due

    def _tidy(self, now: datetime) -> None:
        with self._database.write() as session:
            beat(session, CLOCK)
            reaped = reap(session, now=now)
            replanned = plan_anew(session, now)
            forget_old(session, now - REMEMBERED_FOR)
        if reaped.runs:
            log.warning("closed %s runs whose worker is gone", reaped.runs)
        if replanned:
            log.warning("planned %s nights anew: the clock was ahead of its time", replanned)

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
        database,
        doorbell.ring_for,
        doorbell.ring_for_mail if settings.smtp_url is not None else None,
    )
    log.info("the clock ticks")
    while not stop.wait(TICK_SECONDS):
        try:
            clock.tick(datetime.now(UTC))
        except Exception:  # a clock must outlive whatever happens in one second
            log.exception("a tick failed; the next one tries again")
    database.dispose()
