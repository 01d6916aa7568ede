"""The database: its engine and our session habits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

from webapp.storage import tables
from webapp.storage.folding import teach_sqlite

BUSY_TIMEOUT_MS = 10_000


class Database:
    """An engine with our session habits: ``write()`` for changes, ``read()`` for pages."""

    def __init__(self, url: str, *, lasting: bool = True) -> None:
        """Open ``url``.

        :param lasting: connections may outlive a restart of the server, so each is tried before it
            is used. A process that ends within minutes, as a shift does, is spared that.
        """
        self.url = url
        self.metadata = tables.METADATA
        self.engine = make_engine(url, lasting=lasting)
        # SQLite lets one write at a time, and who waits for it polls: of many threads some would
        # never get in. They queue up here; only processes are left to poll.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session in one write transaction: committed at the end, rolled back on error.

        On SQLite it begins with ``BEGIN IMMEDIATE``: the default loses updates without an error.
        """
        with self._turn, Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session for reading; nothing is committed."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        """Close every pooled connection, as before a fork."""
        self.engine.dispose()


def make_engine(url: str, *, lasting: bool = True) -> Engine:
    """Make an engine for ``url``; SQLite gets WAL, foreign keys and explicit transactions."""
    if not url.startswith("sqlite"):
        # The one given back last is taken first: it knows the statements already.
        return create_engine(
            url, pool_pre_ping=lasting, pool_use_lifo=True, pool_size=8, max_overflow=12
        )
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late (before the first write, not the first read).
    connection.isolation_level = None
    teach_sqlite(connection)
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "")
    connection.exec_driver_sql(f"BEGIN {mode}")
