"""A fresh, migrated database for each test, copied from one that was migrated once."""

import os
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from webapp.storage import migrate


class SqliteTemplate:
    """One migrated SQLite file, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "template.db"
        migrate.upgrade(f"sqlite:///{self.path}")
        # Everything into the one file, so that copying it copies all.
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def create(self, folder: Path) -> str:
        """Copy the template into ``folder`` and return its address."""
        path = folder / "cardsync.db"
        shutil.copyfile(self.path, path)
        return f"sqlite:///{path}"


class PostgresTemplate:
    """One migrated PostgreSQL database, used as the template of each test's own."""

    def __init__(self, maintenance_url: str, label: str) -> None:
        self.maintenance_url = maintenance_url
        self.prefix = f"cardsync_test_{os.getpid()}_{label}"
        self.count = 0
        self.template = f"{self.prefix}_template"
        self._run("CREATE DATABASE {}", self.template)
        migrate.upgrade(self.url_of(self.template))

    def url_of(self, name: str) -> str:
        """Return cardsync's address of the database ``name`` on this server."""
        parts = urlsplit(self.maintenance_url)
        url = urlunsplit(parts._replace(path=f"/{name}"))
        if not parts.netloc:  # urlunsplit drops the slashes of an empty host
            url = url.replace("postgresql:/", "postgresql:///", 1)
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    def create(self) -> str:
        """Make a database like the template and return its name."""
        self.count += 1
        name = f"{self.prefix}_{self.count}"
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, self.template)
        return name

    def drop(self, name: str) -> None:
        """Drop the database ``name``, whoever is still connected."""
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def close(self) -> None:
        """Drop the template."""
        self.drop(self.template)

    def _run(self, statement: str, *names: str) -> None:
        identifiers = [sql.Identifier(name) for name in names]
        with psycopg.connect(self.maintenance_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*identifiers))
