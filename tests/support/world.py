"""A small world in the database: one legal entity, one interface, one card, one employee."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session, select

from cardsync_sdk.registry import Connector, Registry
from tests.support.scripted_bank import CARD
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User
from webapp.storage.secrets import SecretBox
from webapp.storage.transactions import BankTransaction
from webapp.sync.job import Engine
from webapp.sync.run import Result, sync_interface

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVATED = date(2026, 3, 17)
BOX = SecretBox({"test": bytes(32)})


@dataclass
class World:
    """Ids of what there is, and short ways to act on it."""

    database: Database
    engine: Engine
    entity_id: str
    interface_id: str
    account_id: str
    user_id: str

    def sync(self, day: date, hour: int = 6, **values: Any) -> Result | None:
        """Sync at ``hour`` UTC of ``day``, if it is due then."""
        now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        return self.sync_at(now, **values)

    def sync_at(self, now: datetime, **values: Any) -> Result | None:
        """Sync at an instant, if it is due then."""
        return sync_interface(self.engine, self.interface_id, owner="test", now=now, **values)

    def transactions(self) -> list[BankTransaction]:
        """Every transaction held, oldest first."""
        with self.database.read() as session:
            return list(
                session.exec(
                    select(BankTransaction).order_by(BankTransaction.day, BankTransaction.id)  # type: ignore[arg-type]
                )
            )

    def expenses(self) -> list[Expense]:
        """Every expense there is."""
        with self.database.read() as session:
            return list(session.exec(select(Expense)))

    def interface(self) -> Interface:
        """The interface as it stands."""
        with self.database.read() as session:
            return session.get_one(Interface, self.interface_id)

    def account(self) -> Account:
        """The card as it stands."""
        with self.database.read() as session:
            return session.get_one(Account, self.account_id)

    def change(self, model: type[Any], row_id: str, **values: Any) -> None:
        """Set columns of one row."""
        with self.database.write() as session:
            row = session.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    def attach(self, user_id: str | None = None, **values: Any) -> None:
        """Attach the card, by default to the employee and for ever."""
        with self.database.write() as session:
            session.add(
                Attachment(
                    account_id=self.account_id,
                    user_id=user_id or self.user_id,
                    created_at=EPOCH,
                    **values,
                )
            )


def fates(result: Result | None) -> dict[str, int]:
    """Return the counts of a result that are not zero."""
    assert result is not None, "nothing was due"
    return {fate.value: count for fate, count in result.counts.items() if count}


def make_world(
    database: Database,
    *connectors: Connector,
    attached: bool = True,
    activated_on: date = ACTIVATED,
    account: Mapping[str, Any] | None = None,
    timezone: str = "Europe/Paris",
    interface_id: str | None = None,
) -> World:
    """Insert the world; the interface belongs to the first of ``connectors`` and is due at once.

    :param interface_id: for stories whose nights must fall at the same minute each time.
    """
    registry = Registry({connector.info.slug: connector for connector in connectors})
    ids = {name: new_id() for name in ("entity_id", "interface_id", "account_id", "user_id")}
    ids["interface_id"] = interface_id or ids["interface_id"]
    world = World(database, Engine(database, registry, BOX), **ids)
    with database.write() as session:
        _add_people(session, world, timezone)
        session.add(
            Interface(
                id=world.interface_id,
                legal_entity_id=world.entity_id,
                connector=connectors[0].info.slug,
                label="Scripted",
                state=InterfaceState.ACTIVE,
                activated_on=activated_on,
                created_at=EPOCH,
                next_due_at=EPOCH,
                due_reason=DueReason.FIRST,
            )
        )
        _add_card(session, world, account or {})
    if attached:
        world.attach()
    return world


def _add_people(session: Session, world: World, timezone: str) -> None:
    group = Group(name="Exemple", created_at=EPOCH)
    session.add(group)
    session.flush()
    session.add(
        LegalEntity(
            id=world.entity_id,
            group_id=group.id,
            name="Exemple SAS",
            timezone=timezone,
            created_at=EPOCH,
        )
    )
    session.add(
        User(
            id=world.user_id,
            group_id=group.id,
            email=f"{world.user_id.lower()}@example.org",
            name="Camille Martin",
            created_at=EPOCH,
        )
    )
    session.flush()


def _add_card(session: Session, world: World, values: Mapping[str, Any]) -> None:
    identity = AccountIdentity(legal_entity_id=world.entity_id, key=CARD, created_at=EPOCH)
    session.add(identity)
    session.flush()
    defaults: dict[str, Any] = {
        "id": world.account_id,
        "legal_entity_id": world.entity_id,
        "interface_id": world.interface_id,
        "identity_id": identity.id,
        "external_ref": CARD,
        "kind": "card",
        "name": "Card of Camille",
        "currency": "EUR",
        "payment_mode": "company",
        "created_at": EPOCH,
    }
    session.add(Account(**{**defaults, **values}))
