"""Look everything up by one line: what support finds, within the legal entities it reaches.

Each kind is one query with a limit, whatever the number of legal entities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from webapp.domain.searching import Search
from webapp.storage.accounts import Account, Attachment
from webapp.storage.folding import fold_text
from webapp.storage.interfaces import Interface
from webapp.storage.operations import Key, Operation, matching, operation_of, select_operations
from webapp.storage.people import Group, LegalEntity, RoleGrant, User
from webapp.storage.transactions import BankTransaction


@dataclass(frozen=True, slots=True)
class Place:
    """Where something belongs: for the links, and for the audit trail."""

    group_id: str
    group: str
    entity_id: str | None
    entity: str | None


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """A legal entity."""

    id: str
    name: str
    country: str
    place: Place


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person of a group."""

    id: str
    name: str
    email: str
    active: bool
    place: Place


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account or card with who holds it now."""

    id: str
    name: str
    last4: str
    holder: str | None
    shared: bool
    place: Place


@dataclass(frozen=True, slots=True)
class FoundInterface:
    """An interface, and how many accounts it shares."""

    interface: Interface
    accounts: int
    place: Place


@dataclass(frozen=True, slots=True)
class FoundOperation:
    """A transaction, and the account it is of."""

    operation: Operation
    account: str
    last4: str
    timezone: str
    place: Place


def _contains(parts: Sequence[Any], words: Sequence[str]) -> list[ColumnElement[bool]]:
    text: Any = func.coalesce(parts[0], "")
    for part in parts[1:]:
        text = text.concat(" ").concat(func.coalesce(part, ""))
    return [fold_text(text).contains(word, autoescape=True) for word in words]


_PLACE: tuple[Any, ...] = (
    col(Group.id).label("group_id"),
    col(Group.name).label("group_name"),
    col(LegalEntity.id).label("entity_id"),
    col(LegalEntity.name).label("entity_name"),
)


def _place(row: Any) -> Place:
    return Place(row.group_id, row.group_name, row.entity_id, row.entity_name)


def entities(
    session: Session, scope: frozenset[str], words: Sequence[str], limit: int
) -> list[FoundEntity]:
    """Return legal entities by their own name or their group's."""
    query = (
        select_columns(col(LegalEntity.country), *_PLACE)
        .join(Group, col(Group.id) == col(LegalEntity.group_id))
        .where(col(LegalEntity.id).in_(scope))
        .where(*_contains([col(Group.name), col(LegalEntity.name)], words))
        .order_by(col(Group.name), col(LegalEntity.name))
        .limit(limit)
    )
    return [
        FoundEntity(row.entity_id, row.entity_name, row.country, _place(row))
        for row in session.execute(query)
    ]


def people(
    session: Session,
    scope: frozenset[str],
    whole_groups: frozenset[str],
    words: Sequence[str],
    limit: int,
) -> list[FoundPerson]:
    """Return people by name or e-mail: those with a role in ``scope``, all of ``whole_groups``."""
    reaching = (
        select(RoleGrant.user_id)
        .join(
            LegalEntity,
            or_(
                col(LegalEntity.id) == col(RoleGrant.legal_entity_id),
                col(LegalEntity.group_id) == col(RoleGrant.group_id),
            ),
        )
        .where(col(LegalEntity.id).in_(scope))
    )
    query = (
        select_columns(User, col(Group.id), col(Group.name))
        .join(Group, col(Group.id) == col(User.group_id))
        .where(or_(col(User.group_id).in_(whole_groups), col(User.id).in_(reaching)))
        .where(*_contains([col(User.name), col(User.email)], words))
        .order_by(col(User.name), col(User.id))
        .limit(limit)
    )
    return [
        FoundPerson(user.id, user.name, user.email, user.active, Place(group_id, group, None, None))
        for user, group_id, group in session.execute(query)
    ]


def accounts(
    session: Session, scope: frozenset[str], words: Sequence[str], limit: int
) -> list[FoundAccount]:
    """Return accounts and cards by name, last four digits, or who holds them."""
    named = [Account.name, Account.number_last4, Account.holder_name, User.name]
    query = (
        select_columns(
            col(Account.id),
            col(Account.name),
            col(Account.number_last4),
            col(Account.shared),
            col(User.name).label("holder"),
            *_PLACE,
        )
        .join(LegalEntity, col(LegalEntity.id) == col(Account.legal_entity_id))
        .join(Group, col(Group.id) == col(LegalEntity.group_id))
        .outerjoin(
            Attachment,
            and_(col(Attachment.account_id) == col(Account.id), col(Attachment.ends_on).is_(None)),
        )
        .outerjoin(User, col(User.id) == col(Attachment.user_id))
        .where(col(Account.legal_entity_id).in_(scope))
        .where(*_contains(named, words))
        .order_by(col(Account.name), col(Account.id))
        .limit(limit)
    )
    return [
        FoundAccount(row.id, row.name, row.number_last4, row.holder, row.shared, _place(row))
        for row in session.execute(query)
    ]


def interfaces(
    session: Session, scope: frozenset[str], words: Sequence[str], limit: int
) -> list[FoundInterface]:
    """Return interfaces by their name, institution, connector or legal entity."""
    named = [Interface.label, Interface.institution, Interface.connector, LegalEntity.name]
    shared = (
        select_columns(func.count(col(Account.id)))
        .where(col(Account.interface_id) == col(Interface.id), col(Account.shared))
        .correlate(Interface)
        .scalar_subquery()
    )
    query = (
        select_columns(Interface, shared.label("accounts"), *_PLACE)
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .join(Group, col(Group.id) == col(LegalEntity.group_id))
        .where(col(Interface.legal_entity_id).in_(scope))
        .where(*_contains(named, words))
        .order_by(col(Interface.label), col(Interface.id))
        .limit(limit)
    )
    return [
        FoundInterface(row.Interface, row.accounts, _place(row)) for row in session.execute(query)
    ]


def operations(
    session: Session, scope: frozenset[str], search: Search, *, below: Key | None, limit: int
) -> list[FoundOperation]:
    """Return transactions by words of their memo, amount and day, the newest first."""
    query: Select[Any] = (
        select_operations()
        .add_columns(
            col(Account.name).label("account_name"),
            col(Account.number_last4),
            col(LegalEntity.timezone),
            *_PLACE,
        )
        .join(Account, col(Account.id) == col(BankTransaction.account_id))
        .join(LegalEntity, col(LegalEntity.id) == col(BankTransaction.legal_entity_id))
        .join(Group, col(Group.id) == col(LegalEntity.group_id))
        .where(col(BankTransaction.legal_entity_id).in_(scope))
    )
    query = matching(query, search)
    if below is not None:
        place = tuple_(col(BankTransaction.day), col(BankTransaction.id))
        query = query.where(place < tuple_(below.day, below.id))
    query = query.order_by(col(BankTransaction.day).desc(), col(BankTransaction.id).desc())
    return [
        FoundOperation(
            operation_of(row), row.account_name, row.number_last4, row.timezone, _place(row)
        )
        for row in session.execute(query.limit(limit))
    ]
