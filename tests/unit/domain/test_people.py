"""Roles, what they allow, and where (R7, R33, D-T)."""

import pytest

from webapp.domain.people import RIGHTS, Grant, Right, Role, Scope

# Two groups: "faure" owns a, b and c; "girard" owns d.
ENTITIES = (("a", "faure"), ("b", "faure"), ("c", "faure"), ("d", "girard"))


def scope(*grants: Grant) -> Scope:
    return Scope(grants, ENTITIES)


def on_entity(role: Role, entity: str) -> Grant:
    return Grant(role, None, entity)


def on_group(role: Role, group: str) -> Grant:
    return Grant(role, group, None)


EVERYWHERE = Grant(Role.SUPPORT, None, None)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMIN, {Right.CONFIGURE, Right.OWN_EXPENSES, Right.INSPECT}),
        (Role.EMPLOYEE, {Right.OWN_EXPENSES}),
        (Role.APPROVER, {Right.OWN_EXPENSES, Right.APPROVE}),
        (Role.ACCOUNTANT, {Right.OWN_EXPENSES, Right.EXPORT}),
        (Role.SUPPORT, {Right.INSPECT}),
    ],
)
def test_R7_what_each_role_allows(role: Role, rights: set[Right]) -> None:
    assert RIGHTS[role] == rights


def test_R7_only_administrators_configure() -> None:
    assert [role for role in Role if Right.CONFIGURE in RIGHTS[role]] == [Role.ADMIN]


@pytest.mark.parametrize(
    ("grants", "reached"),
    [
        ((), ""),
        ((on_entity(Role.ADMIN, "a"),), "a"),
        ((on_entity(Role.EMPLOYEE, "a"), on_entity(Role.EMPLOYEE, "c")), "ac"),
        ((on_group(Role.ACCOUNTANT, "faure"),), "abc"),
        ((on_group(Role.ADMIN, "faure"), on_entity(Role.EMPLOYEE, "d")), "abcd"),
        ((EVERYWHERE,), "abcd"),
        ((on_entity(Role.ADMIN, "gone"),), ""),
        ((on_group(Role.ADMIN, "gone"),), ""),
    ],
)
def test_R33_a_role_reaches_its_entity_its_group_or_everything(
    grants: tuple[Grant, ...], reached: str
) -> None:
    assert scope(*grants).entities() == frozenset(reached)


def test_R33_a_right_in_one_entity_is_none_in_another() -> None:
    both = scope(on_entity(Role.ADMIN, "a"), on_entity(Role.EMPLOYEE, "b"))

    assert both.entities(Right.CONFIGURE) == {"a"}
    assert both.entities(Right.OWN_EXPENSES) == {"a", "b"}
    assert both.allows(Right.CONFIGURE, "a")
    assert not both.allows(Right.CONFIGURE, "b")
    assert not both.allows(Right.OWN_EXPENSES, "c")


def test_a_grant_on_an_entity_counts_there_even_if_it_names_its_group() -> None:
    narrow = scope(Grant(Role.ADMIN, "faure", "a"))

    assert narrow.entities() == {"a"}


def test_support_looks_everywhere_and_changes_nothing() -> None:
    everywhere = scope(EVERYWHERE)

    assert everywhere.entities(Right.INSPECT) == frozenset("abcd")
    assert not any(everywhere.entities(right) for right in Right if right is not Right.INSPECT)


def test_the_roles_of_a_person_are_listed_once() -> None:
    twice = scope(on_entity(Role.EMPLOYEE, "a"), on_entity(Role.EMPLOYEE, "b"))

    assert twice.roles() == {Role.EMPLOYEE}
