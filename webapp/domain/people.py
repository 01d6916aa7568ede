"""Roles and what they allow (R7, R33, D-T)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is to a legal entity, to a whole group, or (support) to the installation."""

    ADMIN = "admin"
    EMPLOYEE = "employee"
    APPROVER = "approver"
    ACCOUNTANT = "accountant"
    SUPPORT = "support"


class Right(StrEnum):
    """What a page asks for."""

    CONFIGURE = "configure"
    OWN_EXPENSES = "own_expenses"
    APPROVE = "approve"
    EXPORT = "export"
    INSPECT = "inspect"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset({Right.CONFIGURE, Right.OWN_EXPENSES, Right.INSPECT}),
    Role.EMPLOYEE: frozenset({Right.OWN_EXPENSES}),
    Role.APPROVER: frozenset({Right.OWN_EXPENSES, Right.APPROVE}),
    Role.ACCOUNTANT: frozenset({Right.OWN_EXPENSES, Right.EXPORT}),
    Role.SUPPORT: frozenset({Right.INSPECT}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of one person, on one legal entity (``legal_entity_id``) or its whole group."""

    role: Role
    group_id: str | None
    legal_entity_id: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """The legal entities a person reaches, with the rights held in each.

    ``entity_groups`` maps every legal entity of the person's groups to its group.
    """

    grants: tuple[Grant, ...]
    entity_groups: tuple[tuple[str, str], ...]

    def entities(self, right: Right | None = None) -> frozenset[str]:
        """Return the ids of the legal entities reached, with ``right`` or with any role."""
        return frozenset(
            entity
            for entity, group in self.entity_groups
            if any(
                _covers(grant, entity, group) and (right is None or right in RIGHTS[grant.role])
                for grant in self.grants
            )
        )

    def allows(self, right: Right, entity: str) -> bool:
        """Say whether the person holds ``right`` in the legal entity ``entity``."""
        return entity in self.entities(right)

    def roles(self) -> frozenset[Role]:
        """Return every role held anywhere."""
        return frozenset(grant.role for grant in self.grants)


def _covers(grant: Grant, entity: str, group: str) -> bool:
    if grant.legal_entity_id is not None:
        return grant.legal_entity_id == entity
    return grant.group_id is None or grant.group_id == group


def administers_group(scope: Scope, group_id: str) -> bool:
    """Say whether the person is administrator of a whole group, not only of entities of it."""
    return any(
        grant.role is Role.ADMIN and grant.legal_entity_id is None and grant.group_id == group_id
        for grant in scope.grants
    )


def may_give(scope: Scope, grant: Grant) -> bool:
    """Say whether the person may give or take this role: never beyond what they administer.

    Support is a role of the installation: nobody gives it on a page.
    """
    if grant.role is Role.SUPPORT:
        return False
    if grant.legal_entity_id is not None:
        return scope.allows(Right.CONFIGURE, grant.legal_entity_id)
    return grant.group_id is not None and administers_group(scope, grant.group_id)


def may_manage(scope: Scope, group_id: str, grants: Iterable[Grant]) -> bool:
    """Say whether the person may act on somebody as a whole: deactivate, invite anew.

    Whoever administers only a part of somebody's roles may not, or an administrator of one entity
    could lock out, or become, one of the whole group.
    """
    held = tuple(grants)
    if administers_group(scope, group_id):
        return all(grant.role is not Role.SUPPORT for grant in held)
    return bool(held) and all(may_give(scope, grant) for grant in held)


def loses_its_administrator(
    before: Iterable[Grant], after: Iterable[Grant], entity_groups: Iterable[tuple[str, str]]
) -> bool:
    """Say whether a change leaves a group, or one of its entities, without administrator.

    :param before: the roles of all active people of the group.
    :param after: the same once the change is made.
    :param entity_groups: the legal entities of the group, each with the group.
    """
    places = tuple(entity_groups)
    return not _administered(before, places) <= _administered(after, places)


def _administered(grants: Iterable[Grant], places: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Return the entities with an administrator, and the groups with one of the whole group."""
    admins = [grant for grant in grants if grant.role is Role.ADMIN]
    entities = {
        entity for entity, group in places if any(_covers(grant, entity, group) for grant in admins)
    }
    whole = {grant.group_id for grant in admins if grant.legal_entity_id is None and grant.group_id}
    return frozenset(entities | whole)
