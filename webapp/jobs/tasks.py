"""What the queue may ask for. A task takes ids and decides nothing by itself."""

import logging
import os
import socket
from datetime import UTC, datetime

from cardsync_sdk.registry import discover
from webapp.config import Settings
from webapp.jobs.postman import Post, send_due
from webapp.storage.database import Database
from webapp.storage.secrets import SecretBox
from webapp.sync.job import Engine
from webapp.sync.run import sync_interface

log = logging.getLogger(__name__)

_engine: Engine | None = None
_post: Post | None = None


def make_engine(settings: Settings) -> Engine:
    """Build what runs need, from the settings."""
    return Engine(
        database=Database(settings.database_url),
        registry=discover(enabled=settings.plugins),
        secrets=SecretBox({key.id: key.key for key in settings.master_keys}),
    )


def prepare(engine: Engine, post: Post | None = None) -> None:
    """Set what the tasks of this process use: before the fork, so that no job pays for it.

    :param post: how mail leaves; without, notices stay in the outbox.
    """
    global _engine, _post  # RQ calls tasks by name, with ids only
    _engine, _post = engine, post


def forget_connections() -> None:
    """In a freshly forked child, leave the parent's pooled connections to the parent."""
    if _engine is not None:
        _engine.database.engine.dispose(close=False)


def worker_name() -> str:
    """Return a name for this process in leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def sync_run(interface_id: str) -> None:
    """Sync an interface if it is due and free; a doorbell rung twice costs nothing."""
    if _engine is None:
        raise RuntimeError("tasks.prepare was not called in this process")
    result = sync_interface(_engine, interface_id, owner=worker_name(), now=datetime.now(UTC))
    if result is not None:
        log.info(
            "sync of %s: %s, %s rows, next %s",
            interface_id,
            result.outcome,
            result.rows_seen,
            result.next_due_at,
        )


def send_notices() -> None:
    """Send the notices that are due; a doorbell rung twice costs nothing."""
    if _engine is None:
        raise RuntimeError("tasks.prepare was not called in this process")
    if _post is not None and (sent := send_due(_engine.database, _post)):
        log.info("sent %s messages", sent)
