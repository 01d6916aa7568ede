"""The doorbell: tells a worker that an interface is due. What counts stands in the database.

A lost ring is harmless, a ring too many costs one refused claim.
"""

import logging
import time

from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError

from webapp.jobs.queue import impatient, queue

log = logging.getLogger(__name__)

# One ring per interface in this time; a job id of RQ stays taken while the job exists, also after
# its worker was killed, so the id changes with time.
BUCKET_SECONDS = 30
JOB_TIMEOUT_SECONDS = 900
WAITS_AT_MOST_SECONDS = 600
FAILURE_KEPT_SECONDS = 60


class Doorbell:
    """Rings the worker through RQ; without a Redis it stays silent and the clock does the rest."""

    def __init__(self, redis_url: str | None) -> None:
        self._queue = queue(impatient(redis_url)) if redis_url else None

    def ring(self, interface_id: str) -> bool:
        """Ask a worker to sync ``interface_id``; false if Redis could not be told.

        Never raises and takes at most about a second: a page or the clock calls it.
        """
        return self._enqueue("sync_run", f"sync-{interface_id}", interface_id)

    def ring_for_mail(self) -> bool:
        """Ask a worker to send the notices that are due; false if Redis could not be told.

        Never raises and takes at most about a second.
        """
        return self._enqueue("send_notices", "mail")

    def _enqueue(self, task: str, job: str, *ids: str) -> bool:
        if self._queue is None:
            return False
        bucket = int(time.time()) // BUCKET_SECONDS
        try:
            self._queue.enqueue(
                task,
                *ids,
                job_id=f"{job}-{bucket}",
                unique=True,
                job_timeout=JOB_TIMEOUT_SECONDS,
                ttl=WAITS_AT_MOST_SECONDS,
                result_ttl=0,
                failure_ttl=FAILURE_KEPT_SECONDS,
            )
        except DuplicateJobError:
            return True
        except RedisError as error:
            log.warning("the doorbell was not heard: %s", error)
            return False
        return True
