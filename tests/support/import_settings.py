"""Short ways to save what is imported of the card of a :class:`World`."""

from datetime import UTC, date, datetime

from tests.support.world import World
from webapp.domain.interfaces import ImportMode
from webapp.storage.people import LegalEntity
from webapp.sync.attaching import Saved, Saver
from webapp.sync.import_settings import ImportChoice, save_import_choices, take_in

# 23:30 in Paris on the 19th.
NOW = datetime(2026, 3, 19, 22, 30, tzinfo=UTC)


def set_imports(
    world: World,
    mode: ImportMode | None = None,
    *,
    at: datetime = NOW,
    since: date | None = None,
    review_first: bool = False,
    first_day: date | None = None,
) -> Saved:
    """Save the settings of the card."""
    choice = ImportChoice(mode, since, review_first, first_day)
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        by = Saver(session, entity, world.user_id, at)
        return save_import_choices(by, world.interface_id, {world.account_id: choice})


def look_and_take(world: World, *ids: str, at: datetime = NOW) -> int:
    """Take in the transactions ``ids``, or all that wait."""
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        by = Saver(session, entity, world.user_id, at)
        return take_in(by, world.account_id, frozenset(ids) if ids else None)
