"""The state of the practice bank: one SQLite file, one connection, one lock."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Db = sqlite3.Connection
Row = sqlite3.Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS app_user (
  id INTEGER PRIMARY KEY AUTOINCREMENT, signin TEXT NOT NULL, permanent INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS token (
  token TEXT PRIMARY KEY,
  id_user INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('permanent', 'temporary', 'code')),
  single INTEGER NOT NULL DEFAULT 0,
  expires TEXT
);
CREATE TABLE IF NOT EXISTS connection (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  id_user INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
  uuid TEXT NOT NULL, login TEXT NOT NULL, scenario TEXT NOT NULL,
  finished INTEGER NOT NULL DEFAULT 0, syncs INTEGER NOT NULL DEFAULT 0,
  state TEXT, error_message TEXT, created TEXT NOT NULL, consented TEXT NOT NULL,
  last_update TEXT, next_try TEXT
);
CREATE TABLE IF NOT EXISTS account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  id_connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
  id_parent INTEGER, key TEXT NOT NULL, type TEXT NOT NULL, deferred INTEGER NOT NULL,
  name TEXT NOT NULL, original_name TEXT NOT NULL, number TEXT NOT NULL, iban TEXT,
  currency TEXT NOT NULL, opening INTEGER NOT NULL,
  loaded_to TEXT, last_update TEXT, disabled TEXT, deleted TEXT
);
CREATE INDEX IF NOT EXISTS ix_account_connection ON account (id_connection);
CREATE TABLE IF NOT EXISTS txn (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  id_account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  date TEXT NOT NULL, rdate TEXT NOT NULL, application_date TEXT NOT NULL,
  value TEXT, type TEXT NOT NULL, coming INTEGER NOT NULL,
  wording TEXT NOT NULL, body TEXT NOT NULL,
  scraped TEXT NOT NULL, last_update TEXT NOT NULL, deleted TEXT, summary_of TEXT
);
CREATE INDEX IF NOT EXISTS ix_txn_account ON txn (id_account, id);
CREATE TABLE IF NOT EXISTS visit (
  id TEXT PRIMARY KEY,
  id_user INTEGER NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
  flow TEXT NOT NULL, lang TEXT NOT NULL, redirect_uri TEXT NOT NULL, state TEXT NOT NULL,
  code TEXT NOT NULL, anonymous INTEGER NOT NULL,
  uuid TEXT, id_connection INTEGER, done INTEGER NOT NULL DEFAULT 0
);
"""
# Ids of different things look different, so that a mix-up shows.
FIRST_IDS = {"app_user": 40, "connection": 309, "account": 8800, "txn": 700000}


class Practice:
    """The practice bank as a whole: its file, its clock and the wish to stop."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] | None = None) -> None:
        """Open the state in ``folder``, which is made if it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.real_clock = clock or _utc_now
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            folder / "practice.sqlite3", check_same_thread=False, isolation_level=None
        )
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(SCHEMA)
        with self.transaction() as db:
            for name, last in FIRST_IDS.items():
                db.execute(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last"
                    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)",
                    {"name": name, "last": last},
                )

    def begin(self) -> Db:
        """Wait until the bank is free and hold it alone; :meth:`end` lets it go."""
        self._lock.acquire()
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def end(self, *, keep: bool) -> None:
        """Keep or drop what was done since :meth:`begin`, and let the bank go."""
        self._db.execute("COMMIT" if keep else "ROLLBACK")
        self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """Hold the bank alone; what was done is kept unless an exception passes."""
        keep = False
        try:
            yield self.begin()
            keep = True
        finally:
            self.end(keep=keep)

    def close(self) -> None:
        """Wake whoever waits and close the file."""
        self.stopping.set()
        with self._lock:
            self._db.close()


def _utc_now() -> datetime:
    return datetime.now(UTC)


def get_meta(db: Db, key: str, default: Any) -> Any:
    """Return a kept JSON value or ``default``."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row["value"]) if row else default


def set_meta(db: Db, key: str, value: Any) -> None:
    """Keep a JSON value."""
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, json.dumps(value)),
    )


def insert(db: Db, table: str, values: Mapping[str, Any]) -> int:
    """Insert a row into one of our tables and return its id."""
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    # Table and column names are words of this package, never of a request.
    done = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", dict(values))  # noqa: S608
    return int(done.lastrowid or 0)
