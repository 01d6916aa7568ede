"""Whether the processes beside the web are alive, for ``cardsync doctor`` and the health page."""

from datetime import datetime

from rq import Worker

from webapp.jobs.queue import QUEUE, impatient
from webapp.storage.database import Database
from webapp.storage.heartbeats import seen_at

CLOCK = "clock"


def clock_seen_at(database: Database) -> datetime | None:
    """Return when a clock last gave a sign of life, if ever."""
    with database.read() as session:
        return seen_at(session, CLOCK)


def live_workers(redis_url: str) -> list[str]:
    """Return the names of the workers that listen on our queue.

    :raises redis.exceptions.RedisError: if Redis does not answer.
    """
    workers = Worker.all(connection=impatient(redis_url))
    return [worker.name for worker in workers if QUEUE in worker.queue_names()]
