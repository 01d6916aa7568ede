"""Our one queue: how it is reached, what it may hold, and what a job may be."""

from collections.abc import Callable
from typing import Any, Final

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from webapp.jobs import tasks

QUEUE: Final = "sync"
SERIALIZER: Final = "json"
# By exact name: whoever can write to Redis could otherwise have any function called.
TASKS: Final[dict[str, Callable[..., object]]] = {
    "sync_due": tasks.sync_due,
    "send_notices": tasks.send_notices,
}

# Two tries of it leave a page within a second.
SHORT_SECONDS: Final = 0.4
PATIENCE = Retry(ExponentialBackoff(cap=2, base=0.05), retries=60)


class TaskRefused(Exception):
    """A job asks for something that is not one of our tasks."""


class TimeIsUp(BaseException):
    """A job ran past its time. No ``Exception``, which a plugin might swallow by mistake."""


class Deadline(UnixSignalDeathPenalty):
    """RQ's alarm, raising what a plugin cannot swallow by mistake."""

    def __init__(self, timeout: int, exception: Any = JobTimeoutException, **values: Any) -> None:
        chosen = TimeIsUp if exception is JobTimeoutException else exception
        super().__init__(timeout, chosen, **values)  # type: ignore[no-untyped-call]


class SafeJob(Job):
    """A job that can only be one of our tasks, whatever its stored fields say.

    Callbacks and webhooks are ignored: they are names and addresses read from Redis.
    """

    @property
    def func(self) -> Callable[..., object]:
        """Return the task, by exact name.

        :raises TaskRefused: for any other name.
        """
        try:
            return TASKS[self.func_name or ""]
        except KeyError:
            raise TaskRefused(f"{self.func_name!r} is not one of our tasks") from None

    @property
    def success_callback(self) -> None:
        """Call nothing."""
        return

    @property
    def failure_callback(self) -> None:
        """Call nothing."""
        return

    @property
    def stopped_callback(self) -> None:
        """Call nothing."""
        return

    def send_webhooks(self, status: object, *, exc_string: str | None = None) -> None:
        """Send nothing."""


def impatient(url: str) -> Redis:
    """Return a client for a page or a clock: it answers within a second or gives up."""
    return Redis.from_url(
        url,
        socket_timeout=SHORT_SECONDS,
        socket_connect_timeout=SHORT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def patient(url: str) -> Redis:
    """Return a client for a worker: it bridges a Redis that is away for a minute or so."""
    return Redis.from_url(
        url,
        retry=PATIENCE,
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )


def queue(connection: Redis) -> Queue:
    """Return our queue on ``connection``."""
    return Queue(QUEUE, connection=connection, serializer=SERIALIZER, job_class=SafeJob)
