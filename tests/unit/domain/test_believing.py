"""A source that turns its signs round, or talks nonsense, is not believed; one row is."""

from datetime import date

import pytest

from cardsync_sdk import FetchedTransaction, Money
from webapp.domain.believing import SignsFlipped, Unreadable, check_readable, check_signs
from webapp.domain.planning import KeyedRow, Known


def batch(flipped: int, as_before: int, new: int = 0) -> tuple[list[KeyedRow], dict[str, Known]]:
    rows, known = [], {}
    for number in range(flipped + as_before + new):
        amount = -100 - number
        fetched = FetchedTransaction(
            account_ref="card",
            amount=Money(-amount if number < flipped else amount, "EUR"),
            memo="CAFE",
            purchased_on=date(2026, 3, 16),
        )
        rows.append(KeyedRow(fetched, str(number), number))
        if number < flipped + as_before:
            known[str(number)] = Known(str(number), str(number), "booked", "x", None, amount)
    return rows, known


@pytest.mark.parametrize(
    ("flipped", "as_before", "new", "refused"),
    [(0, 5, 3, False), (1, 0, 0, False), (2, 0, 5, False), (3, 0, 5, True), (3, 4, 0, False)],
)
def test_most_signs_turned_refuse_the_batch(
    flipped: int, as_before: int, new: int, refused: bool
) -> None:
    rows, known = batch(flipped, as_before, new)
    if not refused:
        check_signs(rows, known)
        return
    with pytest.raises(SignsFlipped, match=f"{flipped} of {flipped + as_before}"):
        check_signs(rows, known)


@pytest.mark.parametrize(
    ("rejected", "rows", "refused"),
    [
        pytest.param(1, 499, False, id="C14 one of five hundred"),
        pytest.param(2, 0, False, id="two, and nothing else"),
        pytest.param(3, 3, False, id="half"),
        pytest.param(3, 2, True, id="most"),
    ],
)
def test_a_batch_of_nonsense_is_refused_before_anything_is_booked(
    rejected: int, rows: int, refused: bool
) -> None:
    if not refused:
        check_readable(rejected, rows)
        return
    with pytest.raises(Unreadable, match=f"{rejected} of {rejected + rows}"):
        check_readable(rejected, rows)
