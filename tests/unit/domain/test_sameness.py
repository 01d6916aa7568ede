"""Two rows held beside each other: what agrees, which one stays, what nobody need answer (I11)."""

from datetime import date

import pytest

from webapp.domain.sameness import Aspect, Told, compare, is_settled, takes_values

FIRST = Told(-6320, "EUR", date(2026, 3, 17), "STATION EXEMPLE", "card", "booked")


@pytest.mark.parametrize(
    ("second", "differs"),
    [
        (FIRST, set()),
        (Told(-10000, "EUR", FIRST.day, FIRST.wording, "card", "booked"), {Aspect.AMOUNT}),
        (Told(-6320, "CHF", FIRST.day, FIRST.wording, "card", "booked"), {Aspect.AMOUNT}),
        (Told(-6320, "EUR", date(2026, 3, 18), FIRST.wording, "card", "booked"), {Aspect.DAY}),
        (Told(-6320, "EUR", FIRST.day, "Station  exemple", "card", "booked"), set()),
        (Told(-6320, "EUR", FIRST.day, "STATION PARIS", "card", "booked"), {Aspect.WORDING}),
        (
            Told(-6320, "EUR", FIRST.day, FIRST.wording, "current", "announced"),
            {Aspect.ACCOUNT, Aspect.STATUS},
        ),
    ],
)
def test_I11_what_agrees_and_what_differs(second: Told, differs: set[Aspect]) -> None:
    assert {aspect for aspect, same in compare(FIRST, second).items() if not same} == differs


@pytest.mark.parametrize(
    ("first", "second", "takes"),
    [
        ("announced", "booked", True),
        ("cancelled", "booked", True),
        ("expired", "booked", True),
        ("entered", "booked", True),
        ("entered", "announced", True),
        ("booked", "booked", False),
        ("booked", "announced", False),
        ("announced", "announced", False),
    ],
)
def test_A06_A28_what_was_not_booked_takes_the_values_of_what_booked_it(
    first: str, second: str, takes: bool
) -> None:
    assert takes_values(first, second) is takes


@pytest.mark.parametrize(
    ("first", "second", "settled"),
    [
        ("booked", "booked", False),
        ("cancelled", "booked", False),
        ("booked", "cancelled", True),
        ("booked", "expired", True),
        ("duplicate", "booked", True),
        ("booked", "duplicate", True),
    ],
)
def test_I11_a_question_about_what_is_gone_lapses(first: str, second: str, settled: bool) -> None:
    assert is_settled(first, second) is settled
