"""Purchases entered by hand: what may be entered, and which row of the bank may be one (A28)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from webapp.domain.by_hand import Entry, Fault, Row, candidates, content_of, days_around, faults_of

TODAY = date(2026, 11, 20)
ENTRY = Entry("card", date(2026, 11, 17), 3100, "EUR", "Taxi to the station")
ENTERED = Row("mine", "card", "camille", date(2026, 11, 17), -3100, "EUR")


@pytest.mark.parametrize(
    ("changes", "held", "faults"),
    [
        ({}, True, {}),
        ({"day": TODAY}, True, {}),
        ({}, None, {"card": Fault.NO_CARD}),
        ({}, False, {"card": Fault.NOT_HELD}),
        ({"day": None}, False, {"day": Fault.NO_DAY}),
        ({"day": TODAY + timedelta(days=1)}, True, {"day": Fault.TO_COME}),
        ({"spent_minor": None}, True, {"amount": Fault.NO_AMOUNT}),
        ({"spent_minor": 0}, True, {"amount": Fault.NOTHING_SPENT}),
        ({"spent_minor": -3100}, True, {"amount": Fault.NOTHING_SPENT}),
        ({"spent_minor": 10**18}, True, {"amount": Fault.NOTHING_SPENT}),
        ({"words": ""}, True, {"words": Fault.NO_WORDS}),
        ({"words": "x" * 200}, True, {}),
        ({"words": "x" * 201}, True, {"words": Fault.WORDS_TOO_LONG}),
        (
            {"day": None, "spent_minor": None, "words": ""},
            None,
            {
                "card": Fault.NO_CARD,
                "day": Fault.NO_DAY,
                "amount": Fault.NO_AMOUNT,
                "words": Fault.NO_WORDS,
            },
        ),
    ],
)
def test_R56_what_is_wrong_with_an_entry_is_said_by_field(
    changes: dict[str, Any], held: bool | None, faults: dict[str, Fault]
) -> None:
    assert faults_of(replace(ENTRY, **changes), held=held, today=TODAY) == faults


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ({}, True),
        ({"day": date(2026, 11, 15)}, True),
        ({"day": date(2026, 11, 14)}, False),
        ({"day": date(2026, 11, 27)}, True),
        ({"day": date(2026, 11, 28)}, False),
        ({"amount_minor": -3101}, False),
        ({"amount_minor": 3100}, False),  # a refund is no purchase
        ({"currency": "USD"}, False),
        ({"amount_minor": -2880, "original_minor": -3100, "original_currency": "EUR"}, True),
        ({"amount_minor": -2880, "original_minor": -3100, "original_currency": "USD"}, False),
        ({"account_id": "other card"}, True),  # of the same holder
        ({"account_id": "other card", "holder_id": "karim"}, False),
        ({"holder_id": None}, True),  # waits on the same card
        ({"account_id": "other card", "holder_id": None}, False),
        ({"id": "mine"}, False),
    ],
)
def test_I11_a_row_may_be_the_entry_by_card_or_holder_amount_and_a_near_day(
    told: dict[str, Any], fits: bool
) -> None:
    row = replace(ENTERED, **{"id": "bank", **told})
    assert candidates(ENTERED, [row]) == ([row] if fits else [])


def test_nobodys_rows_on_two_cards_are_not_of_the_same_holder() -> None:
    alone = replace(ENTERED, holder_id=None)
    assert candidates(alone, [replace(alone, id="bank", account_id="other card")]) == []


def test_the_nearest_day_comes_first() -> None:
    far, near = (
        replace(ENTERED, id=name, day=ENTERED.day + timedelta(days=days))
        for name, days in (("far", 4), ("near", -1))
    )
    assert [row.id for row in candidates(ENTERED, [far, near])] == ["near", "far"]


def test_what_is_said_otherwise_has_another_digest() -> None:
    said: list[dict[str, Any]] = [
        {},
        {"day": TODAY},
        {"spent_minor": 3200},
        {"currency": "USD"},
        {"words": "Taxi"},
    ]
    assert len({content_of(replace(ENTRY, **one)) for one in said}) == len(said)
    assert content_of(replace(ENTRY)) == content_of(ENTRY)


def test_the_days_around_reach_from_the_first_entry_to_the_last() -> None:
    days = [date(2026, 11, 17), date(2026, 11, 10)]
    assert days_around(days) == (date(2026, 11, 8), date(2026, 11, 27))
