"""Text folded for a search inside the database: small letters, no accents, alike in both kinds.

SQLite lowers ASCII letters only, so it is given our own function; PostgreSQL lowers as its locale
says, so it is told each letter.
"""

from sqlite3 import Connection
from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from webapp.domain.searching import ACCENTED, PLAIN, folded


class fold_text(GenericFunction[str]):  # noqa: N801  # it is written like a function of SQL
    """``fold_text(x)``: the same as :func:`webapp.domain.searching.folded`."""

    type = String()
    inherit_cache = True


@compiles(fold_text, "postgresql")
def _translated(element: Any, compiler: SQLCompiler, **values: Any) -> str:
    (text,) = element.clauses
    return f"lower(translate({compiler.process(text, **values)}, '{ACCENTED}', '{PLAIN}'))"


def teach_sqlite(connection: Connection) -> None:
    """Give a SQLite connection the function ``fold_text``."""
    connection.create_function("fold_text", 1, _folded, deterministic=True)


def _folded(text: str | None) -> str | None:
    return None if text is None else folded(text)
