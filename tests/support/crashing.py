"""A sync in a process of its own that dies at its n-th step, or finds its disk full (F10, F12)."""

import os
import resource
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event, make_url
from sqlmodel import Session

from cardsync_sdk.registry import Registry
from cardsync_sdk.types import IdTrait
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import BOX
from webapp.storage.database import Database
from webapp.sync.job import Engine
from webapp.sync.run import sync_interface

CRASHED: Final = 137
FAILED: Final = 3
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)
# The parent runs threads of the test's own: its children are forked by a process without any.
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def bank_of(trait: IdTrait) -> ScriptedBank:
    """Return a bank of three pages; two of its rows are equal but for their ids."""
    rows = [
        purchase(name if trait is IdTrait.STABLE else None, amount=-amount)
        for name, amount in (("a", 100), ("b", 200), ("c", 200), ("d", 300), ("e", 400))
    ]
    return ScriptedBank(rows, page_size=2, traits=frozenset({trait}))


def crash_at(step: int, url: str, interface_id: str, trait: IdTrait) -> int | None:
    """Sync in a process that dies at its ``step``-th step; return its exit code, 0 at the end.

    The steps are the fetch of each page, and the moments before and after each commit.
    """
    return _in_a_process(_crash, step, url, interface_id, trait)


def fill_disk_at(limit: int, url: str, interface_id: str, trait: IdTrait) -> int | None:
    """Sync in a process whose files may grow to ``limit`` bytes; return its exit code."""
    return _in_a_process(_fill_disk, limit, url, interface_id, trait)


def _in_a_process(target: Callable[..., None], *arguments: Any) -> int | None:
    process = _FORKS.Process(target=target, args=arguments)
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    return code


def _crash(step: int, url: str, interface_id: str, trait: IdTrait) -> None:
    left = step

    def count(*_any: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(CRASHED)

    database, bank = Database(url), bank_of(trait)
    bank.before_page = count

    def before_commit(_connection: Connection) -> None:
        count()

    event.listen(database.engine, "commit", before_commit)
    event.listen(Session, "after_commit", count)
    _sync(database, bank, interface_id)


def _fill_disk(limit: int, url: str, interface_id: str, trait: IdTrait) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    database = Database(url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        result = _sync(database, bank_of(trait), interface_id)
    except Exception:  # noqa: BLE001  # whatever it is, the rows must be whole
        os._exit(FAILED)
    os._exit(FAILED if result.failure else 0)


def _sync(database: Database, bank: ScriptedBank, interface_id: str) -> Any:
    connector = bank.connector()
    engine = Engine(database, Registry({connector.info.slug: connector}), BOX)
    return sync_interface(engine, interface_id, owner="one that crashes", now=NOW)


def log_of(url: str) -> Path:
    """Return the write-ahead log of a SQLite database."""
    return Path(f"{make_url(url).database}-wal")
