"""What ``cardsync up`` does before it serves: migrations, demo data, the first admin's link."""

from collections.abc import Mapping, Sequence

from webapp.config import Settings
from webapp.storage import migrate
from webapp.storage.database import Database


def prepare(settings: Settings, practice: Mapping[str, str]) -> Sequence[str]:
    """Prepare the database; return the lines to show once the pages are served.

    ``practice`` says at which address each practice server answers. Doing it again keeps the data.
    """
    migrate.upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        if settings.demo:
            return _fill_demo(database, settings, practice)
        return _invite_first_admin(database, settings)
    finally:
        database.dispose()


def _fill_demo(
    database: Database, settings: Settings, practice: Mapping[str, str]
) -> Sequence[str]:
    from webapp import demo

    if demo.seed(database, settings):
        _give_demo_past(settings)
    for name, address in practice.items():
        demo.use_sandbox(database, settings, name, address)
    return demo.first_steps()


def _give_demo_past(settings: Settings) -> None:
    from datetime import UTC, datetime

    from webapp.demo.history import give_past, tell_more
    from webapp.jobs.tasks import make_engine

    engine = make_engine(settings)
    now = datetime.now(UTC)
    give_past(engine, settings.folder.uploads, now)
    tell_more(engine, settings.folder.uploads, now)
    engine.database.dispose()


def _invite_first_admin(database: Database, settings: Settings) -> Sequence[str]:
    from webapp.setup import first_admin_link

    link = first_admin_link(database, settings)
    if link is None:
        return []
    return ["Nobody can log in yet. The first admin opens this link, once:", f"  {link}"]
