"""Who holds an account when (R14, R18, D-E, D-F)."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.attachments import (
    EVER,
    NO_CHANGE,
    Change,
    Gap,
    Holding,
    after_change,
    choose_holder,
    fill_gap,
    gaps,
    holder_on,
    is_ready,
)
from webapp.domain.expenses import PaymentMode

TODAY = date(2026, 3, 17)
YESTERDAY = date(2026, 3, 16)
TOMORROW = date(2026, 3, 18)
EARLIER = date(2026, 2, 1)


@pytest.mark.parametrize(
    ("history", "chosen", "change"),
    [
        pytest.param([], "ana", Change(open=Holding("ana")), id="first: all that waited is hers"),
        pytest.param([], None, NO_CHANGE, id="nobody held it, nobody shall"),
        pytest.param([Holding("ana")], "ana", NO_CHANGE, id="the same again"),
        pytest.param(
            [Holding("ana", made_on=EARLIER)],
            "bob",
            Change(close_on=YESTERDAY, open=Holding("bob", TODAY)),
            id="handed over: the old one ends the day before",
        ),
        pytest.param(
            [Holding("ana", made_on=EARLIER)],
            None,
            Change(close_on=YESTERDAY),
            id="taken back: nobody holds it",
        ),
        pytest.param(
            [Holding("ana", ends_on=EARLIER, made_on=EARLIER)],
            "bob",
            Change(open=Holding("bob", date(2026, 2, 2))),
            id="after a gap: what waited in it goes to the new holder",
        ),
        pytest.param(
            [Holding("ana", made_on=TODAY)],
            "bob",
            Change(undo=True, open=Holding("bob")),
            id="a slip of today, nothing came of it: corrected from the start",
        ),
        pytest.param(
            [Holding("ana", ends_on=EARLIER), Holding("eve", date(2026, 2, 2), made_on=TODAY)],
            "bob",
            Change(undo=True, open=Holding("bob", date(2026, 2, 2))),
            id="a slip keeps the start of what it corrects",
        ),
        pytest.param(
            [Holding("ana", made_on=TODAY)],
            None,
            Change(undo=True),
            id="a slip taken back leaves nothing",
        ),
        pytest.param(
            [Holding("ana", made_on=TODAY, used=True)],
            "bob",
            Change(close_on=YESTERDAY, open=Holding("bob", TODAY)),
            id="of today, but expenses came of it: they stay with the first",
        ),
        pytest.param(
            [Holding("ana", ends_on=YESTERDAY), Holding("eve", TODAY, made_on=TODAY, used=True)],
            "bob",
            Change(close_on=TODAY, open=Holding("bob", TOMORROW)),
            id="twice in a day with expenses: the next one begins tomorrow",
        ),
    ],
)
def test_R14_a_choice_of_holder(history: list[Holding], chosen: str | None, change: Change) -> None:
    assert choose_holder(history, chosen, TODAY) == change


@pytest.mark.parametrize(
    ("day", "holder"),
    [
        (date(2020, 1, 1), "ana"),
        (YESTERDAY, "ana"),
        (TODAY, "bob"),
        (date(2030, 1, 1), "bob"),
    ],
)
def test_R14_an_expense_is_its_holders_of_that_day(day: date, holder: str) -> None:
    assert holder_on([Holding("ana", ends_on=YESTERDAY), Holding("bob", TODAY)], day) == holder


def test_R14_nobody_holds_an_account_in_a_gap() -> None:
    assert holder_on([Holding("ana", ends_on=EARLIER), Holding("bob", TODAY)], YESTERDAY) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["ana", "bob", "eve", None]), st.integers(0, 3), st.booleans()),
        max_size=12,
    )
)
def test_R14_whatever_is_chosen_when_no_day_has_two_holders(
    choices: list[tuple[str | None, int, bool]],
) -> None:
    history: list[Holding] = []
    today = EARLIER
    for chosen, days_later, used in choices:
        today = date.fromordinal(today.toordinal() + days_later)
        history = _applied(history, choose_holder(history, chosen, today), today, used)
        _at_most_one_holder_a_day(history)
    if history:
        assert history[0].starts_on is None, "the first holder has all that waited"


def _applied(history: list[Holding], change: Change, today: date, used: bool) -> list[Holding]:
    left = [holding for holding in history if not (change.undo and holding.ends_on is None)]
    if change.close_on is not None:
        left = [
            Holding(h.user_id, h.starts_on, h.ends_on or change.close_on, h.made_on, h.used)
            for h in left
        ]
    if change.open is not None:
        opened = change.open
        left.append(Holding(opened.user_id, opened.starts_on, None, today, used))
    return left


def _at_most_one_holder_a_day(history: list[Holding]) -> None:
    assert sum(holding.ends_on is None for holding in history) <= 1
    for holding in history:
        assert (holding.starts_on or date.min) <= (holding.ends_on or date.max)
    for earlier, later in itertools.pairwise(history):
        assert earlier.ends_on is not None
        assert later.starts_on is not None
        assert (later.starts_on - earlier.ends_on).days == 1, "no gap, no overlap"


@pytest.mark.parametrize(
    ("holder", "mode", "ready"),
    [
        ("ana", PaymentMode.COMPANY, True),
        ("ana", PaymentMode.REIMBURSE, True),
        ("ana", None, False),
        (None, PaymentMode.COMPANY, False),
        (None, None, False),
    ],
)
def test_R18_no_expense_without_holder_and_mode(
    holder: str | None, mode: PaymentMode | None, ready: bool
) -> None:
    assert is_ready(holder, mode) is ready


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ([], [Gap(None, None)]),
        ([Holding("ana")], []),
        ([Holding("ana", TODAY)], [Gap(None, YESTERDAY)]),
        ([Holding("ana", None, YESTERDAY)], [Gap(TODAY, None)]),
        (
            [Holding("bob", TOMORROW), Holding("ana", EARLIER, YESTERDAY)],
            [Gap(None, date(2026, 1, 31)), Gap(TODAY, TODAY)],
        ),
    ],
    ids=["nobody ever", "one for ever", "before the first", "after the last", "between two"],
)
def test_D_E_the_days_of_nobody(history: list[Holding], found: list[Gap]) -> None:
    assert gaps(history) == found


@pytest.mark.parametrize(
    ("first_day", "held"),
    [
        (None, Holding("bob", None, YESTERDAY)),
        (EARLIER, Holding("bob", EARLIER, YESTERDAY)),
        (TODAY, None),
    ],
)
def test_D_E_days_of_nobody_are_given_once(first_day: date | None, held: Holding | None) -> None:
    history = [Holding("ana", TODAY)]
    assert fill_gap(history, YESTERDAY, "bob", first_day) == held
    if held is not None:
        assert fill_gap([*history, held], YESTERDAY, "bob", first_day) is None
    assert fill_gap(history, TODAY, "bob", first_day) is None, "these days are somebody's"


@pytest.mark.parametrize(
    ("named", "begins"),
    [(None, TODAY), (EVER, TODAY), (EARLIER, EARLIER), (TOMORROW, TODAY)],
    ids=["by itself", "ever is not before ana", "named", "never to come"],
)
def test_D_F_handed_over_from_a_named_day(named: date | None, begins: date) -> None:
    history = [Holding("ana", made_on=EARLIER, used=True)]
    change = choose_holder(history, "bob", TODAY, first_day=named)
    assert change.open == Holding("bob", begins)
    after = after_change(history, change)
    assert gaps(after) == []
    assert holder_on(after, begins) == "bob"
    assert holder_on(after, begins - timedelta(days=1)) == "ana"
