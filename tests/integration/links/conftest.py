"""A partner with five accounts, and an admin on the way to it. On both databases."""

import pytest

from tests.support.link_desk import LinkDesk, make_desk, sogecarte
from tests.support.scripted_partner import ScriptedPartner
from webapp.storage.database import Database


@pytest.fixture
def partner() -> ScriptedPartner:
    """A partner that lists two accounts and three cards, of which three are shared."""
    return sogecarte()


@pytest.fixture
def office(database: Database, partner: ScriptedPartner) -> LinkDesk:
    """An admin of a French entity."""
    return make_desk(database, partner)
