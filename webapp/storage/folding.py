"""Text folded for a search inside the database: small letters, no accents, alike in both kinds.

SQLite lowers ASCII letters only and PostgreSQL as its locale says, so both are told each letter.
"""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from webapp.domain.searching import ACCENTED, PLAIN


class fold_text(GenericFunction[str]):  # noqa: N801  # it is written like a function of SQL
    """``fold_text(x)``: the same as :func:`webapp.domain.searching.folded`."""

    type = String()
    inherit_cache = True


@compiles(fold_text)
def _translated(element: Any, compiler: SQLCompiler, **values: Any) -> str:
    (text,) = element.clauses
    return f"lower(translate({compiler.process(text, **values)}, '{ACCENTED}', '{PLAIN}'))"


@compiles(fold_text, "sqlite")
def _replaced(element: Any, compiler: SQLCompiler, **values: Any) -> str:
    (text,) = element.clauses
    sql = compiler.process(text, **values)
    for accented, plain in zip(ACCENTED, PLAIN, strict=True):
        sql = f"replace({sql}, '{accented}', '{plain}')"
    return f"lower({sql})"
