"""Roles and what they allow (R7, R33, D-T)."""

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
