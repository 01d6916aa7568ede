"""The life of a transaction as it is told afterwards (D-M)."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.provenance import Change, KnownUnder, changes, known_under

NOW = {"status": "booked", "amount_minor": -4200, "memo": "HOTEL"}


@pytest.mark.parametrize(
    ("befores", "expected"),
    [
        ([], []),
        ([{}], [[]]),
        ([{"amount_minor": -4000}], [[Change("amount_minor", -4000, -4200)]]),
        (
            [{"amount_minor": -3000}, {"status": "announced", "amount_minor": -4000}],
            [
                [Change("amount_minor", -3000, -4000)],
                [Change("status", "announced", "booked"), Change("amount_minor", -4000, -4200)],
            ],
        ),
        (
            [{"memo": None}, {"status": "expired"}],
            [
                [Change("memo", None, "HOTEL")],
                [Change("status", "expired", "booked")],
            ],
        ),
        ([{"content": "a digest"}], [[]]),
        ([{"memo": "HOTEL"}], [[]]),
    ],
)
def test_each_event_tells_what_it_replaced_and_by_what(
    befores: list[dict[str, Any]], expected: list[list[Change]]
) -> None:
    assert changes(NOW, befores) == expected


@given(
    st.lists(
        st.fixed_dictionaries({name: st.integers(0, 3) for name in "abc"}), min_size=1, max_size=6
    )
)
def test_told_from_the_end_each_change_is_the_one_that_happened(
    states: list[dict[str, int]],
) -> None:
    steps = list(itertools.pairwise(states))
    befores = [{name: old[name] for name in old if old[name] != new[name]} for old, new in steps]
    told = changes(states[-1], befores)
    assert told == [
        [Change(name, old[name], new[name]) for name in old if old[name] != new[name]]
        for old, new in steps
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["powens:1234"], [KnownUnder("1234")]),
        (["powens:a:b"], [KnownUnder("a:b")]),
        (["c1:00ff:1"], [KnownUnder(None, 1)]),
        (["c1:00ff:2"], [KnownUnder(None, 2)]),
        (["powens:1", "powens:1", "files:2"], [KnownUnder("1"), KnownUnder("2")]),
        (["odd"], [KnownUnder("odd")]),
    ],
)
def test_keys_are_told_as_the_sources_numbers(keys: list[str], expected: list[KnownUnder]) -> None:
    assert known_under(keys) == expected
