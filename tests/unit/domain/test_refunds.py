"""Which purchase a refund gives back: one that is unique, or none (D-L)."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.refunds import REFUNDED_WITHIN, Refund, Spent, link, purchase_of, words_of

DAY = date(2026, 11, 20)
SHOP = "CARTE 03/11 CHAUSSURES BATA LYON"


def spent(
    name: str = "p", minor: int = 8000, ago: int = 10, wording: str = SHOP, **values: object
) -> Spent:
    fields = {"currency": "EUR", "merchant": "", "back": 0, **values}
    return Spent(
        id=name,
        day=DAY - timedelta(days=ago),
        minor=minor,
        wording=wording,
        **fields,  # type: ignore[arg-type]
    )


def refund(
    minor: int = 8000, wording: str = "AVOIR CB CHAUSSURES BATA LYON", **values: object
) -> Refund:
    fields = {"id": "r", "day": DAY, "currency": "EUR", "merchant": "", **values}
    return Refund(minor=minor, wording=wording, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("purchases", "back", "expected"),
    [
        pytest.param([spent()], refund(), "p", id="the whole amount"),
        pytest.param([spent()], refund(3800), "p", id="a part of it"),
        pytest.param([spent()], refund(8001), None, id="more than it cost"),
        pytest.param([spent(back=5000)], refund(3000), "p", id="what is left of it"),
        pytest.param([spent(back=5001)], refund(3000), None, id="more than is left"),
        pytest.param(
            [spent("dear", 9000), spent("same")], refund(), "same", id="the same amount first"
        ),
        pytest.param([spent("a"), spent("b", ago=3)], refund(), None, id="two of that amount"),
        pytest.param(
            [spent("a", 9000), spent("b", 9500)], refund(), None, id="a part of one or the other"
        ),
        pytest.param(
            [spent("a", back=8000), spent("b")], refund(), "b", id="the other was given back"
        ),
        pytest.param([spent(ago=-1)], refund(), None, id="bought after it"),
        pytest.param([spent(ago=0)], refund(), "p", id="given back the same day"),
        pytest.param([spent(ago=120)], refund(), "p", id="four months ago"),
        pytest.param([spent(ago=121)], refund(), None, id="longer ago"),
        pytest.param([spent(currency="USD")], refund(), None, id="other money"),
        pytest.param([spent(wording="CARTE FNAC LYON")], refund(), None, id="another shop there"),
        pytest.param([spent(wording="SNCF INTERNET")], refund(wording="SNCF"), None, id="one word"),
        pytest.param(
            [spent(wording="CB SNCF 4821")], refund(wording="AVOIR SNCF"), "p", id="it all"
        ),
        pytest.param(
            [spent(merchant="Bata")], refund(merchant="BATA", wording="?"), "p", id="one merchant"
        ),
        pytest.param(
            [spent(merchant="Bata")], refund(merchant="Eram"), None, id="two merchants, one wording"
        ),
        pytest.param([spent(wording="1234")], refund(wording="1234"), None, id="no word at all"),
        pytest.param([], refund(), None, id="nothing was bought"),
    ],
)
def test_D_L_a_refund_is_linked_to_the_one_purchase_that_fits(
    purchases: Sequence[Spent], back: Refund, expected: str | None
) -> None:
    found = purchase_of(back, purchases)
    assert (found and found.id) == expected


def test_D_L_two_refunds_of_one_purchase_give_back_no_more_than_it_cost() -> None:
    halves = [refund(4000, id="r1"), refund(4000, id="r2"), refund(4000, id="r3")]
    assert link(halves, [spent()]) == {"r1": "p", "r2": "p"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CARTE 03/11 HÔTEL DU PARC CB*4821", {"hotel", "parc"}),
        ("Remboursement Hotel-du-Parc", {"hotel", "parc"}),
        ("AVOIR 12345", set()),
    ],
)
def test_what_banks_write_around_a_name_is_no_name(text: str, words: set[str]) -> None:
    assert words_of(text) == words


amounts = st.integers(1, 5)


@given(
    st.lists(st.tuples(amounts, st.integers(-5, 130)), max_size=8),
    st.lists(st.tuples(amounts, st.integers(0, 20)), max_size=8),
)
def test_D_L_no_purchase_is_given_back_twice_and_none_from_later(
    bought: list[tuple[int, int]], given_back: list[tuple[int, int]]
) -> None:
    purchases = [spent(f"p{n}", minor, ago) for n, (minor, ago) in enumerate(bought)]
    refunds = [
        refund(minor, id=f"r{n}", day=DAY + timedelta(days=later))
        for n, (minor, later) in enumerate(given_back)
    ]
    found = link(refunds, purchases)
    for purchase in purchases:
        mine = [one for one in refunds if found.get(one.id) == purchase.id]
        assert sum(one.minor for one in mine) <= purchase.minor
        assert all(purchase.day <= one.day <= purchase.day + REFUNDED_WITHIN for one in mine)
