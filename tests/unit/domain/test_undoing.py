"""A run planned backwards: what goes, what is put back, what stays and why (I3, I12)."""

from datetime import date, timedelta

import pytest

from cardsync_sdk.types import FetchWindow
from webapp.domain.expenses import ExpenseStatus
from webapp.domain.merging import Work
from webapp.domain.undoing import Altered, FirstTold, Stays, complete_without, plan_undo

DAY = date(2026, 6, 10)
ONE = timedelta(days=1)


@pytest.mark.parametrize(
    ("row", "stays"),
    [
        (FirstTold("t", DAY), None),
        (FirstTold("t", DAY, Work()), None),
        (FirstTold("t", DAY, Work(comment="lunch")), Stays.WORKED),
        (FirstTold("t", DAY, Work(category_id="c")), Stays.WORKED),
        (FirstTold("t", DAY, Work(receipts=1)), Stays.WORKED),
        (FirstTold("t", DAY, Work(ExpenseStatus.NOT_EXPENSE)), Stays.WORKED),
        (FirstTold("t", DAY, Work(version=2)), Stays.WORKED),
        (FirstTold("t", DAY, Work(locked=True)), Stays.IN_REPORT),
        (FirstTold("t", DAY, Work(comment="lunch"), in_report=True), Stays.IN_REPORT),
        (FirstTold("t", DAY, answered=True), Stays.ANSWERED),
        (FirstTold("t", DAY, Work(), merged=True), Stays.MERGED),
        (FirstTold("t", DAY, told_apart=True), Stays.TOLD_APART),
    ],
)
@pytest.mark.parametrize("overtaken", [False, True])
def test_I3_what_a_person_did_anything_with_stays_and_says_why(
    row: FirstTold, stays: Stays | None, overtaken: bool
) -> None:
    told = FirstTold(
        row.id,
        row.day,
        row.work,
        row.in_report,
        row.answered,
        row.merged,
        row.told_apart,
        overtaken,
    )
    plan = plan_undo([told], [])

    assert plan.stay == ({} if stays is None else {"t": stays})
    assert list(plan.go) == (["t"] if stays is None and not overtaken else [])
    assert list(plan.overtaken) == (["t"] if stays is None and overtaken else [])


def test_the_oldest_value_that_a_run_replaced_is_the_one_from_before_it() -> None:
    row = Altered("t", DAY, [{"status": "announced", "amount_minor": 1}, {"amount_minor": 2}])

    assert plan_undo([], [row]).put_back == {"t": {"status": "announced", "amount_minor": 1}}


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (Altered("t", DAY), "put_back"),
        (Altered("t", DAY, locked=True), "locked"),
        (Altered("t", DAY, overtaken=True), "overtaken"),
        (Altered("t", DAY, merged=True), "stay"),
        (Altered("t", DAY, merged=True, overtaken=True), "stay"),
    ],
)
def test_what_a_run_changed_is_put_back_unless_more_was_built_upon_it(
    row: Altered, where: str
) -> None:
    plan = plan_undo([], [row])
    found = {
        name for name in ("go", "put_back", "stay", "locked", "overtaken") if getattr(plan, name)
    }

    assert found == ({"put_back", "locked"} if where == "locked" else {where})
    assert plan.since == (DAY if row.id in plan.put_back else None)


def test_two_plans_are_equal_exactly_if_they_do_the_same() -> None:
    rows = [FirstTold(name, DAY) for name in "ab"]
    one, again = plan_undo(rows, []), plan_undo(rows[::-1], [])
    others = [
        plan_undo(rows[:1], []),
        plan_undo(rows, [Altered("c", DAY)]),
        plan_undo([rows[0], FirstTold("b", DAY, answered=True)], []),
    ]

    assert one.digest == again.digest
    assert len({one.digest, *(plan.digest for plan in others)}) == 4


def span(first: int, last: int) -> FetchWindow:
    return FetchWindow(DAY + first * ONE, DAY + last * ONE)


@pytest.mark.parametrize(
    ("own", "others", "until", "since", "expected"),
    [
        # own          others                      until since expected
        ([span(0, 9)], [], 9, None, None),
        ([span(0, 9)], [span(0, 8)], 9, None, 8),
        ([span(5, 9)], [span(0, 6)], 9, None, 6),
        ([span(0, 9)], [span(5, 12)], 12, None, None),
        ([span(3, 9)], [span(0, 4), span(8, 12)], 12, None, 4),
        ([span(0, 9)], [span(0, 9)], 9, None, 9),
        ([span(0, 9)], [span(0, 8)], 9, 4, 3),
        ([span(0, 9)], [span(0, 8)], 9, 0, None),
        # A run that broke off fetched nothing whole: only what it told is asked for again.
        ([], [span(0, 8)], 8, None, 8),
        ([], [span(0, 8)], 8, 5, 4),
        ([], [], None, 5, None),
    ],
)
def test_an_account_is_complete_up_to_the_first_day_that_only_the_run_had_fetched(
    own: list[FetchWindow],
    others: list[FetchWindow],
    until: int | None,
    since: int | None,
    expected: int | None,
) -> None:
    def at(number: int | None) -> date | None:
        return None if number is None else DAY + number * ONE

    found = complete_without(own, others, until=at(until), since=at(since))

    assert found == at(expected)
