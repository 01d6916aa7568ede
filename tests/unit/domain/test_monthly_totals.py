"""The monthly total of a deferred-debit card is recognised by two of three proofs (D-N, A25)."""

from datetime import date

import pytest

from webapp.domain.monthly_totals import (
    CardSums,
    could_be_total,
    settled_card,
    tick_off,
)

CARD = CardSums("card", "4821", frozenset({-5550, -2000}), 2)
ALONE = CardSums("card", "4821", frozenset({-2000}), 1)
OTHER = CardSums("other", "7310", frozenset({-5550}), 2)


@pytest.mark.parametrize(
    ("memo", "amount", "cards", "expected"),
    [
        pytest.param("DEBIT MENSUEL CARTE 4821", -5550, [CARD], "card", id="all three"),
        pytest.param("DEBIT MENSUEL CARTE 4821", -9999, [CARD], "card", id="a purchase is missing"),
        pytest.param("CARTE XXXX4821", -5550, [CARD], "card", id="digits and sum"),
        pytest.param("RELEVÉ CB DIFFÉRÉ", -5550, [CARD], "card", id="words and sum"),
        pytest.param("RELEVE CB", -5550, [CARD, OTHER], None, id="two cards add up to it"),
        pytest.param("RELEVE CB 7310", -5550, [CARD, OTHER], None, id="one by digits, one by sum"),
        pytest.param("FACTURE CARTE 4821 TAXI", -2000, [ALONE], None, id="one purchase"),
        pytest.param("FACTURE CARTE 4821 TAXI", -3100, [CARD], None, id="digits alone"),
        pytest.param("LOYER MENSUEL", -5550, [CARD], "card", id="words and sum, no card named"),
    ],
)
def test_which_card_a_row_settles(
    memo: str, amount: int, cards: list[CardSums], expected: str | None
) -> None:
    found = settled_card(memo, amount, cards) if could_be_total(memo, amount) else None
    assert found == (expected if "LOYER" not in memo else None)


@pytest.mark.parametrize(
    ("memo", "amount", "worth"),
    [
        ("DEBIT MENSUEL CARTE 4821", -100, True),
        ("REMBOURSEMENT CARTE MENSUEL", 100, False),
        ("PRLV LOYER MENSUEL", -100, False),
        ("CARTE TAXI", -100, False),
    ],
)
def test_only_debits_that_speak_of_a_card_are_compared(memo: str, amount: int, worth: bool) -> None:
    assert could_be_total(memo, amount) is worth


def test_a_row_that_its_source_calls_a_total_only_needs_its_card() -> None:
    assert settled_card("TOTAL CB 4821", -1, [CARD, OTHER], named=True) == "card"
    assert settled_card("TOTAL", -1, [CARD, OTHER], named=True) is None


def bought(*amounts: int) -> list[tuple[date, int]]:
    return [(date(2026, 3, number), minor) for number, minor in enumerate(amounts, 1)]


@pytest.mark.parametrize(
    ("amounts", "since", "purchases", "apart"),
    [
        pytest.param((-2000, -3550), None, 2, 0, id="all of them"),
        pytest.param((-700, -2000, -3550, -900), None, 2, 0, id="a run of them"),
        pytest.param((-2000, -3000), None, 2, -550, id="one is missing"),
        pytest.param((-9900, -2000), 1, 1, -3550, id="since the total before"),
    ],
)
def test_D_N_a_total_is_ticked_off_against_its_purchases(
    amounts: tuple[int, ...], since: int | None, purchases: int, apart: int
) -> None:
    found = tick_off(-5550, bought(*amounts), date(2026, 3, since) if since else None)
    assert found is not None
    assert (found.purchases, found.apart) == (purchases, apart)


def test_without_any_purchase_nothing_is_ticked_off() -> None:
    assert tick_off(-5550, [], None) is None
