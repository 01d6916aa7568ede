"""The people of a group as their administrators see and change them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, tuple_
from sqlmodel import Session, col, delete, select, update

from webapp.domain.people import Grant, Role
from webapp.storage.accounts import Account, Attachment
from webapp.storage.logins import INVITED, withdraw_links
from webapp.storage.people import Group, LegalEntity, LoginSession, RoleGrant, User


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds: on a legal entity by its name, or (``None``) on the whole group."""

    id: str
    grant: Grant
    entity: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a group with their roles."""

    user: User
    roles: list[HeldRole]

    @property
    def grants(self) -> list[Grant]:
        """Return the roles without their names."""
        return [role.grant for role in self.roles]


@dataclass(frozen=True, slots=True)
class Key:
    """Where a person stands in the list, which goes on below them."""

    name: str
    id: str


def members(
    session: Session,
    entities: frozenset[str],
    whole_groups: frozenset[str],
    *,
    after: Key | None,
    limit: int,
) -> list[Member]:
    """Return people by name: all of ``whole_groups``, and those with a role on ``entities``.

    Those of a whole group hold that role on its entities too. In two queries.
    """
    groups = select(LegalEntity.group_id).where(col(LegalEntity.id).in_(entities))
    holding = select(RoleGrant.user_id).where(
        or_(col(RoleGrant.legal_entity_id).in_(entities), col(RoleGrant.group_id).in_(groups))
    )
    query = select(User).where(or_(col(User.group_id).in_(whole_groups), col(User.id).in_(holding)))
    if after is not None:
        query = query.where(tuple_(col(User.name), col(User.id)) > tuple_(after.name, after.id))
    users = session.exec(query.order_by(col(User.name), col(User.id)).limit(limit)).all()
    return _with_roles(session, users)


def member(session: Session, user_id: str) -> Member | None:
    """Return one person of a group."""
    user = session.get(User, user_id)
    return None if user is None or user.group_id is None else _with_roles(session, [user])[0]


def _with_roles(session: Session, users: Sequence[User]) -> list[Member]:
    rows = session.exec(
        select(RoleGrant, LegalEntity.name)
        .outerjoin(LegalEntity, col(LegalEntity.id) == col(RoleGrant.legal_entity_id))
        .where(col(RoleGrant.user_id).in_([user.id for user in users]))
        .order_by(col(LegalEntity.name), col(RoleGrant.role))
    ).all()
    roles: dict[str, list[HeldRole]] = {}
    for row, entity in rows:
        grant = Grant(Role(row.role), row.group_id, row.legal_entity_id)
        roles.setdefault(row.user_id, []).append(HeldRole(row.id, grant, entity))
    return [Member(user, roles.get(user.id, [])) for user in users]


def entities_of(session: Session, group_id: str) -> list[tuple[str, str]]:
    """Return the legal entities of a group, each with the group."""
    query = select(LegalEntity.id).where(LegalEntity.group_id == group_id)
    return [(entity, group_id) for entity in session.exec(query)]


def lock_group(session: Session, group_id: str) -> None:
    """Take turns with whoever changes roles in this group, until the transaction ends."""
    session.exec(select(Group.id).where(Group.id == group_id).with_for_update()).all()


def active_grants(session: Session, group_id: str) -> list[tuple[str, str, Grant]]:
    """Return the roles of all active people of a group: id of the role, of the person, the role."""
    rows = session.exec(
        select(RoleGrant)
        .join(User, col(User.id) == col(RoleGrant.user_id))
        .where(User.group_id == group_id, col(User.active))
    ).all()
    return [
        (row.id, row.user_id, Grant(Role(row.role), row.group_id, row.legal_entity_id))
        for row in rows
    ]


def add_role(session: Session, user_id: str, grant: Grant, now: datetime) -> bool:
    """Store a role; false where the person holds it already."""
    held = select(RoleGrant.id).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role == grant.role.value,
        col(RoleGrant.legal_entity_id).is_not_distinct_from(grant.legal_entity_id),
        col(RoleGrant.group_id).is_not_distinct_from(grant.group_id),
    )
    if session.exec(held).first() is not None:
        return False
    session.add(
        RoleGrant(
            user_id=user_id,
            role=grant.role.value,
            group_id=grant.group_id,
            legal_entity_id=grant.legal_entity_id,
            created_at=now,
        )
    )
    return True


def remove_role(session: Session, grant_id: str) -> None:
    """Take a role away; what the person did in it stays."""
    session.exec(delete(RoleGrant).where(col(RoleGrant.id) == grant_id))


def set_active(session: Session, user_id: str, *, active: bool, now: datetime) -> None:
    """Let a person log in or no longer: then sessions and invitations end. Their expenses stay."""
    session.exec(update(User).where(col(User.id) == user_id).values(active=active))
    if not active:
        end_sessions(session, user_id, now)
        withdraw_links(session, INVITED, now, user_id=user_id)


def end_sessions(session: Session, user_id: str, now: datetime, *, keep: str = "") -> int:
    """End the log-in sessions of a person but ``keep``; return how many were alive."""
    ended = session.exec(
        update(LoginSession)
        .where(
            col(LoginSession.user_id) == user_id,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.id) != keep,
        )
        .values(ended_at=now)
    )
    return ended.rowcount


def cards_held(session: Session, user_id: str) -> list[Account]:
    """Return the accounts and cards attached to a person now, by name."""
    query = (
        select(Account)
        .join(Attachment, col(Attachment.account_id) == col(Account.id))
        .where(
            Attachment.user_id == user_id,
            col(Attachment.ends_on).is_(None),
            col(Account.shared),
        )
        .order_by(col(Account.name), col(Account.id))
    )
    return list(session.exec(query))
