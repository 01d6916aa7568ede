"""What the queue may ask for. A task takes nothing: what is due stands in the database."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from cardsync_sdk.registry import discover
from webapp.config import Settings
from webapp.jobs.postman import Post, send_due
from webapp.processes import SUPERVISED, resident_mb
from webapp.storage.database import Database
from webapp.storage.reaping import reap
from webapp.storage.secrets import SecretBox
from webapp.sync.job import Engine
from webapp.sync.shift import Crew, Shift

log = logging.getLogger(__name__)

# Of the memory a worker may have: past this share it begins nothing more, and ends its shift.
NO_MORE_AT = 0.7

_engine: Engine | None = None
_crew: Crew = Crew()
_post: Post | None = None


def make_engine(settings: Settings) -> Engine:
    """Build what runs need, from the settings."""
    return Engine(
        database=Database(settings.database_url, lasting=False),
        registry=discover(enabled=settings.plugins),
        secrets=SecretBox({key.id: key.key for key in settings.master_keys}),
    )


def prepare(engine: Engine, post: Post | None = None, crew: Crew | None = None) -> None:
    """Set what the tasks of this process use: before the fork, so that no job pays for it.

    :param post: how mail leaves; without, notices stay in the outbox.
    :param crew: how shifts are manned.
    """
    global _engine, _post, _crew  # RQ calls tasks by name
    _engine, _post, _crew = engine, post, crew or Crew()


def forget_connections() -> None:
    """In a freshly forked child, leave the parent's pooled connections to the parent."""
    if _engine is not None:
        _engine.database.engine.dispose(close=False)


def worker_name(pid: int | None = None) -> str:
    """Return a name for this process in leases, or for the one ``pid`` of this machine."""
    return f"{socket.gethostname()}:{pid or os.getpid()}"


def crew_of(settings: Settings) -> Crew:
    """Return how the settings man a shift."""
    return Crew(
        threads=settings.sync_threads,
        memory_mb=int(settings.sync_memory_mb * NO_MORE_AT),
    )


def bury(pid: int) -> None:
    """Free what the dead process ``pid`` of this machine held; another run follows at once."""
    if _engine is None:
        return
    # This process lives long: its connections may be those of a server that was restarted since.
    _engine.database.engine.dispose()
    try:
        with _engine.database.write() as session:
            reap(session, now=datetime.now(UTC), owner=worker_name(pid))
    except SQLAlchemyError:
        log.exception("what %s held is freed when its lease has run out", worker_name(pid))


def sync_due() -> None:
    """Sync whatever is due until nothing is; a doorbell rung twice costs nothing."""
    if _engine is None:
        raise RuntimeError("tasks.prepare was not called in this process")
    done = make_shift(_engine, _crew).work()
    if done:
        log.info("%s syncs done in this shift", done)


def make_shift(engine: Engine, crew: Crew) -> Shift:
    """Make a shift of this process: on real time, ended early by SIGUSR1 (see the worker)."""
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, lambda *_: stop.set())
    return Shift(
        engine,
        owner=worker_name(),
        clock=lambda: datetime.now(UTC),
        alone=sync_alone,
        crew=crew,
        stop=stop,
        memory=resident_mb,
    )


def sync_alone(interface_id: str) -> subprocess.Popen[bytes]:
    """Start a process of its own that syncs one interface, and ends with this one."""
    # Not a fork: this process has threads.
    return subprocess.Popen(  # noqa: S603  # our own command, with an id of ours
        [sys.executable, "-P", "-m", "webapp.cli", "sync", "--if-due", "--interface", interface_id],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, SUPERVISED: "1"},
    )


def send_notices() -> None:
    """Send the notices that are due; a doorbell rung twice costs nothing."""
    if _engine is None:
        raise RuntimeError("tasks.prepare was not called in this process")
    if _post is not None and (sent := send_due(_engine.database, _post)):
        log.info("sent %s messages", sent)
