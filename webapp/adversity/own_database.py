"""A database of its own to play in, made and removed here; nobody else's is ever touched."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from webapp.storage import migrate
from webapp.storage.database import Database


class NotOurs(Exception):
    """The address names something that is there already; nothing was changed."""


@contextmanager
def own_database(folder: Path, url: str | None = None) -> Iterator[Database]:
    """Give a fresh, migrated database, and remove it in the end.

    :param folder: where the SQLite file is made.
    :param url: a PostgreSQL database in which a schema of our own is made; without, SQLite.
    :raises NotOurs: if ``url`` is no PostgreSQL database.
    """
    if url is None:
        with _opened(f"sqlite:///{folder / 'adversity.db'}") as database:
            yield database
        return
    if not url.startswith("postgresql"):
        raise NotOurs("only a PostgreSQL address can be given: SQLite gets a file of its own")
    schema = f"cardsync_adversity_{secrets.token_hex(6)}"
    outside = Database(url)
    try:
        with outside.engine.begin() as connection:
            connection.execute(text(f'CREATE SCHEMA "{schema}"'))
        try:
            inside = make_url(url).update_query_dict({"options": f"-csearch_path={schema}"})
            with _opened(inside.render_as_string(hide_password=False)) as database:
                yield database
        finally:
            with outside.engine.begin() as connection:
                connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
    finally:
        outside.dispose()


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    migrate.upgrade(url)
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()
