"""How a day of syncs went, what a transaction became, how old it was at import (R16, R44)."""

from datetime import date

import pytest

from webapp.domain.expenses import ExpenseStatus
from webapp.domain.fates import Fate
from webapp.domain.history import (
    Became,
    DayState,
    age_at_import,
    became,
    calendar,
    state_of_day,
    usual_age,
)
from webapp.domain.interfaces import Actor, Outcome, Trigger
from webapp.views import history_words, run_words

OK, PARTIAL, FAILED = Outcome.OK, Outcome.PARTIAL, Outcome.FAILED
RUNNING, INTERRUPTED = Outcome.RUNNING, Outcome.INTERRUPTED


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], DayState.QUIET),
        ([OK], DayState.GOOD),
        ([OK, OK], DayState.GOOD),
        ([FAILED, OK], DayState.RECOVERED),
        ([INTERRUPTED, OK], DayState.RECOVERED),
        ([PARTIAL, OK], DayState.RECOVERED),
        ([OK, FAILED], DayState.FAILED),
        ([PARTIAL], DayState.FAILED),
        ([INTERRUPTED], DayState.FAILED),
        ([FAILED, RUNNING], DayState.RUNNING),
    ],
)
def test_a_day_is_good_only_if_it_ended_well(outcomes: list[Outcome], state: DayState) -> None:
    assert state_of_day(outcomes) is state


def test_the_calendar_is_whole_weeks_up_to_that_of_today() -> None:
    """Thursday 12 November 2026; the account came on Tuesday the 3rd."""
    weeks = calendar(
        {date(2026, 11, 11): [FAILED, OK]},
        since=date(2026, 11, 3),
        today=date(2026, 11, 12),
        weeks=2,
    )

    assert [[day.state.value for day in week] for week in weeks] == [
        ["outside", *["quiet"] * 6],
        ["quiet", "quiet", "recovered", "quiet", "outside", "outside", "outside"],
    ]
    assert (weeks[0][0].on, weeks[-1][-1].on) == (date(2026, 11, 2), date(2026, 11, 15))
    assert weeks[1][2].runs == 2


def test_a_sync_of_a_day_before_the_account_is_still_shown() -> None:
    weeks = calendar(
        {date(2026, 11, 9): [OK]}, since=date(2026, 11, 10), today=date(2026, 11, 12), weeks=1
    )
    assert weeks[0][0].state is DayState.GOOD


@pytest.mark.parametrize(
    ("has_expense", "kind", "status", "what"),
    [
        (True, "purchase", "booked", Became.EXPENSE),
        (True, "purchase", "cancelled", Became.EXPENSE),
        (False, "purchase", "booked", Became.WAITING),
        (False, "purchase", "announced", Became.WAITING),
        (False, "summary", "booked", Became.SUMMARY),
        (False, "purchase", "cancelled", Became.CANCELLED),
        (False, "purchase", "expired", Became.EXPIRED),
        (False, "purchase", "duplicate", Became.DUPLICATE),
        (True, "purchase", "entered", Became.ENTERED),
    ],
)
def test_R44_what_a_transaction_became(
    has_expense: bool, kind: str, status: str, what: Became
) -> None:
    assert became(has_expense=has_expense, kind=kind, status=status) is what


@pytest.mark.parametrize(
    ("bought", "imported", "days"),
    [
        (date(2026, 3, 10), date(2026, 3, 11), 1),
        (date(2026, 3, 10), date(2026, 3, 10), 0),
        (date(2026, 2, 28), date(2026, 3, 3), 3),
        (date(2026, 3, 12), date(2026, 3, 11), 0),
    ],
)
def test_R16_the_age_at_import_is_in_days(bought: date, imported: date, days: int) -> None:
    assert age_at_import(bought, imported) == days


def test_R16_the_usual_age_is_that_of_the_transaction_in_the_middle() -> None:
    assert usual_age([1, 1, 1, 30, 2]) == 1
    assert usual_age([]) is None


def test_everything_the_history_names_has_words() -> None:
    assert set(run_words.FATES) == set(history_words.FATE_BADGES) == set(Fate)
    assert set(run_words.TRIGGERS) == set(Trigger)
    assert set(run_words.OUTCOMES) == set(Outcome)
    assert set(run_words.ACTORS) == set(Actor)
    assert set(history_words.BECAME) == set(Became)
    assert set(history_words.EXPENSES) == set(ExpenseStatus)
    assert set(history_words.DAYS) == set(DayState) - {DayState.OUTSIDE}
