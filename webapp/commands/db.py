"""``cardsync db``: the schema of the database."""

import click

from webapp.commands.wording import first_line
from webapp.config import load_settings


@click.group()
def db() -> None:
    """Bring the database up to date."""


@db.command()
def upgrade() -> None:
    """Apply the missing migrations. Doing it twice changes nothing."""
    from sqlalchemy.exc import SQLAlchemyError

    from webapp.storage import migrate

    try:
        migrate.upgrade(load_settings().database_url)
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"The database cannot be used: {first_line(error)}. Correct DATABASE_URL, or start it."
        ) from error
    click.echo("The database is up to date.")


@db.command()
def check() -> None:
    """Compare the migrations with the tables in the code, on a new database of its own."""
    import tempfile
    from pathlib import Path

    from webapp.storage import migrate

    with tempfile.TemporaryDirectory(prefix="cardsync-") as folder:
        url = f"sqlite:///{Path(folder) / 'check.db'}"
        migrate.upgrade(url)
        differences = migrate.check(url)
    for difference in differences:
        click.echo(difference)
    if differences:
        raise click.ClickException('The migrations lag behind: run make migration m="…".')
    click.echo("The migrations and the tables agree.")


@db.command()
@click.argument("message")
def migration(message: str) -> None:
    """Write a migration named MESSAGE from the differences, for a maintainer to finish."""
    import tempfile
    from pathlib import Path

    from webapp.storage import migrate

    with tempfile.TemporaryDirectory(prefix="cardsync-") as folder:
        url = f"sqlite:///{Path(folder) / 'before.db'}"
        migrate.upgrade(url)
        migrate.new_revision(url, message)
