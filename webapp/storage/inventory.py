"""Everything that is connected, over all legal entities, for the command line."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from webapp.storage.accounts import Account, Attachment
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity, User


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account that is synced, with the e-mail of who holds it now."""

    id: str
    name: str
    last4: str
    currency: str
    holder: str | None


@dataclass(frozen=True, slots=True)
class ListedInterface:
    """An interface with its accounts; ``next_due_at`` in ISO 8601, UTC."""

    id: str
    entity_id: str
    entity: str
    label: str
    connector: str
    state: str
    next_due_at: str | None
    accounts: list[ListedAccount] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def inventory(session: Session) -> list[ListedInterface]:
    """Return every interface with its shared accounts, in three queries."""
    found: dict[str, ListedInterface] = {}
    query = (
        select(Interface, LegalEntity)
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .order_by(col(LegalEntity.name), col(Interface.created_at))
    )
    for interface, entity in session.exec(query):
        due = interface.next_due_at
        found[interface.id] = ListedInterface(
            interface.id,
            entity.id,
            entity.name,
            interface.label or interface.institution or interface.connector,
            interface.connector,
            interface.state,
            due.isoformat(timespec="minutes") if due else None,
        )
    holders = _holders(session)
    accounts = select(Account).where(col(Account.shared)).order_by(col(Account.name))
    for account in session.exec(accounts):
        found[account.interface_id].accounts.append(
            ListedAccount(
                account.id,
                account.name,
                account.number_last4,
                account.currency,
                holders.get(account.id),
            )
        )
    return list(found.values())


def _holders(session: Session) -> dict[str, str]:
    query = (
        select(col(Attachment.account_id), col(User.email))
        .join(User, col(User.id) == col(Attachment.user_id))
        .where(col(Attachment.ends_on).is_(None))
    )
    return {row[0]: row[1] for row in session.exec(query)}
