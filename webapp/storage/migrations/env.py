"""Alembic's entry: runs the migrations on the address that ``migrate.py`` gives."""

from typing import Any, Literal

from alembic import context
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


engine = make_engine(context.config.attributes["url"])

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
