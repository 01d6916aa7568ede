"""Whether the processes beside the web are alive, for ``cardsync doctor`` and the health page."""

from datetime import UTC, datetime, timedelta

from rq import Worker

from webapp.jobs.queue import QUEUE, impatient
from webapp.storage.database import Database
from webapp.storage.heartbeats import seen_at

CLOCK = "clock"
# An idle worker gives a sign of life every 45 s; one killed with -9 stays registered longer.
SILENT_FOR = timedelta(seconds=90)


def clock_seen_at(database: Database) -> datetime | None:
    """Return when a clock last gave a sign of life, if ever."""
    with database.read() as session:
        return seen_at(session, CLOCK)


def live_workers(redis_url: str) -> list[str]:
    """Return the names of the workers that listen on our queue.

    :raises redis.exceptions.RedisError: if Redis does not answer.
    """
    since = datetime.now(UTC) - SILENT_FOR
    return [
        worker.name
        for worker in Worker.all(connection=impatient(redis_url))
        if QUEUE in worker.queue_names()
        and worker.last_heartbeat is not None
        and worker.last_heartbeat.replace(tzinfo=UTC) >= since
    ]
