"""Days asked for once more: which are refused, and what a run asks of an account (D-S, R26)."""

from datetime import date

import pytest

from cardsync_sdk.types import FetchWindow
from webapp.domain.windows import AskedDays, DaysRefusal, refusal_of, window_again

TODAY = date(2026, 6, 20)
USUAL = FetchWindow(date(2026, 6, 9), TODAY)


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


@pytest.mark.parametrize(
    ("first", "last", "floors", "refused"),
    [
        (day(4, 5), day(4, 11), [None], None),
        (day(6, 20), day(6, 20), [None], None),
        (day(4, 11), day(4, 5), [None], DaysRefusal.REVERSED),
        (day(6, 19), day(6, 21), [None], DaysRefusal.TO_COME),
        (day(6, 19, 2024), day(7, 1, 2024), [None], DaysRefusal.TOO_FAR_BACK),
        (day(6, 20, 2024), day(7, 1, 2024), [None], None),
        (day(2, 1), day(2, 28), [day(3, 1)], DaysRefusal.BEFORE_FLOOR),
        (day(2, 1), day(3, 1), [day(3, 1)], None),
        (day(2, 1), day(2, 28), [day(3, 1), day(2, 1)], None),
        (day(2, 1), day(2, 28), [], DaysRefusal.BEFORE_FLOOR),
    ],
)
def test_which_days_are_refused(
    first: date, last: date, floors: list[date | None], refused: DaysRefusal | None
) -> None:
    assert refusal_of(AskedDays(first, last), floors=floors, today=TODAY) is refused


@pytest.mark.parametrize(
    ("days", "floor", "from_cursor", "asked"),
    [
        (None, None, True, None),
        (AskedDays(day(4, 5), day(4, 11)), None, False, (day(4, 5), day(4, 11))),
        (AskedDays(day(4, 5), day(4, 11), "card"), None, True, (day(4, 5), day(4, 11))),
        (AskedDays(day(4, 5), day(4, 11), "another"), None, True, None),
        (AskedDays(day(4, 5), day(4, 11)), day(4, 8), True, (day(4, 8), day(4, 11))),
        (AskedDays(day(4, 5), day(4, 11)), day(5, 1), True, None),
        (AskedDays(day(6, 10), day(6, 12)), None, False, None),
        (AskedDays(day(6, 10), day(6, 12)), None, True, (day(6, 10), day(6, 12))),
        (AskedDays(day(6, 1), day(6, 12)), None, False, (day(6, 1), day(6, 12))),
    ],
)
def test_what_a_run_asks_besides_its_usual_window(
    days: AskedDays | None, floor: date | None, from_cursor: bool, asked: tuple[date, date] | None
) -> None:
    found = window_again(days, account_id="card", floor=floor, usual=USUAL, from_cursor=from_cursor)
    assert found == (FetchWindow(*asked) if asked else None)


@pytest.mark.parametrize(
    ("accounts", "together"),
    [(("a", "a"), "a"), (("a", "b"), None), (("a", None), None), ((None, None), None)],
)
def test_two_asks_are_joined_into_one_that_holds_both(
    accounts: tuple[str | None, str | None], together: str | None
) -> None:
    one = AskedDays(day(4, 5), day(4, 11), accounts[0])
    other = AskedDays(day(4, 1), day(4, 7), accounts[1])

    assert one.joined_with(other) == AskedDays(day(4, 1), day(4, 11), together)
