"""Databases to measure on: a SQLite file, and a PostgreSQL of our own where one can be started."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.support.databases import PostgresTemplate
from tests.support.postgres import running_postgres
from webapp.storage import migrate
from webapp.storage.database import Database

MakeDatabase = Callable[[], AbstractContextManager[Database]]


@contextmanager
def sqlite_database() -> Iterator[Database]:
    """Give a migrated SQLite file."""
    with tempfile.TemporaryDirectory(prefix="cardsync-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        migrate.upgrade(url)
        database = Database(url)
        yield database
        database.dispose()


def on_each_store() -> Iterator[tuple[str, MakeDatabase]]:
    """Yield each kind of database with what makes a fresh, migrated one."""
    yield "SQLite", sqlite_database
    with running_postgres() as maintenance_url:
        template = PostgresTemplate(maintenance_url, "bench")

        @contextmanager
        def postgres_database() -> Iterator[Database]:
            name = template.create()
            database = Database(template.url_of(name))
            yield database
            database.dispose()
            template.drop(name)

        yield "PostgreSQL", postgres_database
        template.close()
