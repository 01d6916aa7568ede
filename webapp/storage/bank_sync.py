"""What the guided path to automatic bank sync reads, for several legal entities at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, and_, col, func, select

from webapp.storage.accounts import Account, Attachment, HeldAccount
from webapp.storage.interfaces import Interface, LinkVisit
from webapp.storage.people import User


@dataclass(frozen=True, slots=True)
class Connected:
    """An interface with what it shares, and who holds each account."""

    interface: Interface
    accounts: list[HeldAccount]


def connected(session: Session, entity_ids: Collection[str]) -> dict[str, list[Connected]]:
    """Return the interfaces of each legal entity, the oldest first, in two queries."""
    interfaces = session.exec(
        select(Interface)
        .where(col(Interface.legal_entity_id).in_(entity_ids))
        .order_by(col(Interface.created_at), col(Interface.id))
    ).all()
    held = _held(session, entity_ids)
    found: dict[str, list[Connected]] = {entity_id: [] for entity_id in entity_ids}
    for one in interfaces:
        found[one.legal_entity_id].append(Connected(one, held.get(one.id, [])))
    return found


def _held(session: Session, entity_ids: Collection[str]) -> dict[str, list[HeldAccount]]:
    rows = session.exec(
        select(Account, User.id, User.name)
        .outerjoin(
            Attachment,
            and_(col(Attachment.account_id) == col(Account.id), col(Attachment.ends_on).is_(None)),
        )
        .outerjoin(User, col(User.id) == col(Attachment.user_id))
        .where(col(Account.legal_entity_id).in_(entity_ids), col(Account.shared))
        .order_by(col(Account.name), col(Account.id))
    ).all()
    held: dict[str, list[HeldAccount]] = {}
    for account, holder_id, holder_name in rows:
        one = HeldAccount(account, holder_id, holder_name)
        held.setdefault(account.interface_id, []).append(one)
    return held


def under_way(session: Session, entity_ids: Collection[str]) -> dict[str, datetime]:
    """Return when somebody last left for a partner's page and has not come back, by entity."""
    rows = session.exec(
        select(LinkVisit.legal_entity_id, func.max(LinkVisit.created_at))
        .where(col(LinkVisit.legal_entity_id).in_(entity_ids), col(LinkVisit.used_at).is_(None))
        .group_by(col(LinkVisit.legal_entity_id))
    ).all()
    return dict(rows)
