"""Bring a database to the present schema, and say whether it is there."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from webapp.paths import PACKAGE
from webapp.storage.database import make_engine
from webapp.storage.tables import METADATA

FOLDER = PACKAGE / "storage" / "migrations"


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for ``url``, made here: there is no ini file to find."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply the missing migrations to the database at ``url``; doing it twice changes nothing."""
    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take migrations back down to ``revision``. Loses the data of the tables it removes."""
    command.downgrade(alembic_config(url), revision)


def is_current(engine: Engine) -> bool:
    """Say whether the database stands at the newest migration."""
    heads = ScriptDirectory(str(FOLDER)).get_heads()
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


def check(url: str) -> list[str]:
    """Return the differences between the tables in code and the migrated database at ``url``."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return [str(difference) for difference in compare_metadata(context, METADATA)]
    finally:
        engine.dispose()


def new_revision(url: str, message: str) -> None:
    """Write a new migration from the differences, for a maintainer to read and finish."""
    command.revision(alembic_config(url), message=message, autogenerate=True)
