"""An admin who sets out to a scripted partner and comes back, in one legal entity."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlmodel import SQLModel, col, select

from cardsync_sdk import AccountKind
from cardsync_sdk.registry import Registry
from tests.support.scripted_partner import ScriptedPartner, card
from webapp.storage import links
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User
from webapp.storage.secrets import SecretBox
from webapp.sync.links import LinkProblem
from webapp.sync.visits import (
    Arrival,
    Desk,
    Traveller,
    begin_visit,
    finish_visit,
    hash_of,
)

# 00:30 on the 18th in Paris, still the 17th in UTC.
NOW = datetime(2026, 3, 17, 23, 30, tzinfo=UTC)
BOX = SecretBox({"test": bytes(32)})
RETURN_URL = "https://cards.example.org/link/return"
IBAN = "FR7630006000011234567890189"


def sogecarte() -> ScriptedPartner:
    """Return a partner with one bank: two accounts and three cards, of which three are shared."""
    listed = (
        card("a1", kind=AccountKind.ACCOUNT, iban=IBAN),
        card("a2", kind=AccountKind.ACCOUNT, shared=False),
        card("c1", number_masked="4970 10XX XXXX 1234", holder_name="Hélène Martin"),
        card("c2", shared=False),
        card("c3"),
    )
    return ScriptedPartner({"310": ("Sogécarte Net", listed)})


@dataclass
class LinkDesk:
    """An admin's desk in one legal entity, with the partner it reaches."""

    desk: Desk
    partner: ScriptedPartner
    by: Traveller

    def begin(self, interface: Interface | None = None) -> str:
        """Set out; returns the one-time state that went along."""
        url = begin_visit(
            self.desk,
            self.by,
            connector=self.partner.connector(),
            return_url=RETURN_URL,
            language="fr",
            interface=interface,
        )
        assert isinstance(url, str), url
        return parse_qs(urlsplit(url).query)["state"][0]

    def come_back(self, state: str, **params: str) -> Arrival | LinkProblem:
        """Come back with this state."""
        with self.desk.database.read() as session:
            visit = links.visit_of_state(session, hash_of(state))
        assert visit is not None
        return finish_visit(self.desk, self.by, visit, {"state": state, **params})

    def connect(self) -> Arrival:
        """Go and come back."""
        arrival = self.come_back(self.begin())
        assert isinstance(arrival, Arrival), arrival
        return arrival

    def all(self, model: type[SQLModel]) -> list[Any]:
        """Read every row of a table."""
        with self.desk.database.read() as session:
            return list(session.exec(select(model)))

    def accounts(self) -> dict[str, Account]:
        """Every account by the partner's ref."""
        with self.desk.database.read() as session:
            return {row.external_ref: row for row in session.exec(select(Account))}

    def interfaces(self) -> list[Interface]:
        """Every interface, the oldest first."""
        with self.desk.database.read() as session:
            return list(session.exec(select(Interface).order_by(col(Interface.id))))

    def later(self, **delta: int) -> "LinkDesk":
        """Return the same desk at a later instant."""
        return replace(self, by=replace(self.by, now=self.by.now + timedelta(**delta)))


def make_desk(database: Database, partner: ScriptedPartner) -> LinkDesk:
    """Found a French legal entity with an admin, whom ``partner`` awaits."""
    with database.write() as session:
        group = Group(name="Exemple", created_at=NOW)
        session.add(group)
        session.flush()
        entity = LegalEntity(group_id=group.id, name="Exemple SAS", created_at=NOW)
        user = User(group_id=group.id, email="admin@example.org", name="Ada", created_at=NOW)
        session.add_all([entity, user])
    connector = partner.connector()
    desk = Desk(database, BOX, Registry({connector.info.slug: connector}))
    return LinkDesk(desk, partner, Traveller(user.id, entity, NOW))


def dump(database: Database) -> str:
    """Return every value of every table as text."""
    with database.engine.connect() as connection:
        return "\n".join(
            repr(row)
            for table in database.metadata.sorted_tables
            for row in connection.execute(select(table))
        )
