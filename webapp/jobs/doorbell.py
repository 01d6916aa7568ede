"""The doorbell: tells the workers that something is due. What counts stands in the database.

A lost ring is harmless, a ring too many costs one look at the rows.
"""

import logging
import time
from enum import Enum

from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from webapp.jobs.queue import impatient, queue

log = logging.getLogger(__name__)

# A job id of RQ stays taken while the job exists, also after its worker was killed, so the id
# changes with time.
BUCKET_SECONDS = 30
# Far beyond the end of any shift, which watches its fetches itself.
JOB_TIMEOUT_SECONDS = 2 * 3600
WAITS_AT_MOST_SECONDS = 600
FAILURE_KEPT_SECONDS = 60


# Interfaces that keep one worker busy, and the most workers that are asked for at once.
WORK_FOR_ONE = 32
WORKERS_AT_MOST = 8


class Heard(Enum):
    """Whether a ring was heard: now, by an earlier one that still stands, or not at all."""

    NOW = "now"
    ALREADY = "already"
    NOT = "not"


class Doorbell:
    """Rings the worker through RQ; without a Redis it stays silent and the clock does the rest."""

    def __init__(self, redis_url: str | None) -> None:
        self._queue = queue(impatient(redis_url)) if redis_url else None

    def ring(self) -> bool:
        """Ask a worker to do what is due; false if Redis could not be told.

        What is due stands in the rows, so a ring names nothing. A shift under way sees it anyway;
        one that is just ending might not, so then a further one is asked for.
        Never raises and takes at most about a second: a page calls it.
        """
        heard = self._enqueue("sync_due", "sync-0")
        if heard is Heard.ALREADY:
            heard = self._enqueue("sync_due", "sync-1")
        return heard is not Heard.NOT

    def ring_for(self, due: int) -> bool:
        """Ask as many workers as ``due`` interfaces are work for; false if Redis is away.

        Never raises and takes at most about a second: the clock calls it.
        """
        wanted = min(-(-due // WORK_FOR_ONE), WORKERS_AT_MOST)
        return all(
            self._enqueue("sync_due", f"sync-{number}") is not Heard.NOT for number in range(wanted)
        )

    def ring_for_mail(self) -> bool:
        """Ask a worker to send the notices that are due; false if Redis could not be told.

        Never raises and takes at most about a second.
        """
        return self._enqueue("send_notices", "mail") is not Heard.NOT

    def _enqueue(self, task: str, job: str) -> Heard:
        if self._queue is None:
            return Heard.NOT
        bucket = int(time.time()) // BUCKET_SECONDS
        try:
            self._queue.enqueue(
                task,
                job_id=f"{job}-{bucket}",
                unique=True,
                job_timeout=JOB_TIMEOUT_SECONDS,
                ttl=WAITS_AT_MOST_SECONDS,
                result_ttl=0,
                failure_ttl=FAILURE_KEPT_SECONDS,
            )
        except DuplicateJobError:
            return Heard.ALREADY
        except RedisError as error:
            log.warning("the doorbell was not heard: %s", error)
            return Heard.NOT
        return Heard.NOW
