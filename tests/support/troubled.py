"""Interfaces of the demo's people that are in trouble, and cards under them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import select

from tests.support.import_admin import entity_named
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import User

NOW = datetime.now(UTC)
BROKEN: dict[str, Any] = {
    "state": "needs_user",
    "next_due_at": None,
    "last_error_reason": "consent_expired",
}


def add_interface(
    database: Database, entity: str, label: str, *, ok_hours_ago: float = 1, **values: Any
) -> str:
    """Connect an interface whose last success is so many hours old."""
    fields = {
        "state": "active",
        "next_due_at": NOW + timedelta(hours=5),
        "last_ok_at": NOW - timedelta(hours=ok_hours_ago),
        **values,
    }
    row = Interface(
        legal_entity_id=entity_named(database, entity),
        connector="budget_insight",
        label=label,
        link_ref=new_id(),
        activated_on=NOW.date() - timedelta(days=60),
        created_at=NOW - timedelta(days=60),
        **fields,
    )
    with database.write() as session:
        session.add(row)
    return row.id


def add_card(database: Database, interface_id: str, email: str, **values: Any) -> None:
    """Share a card under an interface and attach it to somebody."""
    with database.write() as session:
        interface = session.get_one(Interface, interface_id)
        user = session.exec(select(User.id).where(User.email == email)).one()
        entity = interface.legal_entity_id
        identity = AccountIdentity(legal_entity_id=entity, key=new_id(), created_at=NOW)
        session.add(identity)
        session.flush()
        card = Account(
            legal_entity_id=entity,
            interface_id=interface_id,
            identity_id=identity.id,
            external_ref=identity.key,
            kind="card",
            name="Visa Affaires",
            number_last4="4821",
            currency="EUR",
            created_at=NOW,
            **{"last_ok_at": interface.last_ok_at, **values},
        )
        session.add(card)
        session.flush()
        session.add(Attachment(account_id=card.id, user_id=user, created_at=NOW))
