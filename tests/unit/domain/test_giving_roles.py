"""Who may give which role to whom, and who must stay administrator (R7, R33)."""

import pytest

from webapp.domain.people import (
    Grant,
    Role,
    Scope,
    loses_its_administrator,
    may_give,
    may_manage,
)

PLACES = (("a", "G"), ("b", "G"), ("x", "H"))
OF_GROUP = Scope((Grant(Role.ADMIN, "G", None),), PLACES[:2])
OF_A = Scope((Grant(Role.ADMIN, None, "a"),), PLACES[:1])
APPROVER = Scope((Grant(Role.APPROVER, "G", None),), PLACES[:2])
SUPPORT = Scope((Grant(Role.SUPPORT, None, None),), PLACES)

ADMIN_G, ADMIN_A = Grant(Role.ADMIN, "G", None), Grant(Role.ADMIN, None, "a")
ADMIN_B = Grant(Role.ADMIN, None, "b")
EMPLOYEE_A, EMPLOYEE_B = Grant(Role.EMPLOYEE, None, "a"), Grant(Role.EMPLOYEE, None, "b")


@pytest.mark.parametrize(
    ("scope", "grant", "may"),
    [
        (OF_GROUP, EMPLOYEE_A, True),
        (OF_GROUP, ADMIN_G, True),
        (OF_GROUP, Grant(Role.ADMIN, "H", None), False),
        (OF_GROUP, Grant(Role.EMPLOYEE, None, "x"), False),
        (OF_GROUP, Grant(Role.SUPPORT, None, None), False),
        (OF_GROUP, Grant(Role.SUPPORT, None, "a"), False),
        (OF_A, EMPLOYEE_A, True),
        (OF_A, ADMIN_A, True),
        (OF_A, EMPLOYEE_B, False),
        (OF_A, ADMIN_G, False),
        (APPROVER, EMPLOYEE_A, False),
        (SUPPORT, EMPLOYEE_A, False),
        (SUPPORT, ADMIN_G, False),
    ],
)
def test_nobody_gives_beyond_what_they_administer(scope: Scope, grant: Grant, may: bool) -> None:
    assert may_give(scope, grant) is may


@pytest.mark.parametrize(
    ("scope", "group", "held", "may"),
    [
        (OF_GROUP, "G", [ADMIN_G, EMPLOYEE_A], True),
        (OF_GROUP, "G", [], True),
        (OF_GROUP, "H", [Grant(Role.EMPLOYEE, None, "x")], False),
        (OF_GROUP, "G", [Grant(Role.SUPPORT, None, None)], False),
        (OF_A, "G", [EMPLOYEE_A], True),
        (OF_A, "G", [EMPLOYEE_A, EMPLOYEE_B], False),
        (OF_A, "G", [ADMIN_G], False),
        (OF_A, "G", [], False),
        (APPROVER, "G", [EMPLOYEE_A], False),
    ],
)
def test_whoever_administers_a_part_of_somebody_does_not_manage_them(
    scope: Scope, group: str, held: list[Grant], may: bool
) -> None:
    assert may_manage(scope, group, held) is may


@pytest.mark.parametrize(
    ("before", "after", "loses"),
    [
        ([ADMIN_G], [], True),
        ([ADMIN_G, ADMIN_G], [ADMIN_G], False),
        ([ADMIN_G, ADMIN_A, ADMIN_B], [ADMIN_A, ADMIN_B], True),
        ([ADMIN_A], [], True),
        ([ADMIN_A, ADMIN_G], [ADMIN_G], False),
        ([ADMIN_A, ADMIN_A], [ADMIN_A], False),
        ([ADMIN_A, EMPLOYEE_A], [ADMIN_A], False),
        ([EMPLOYEE_A], [], False),
    ],
)
def test_no_group_and_no_entity_loses_its_last_administrator(
    before: list[Grant], after: list[Grant], loses: bool
) -> None:
    assert loses_its_administrator(before, after, PLACES[:2]) is loses
