"""What whole days came without is gone; of equal rows, one nobody worked on; not all at once."""

from datetime import date

import pytest

from webapp.domain.likeness import Candidate
from webapp.domain.planning import Known
from webapp.domain.removals import Missing, believable, victims

BASE = "c1:" + "0" * 24


def coffee(number: int, *, worked: bool = False, base: str = BASE) -> Candidate:
    known = Known(f"t{number}", f"{base}:{number}", "booked", "content", None, -250)
    day = date(2026, 3, 16)
    return Candidate(known, day, day, "EUR", "CAFE", "bank", worked=worked)


OTHER = "c1:" + "1" * 24


@pytest.mark.parametrize(
    ("missing", "shown", "goes"),
    [
        pytest.param(coffee(2), coffee(1), "t2", id="nobody worked on it"),
        pytest.param(coffee(2, worked=True), coffee(1), "t1", id="A10 the worked one stays"),
        pytest.param(coffee(2, worked=True), coffee(1, worked=True), "t2", id="both worked on"),
        pytest.param(coffee(2, worked=True), coffee(1, base=OTHER), "t2", id="no equal one"),
    ],
)
def test_of_equal_rows_one_that_nobody_worked_on_goes(
    missing: Candidate, shown: Candidate, goes: str
) -> None:
    swaps, gone = victims([missing], [shown])
    assert [one.known.id for one in gone] == [goes]
    assert bool(swaps) is (goes == "t1")


@pytest.mark.parametrize(
    ("held", "booked", "believed"),
    [(3, 3, True), (10, 5, True), (10, 6, False), (4, 4, False), (500, 20, True)],
)
def test_so_much_gone_at_once_is_an_answer_cut_short(
    held: int, booked: int, believed: bool
) -> None:
    assert believable(Missing(held, booked)) is believed
