"""Alembic's entry: runs the migrations on the address that ``migrate.py`` gives."""

from typing import Any, Literal

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event
from sqlmodel.sql.sqltypes import AutoString

from webapp.storage.columns import UtcDateTime
from webapp.storage.database import make_engine
from webapp.storage.tables import METADATA


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write plain SQLAlchemy types, so that a migration needs nothing of this code base."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def let_tables_be_copied(connection: Any, _record: Any) -> None:
    """Have SQLite not guard references: a batch drops a table and puts its copy in its place.

    With the guard the drop fails as soon as a row of another table refers to one of it. It cannot
    be turned off within a transaction, and a migration is one.
    """
    connection.execute("PRAGMA foreign_keys=OFF")


def refuse_broken_references(ctx: MigrationContext, *_step: Any, **_details: Any) -> None:
    """Look after the references that were not guarded, while the migration can still be undone.

    :raises RuntimeError: naming the tables.
    """
    if ctx.connection is None:
        return
    broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"a migration left rows of {broken[0]} that refer to no {broken[2]}")


engine = make_engine(context.config.attributes["url"])
is_sqlite = engine.dialect.name == "sqlite"
if is_sqlite:
    event.listen(engine, "connect", let_tables_be_copied)

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
        on_version_apply=refuse_broken_references if is_sqlite else None,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
