"""A new customer: the group, its legal entities, its people, their roles and its categories."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from webapp.domain.categories import StartingCategory
from webapp.domain.people import Role
from webapp.storage.expenses import Category
from webapp.storage.people import Group, LegalEntity, RoleGrant, User


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who shall be able to log in; ``password_hash`` is made by the caller."""

    name: str
    email: str
    locale: str
    password_hash: str | None


def add_group(
    session: Session, name: str, categories: Iterable[StartingCategory], now: datetime
) -> Group:
    """Store a group with the categories it starts with."""
    group = Group(name=name, created_at=now)
    session.add(group)
    session.flush()
    session.add_all(
        Category(
            group_id=group.id,
            code=category.code,
            name_fr=category.name_fr,
            name_en=category.name_en,
            icon=category.icon,
            ledger_account=category.ledger_account,
            comment_required=category.comment_required,
            position=position,
        )
        for position, category in enumerate(categories, start=1)
    )
    return group


def add_entity(session: Session, entity: LegalEntity) -> LegalEntity:
    """Store a legal entity of a stored group."""
    session.add(entity)
    session.flush()
    return entity


def add_person(session: Session, person: Person, group_id: str | None, now: datetime) -> User:
    """Store a person of a group; support belongs to none."""
    user = User(
        group_id=group_id,
        email=person.email.strip().lower(),
        name=person.name.strip(),
        password_hash=person.password_hash,
        locale=person.locale,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user


def grant(
    session: Session,
    user: User,
    role: Role,
    now: datetime,
    *,
    group: Group | None = None,
    entity: LegalEntity | None = None,
) -> None:
    """Give ``user`` a role on a legal entity, on a whole group, or (support) everywhere."""
    session.add(
        RoleGrant(
            user_id=user.id,
            role=role.value,
            group_id=group.id if group else None,
            legal_entity_id=entity.id if entity else None,
            created_at=now,
        )
    )
