"""The worker: one RQ worker on our one queue, with everything imported before it forks."""

import contextlib
import logging
import os
import signal

from rq import Queue, Worker
from rq.job import Job

from webapp.config import Settings
from webapp.jobs import tasks
from webapp.jobs.postman import Compose, Post
from webapp.jobs.queue import QUEUE, SERIALIZER, Deadline, SafeJob, patient, queue
from webapp.processes import limit_memory

log = logging.getLogger(__name__)

# An idle worker looks after abandoned jobs every WORKER_TTL - 15 s at best; RQ's defaults would
# let one lie for a quarter of an hour.
WORKER_TTL = 60
MAINTENANCE_INTERVAL = 30
MONITORING_INTERVAL = 10


class SyncWorker(Worker):
    """RQ's forking worker with our deadline."""

    death_penalty_class = Deadline
    memory_mb = 0

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Do one job in the forked child."""
        tasks.forget_connections()
        limit_memory(self.memory_mb)
        super().main_work_horse(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        """Have the shift under way begin nothing more, so that the job ends soon."""
        log.info("worker %s ends after the syncs under way", self.name)
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGUSR1)


def main(settings: Settings, compose: Compose | None = None) -> None:
    """Work until told to stop; the job under way is finished first.

    :param compose: writes the text of a message; without, no mail is sent.
    :raises ValueError: if no Redis is configured.
    """
    if settings.redis_url is None:
        raise ValueError("the worker needs REDIS_URL")
    tasks.prepare(
        tasks.make_engine(settings), compose and post_of(settings, compose), tasks.crew_of(settings)
    )
    # Until a shift listens to it, and in any other job, it says nothing.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    connection = patient(settings.redis_url)
    worker = SyncWorker(
        [queue(connection)],
        connection=connection,
        job_class=SafeJob,
        serializer=SERIALIZER,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        job_monitoring_interval=MONITORING_INTERVAL,
        log_job_description=False,
        # What a dead child held is freed at once: its leases need not run out first.
        work_horse_killed_handler=lambda _job, pid, *_how: tasks.bury(pid),
    )
    worker.memory_mb = settings.sync_memory_mb
    log.info("worker %s listens on %s", worker.name, QUEUE)
    worker.work(logging_level=settings.log_level.upper())


def post_of(settings: Settings, compose: Compose) -> Post | None:
    """Return how mail leaves, where the settings say it can."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return Post(settings.smtp_url.get_secret_value(), settings.mail_from, compose)
