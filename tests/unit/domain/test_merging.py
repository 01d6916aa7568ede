"""Two expenses of one purchase: no work of a person is lost or overruled (I3, I11, A29)."""

import pytest

from webapp.domain.expenses import COMMENT_MAX, ExpenseStatus
from webapp.domain.merging import (
    MergeRefusal,
    MergeRefused,
    Settlement,
    Survivor,
    Work,
    joined,
    settle,
)

FRESH = Work()
DONE = Work(ExpenseStatus.COMPLETE, "train", "to Lyon", 1, version=2)
SUBMITTED = Work(ExpenseStatus.COMPLETE, "taxi", "home", 0, locked=True, version=3)
NONE = Work(ExpenseStatus.NOT_EXPENSE, version=2, note="mine")
PHOTO = Work(receipts=1, version=2)
STAYS, GOES = Survivor.STAYS, Survivor.GOES


@pytest.mark.parametrize(
    ("stays", "goes", "expected"),
    [
        (None, None, Settlement()),
        (FRESH, None, Settlement(STAYS)),
        (None, DONE, Settlement(GOES, "train", "to Lyon")),
        (FRESH, FRESH, Settlement(STAYS)),
        (FRESH, DONE, Settlement(GOES, "train", "to Lyon")),
        (DONE, FRESH, Settlement(STAYS, "train", "to Lyon")),
        (FRESH, NONE, Settlement(GOES, note="mine")),
        (NONE, FRESH, Settlement(STAYS, note="mine")),
        (PHOTO, DONE, Settlement(STAYS, "train", "to Lyon")),
        (DONE, PHOTO, Settlement(STAYS, "train", "to Lyon")),
        (SUBMITTED, DONE, Settlement(STAYS, "taxi", "home")),
        (DONE, SUBMITTED, Settlement(GOES, "taxi", "home")),
        (SUBMITTED, FRESH, Settlement(STAYS, "taxi", "home")),
        (FRESH, SUBMITTED, Settlement(GOES, "taxi", "home")),
        (
            DONE,
            Work(ExpenseStatus.COMPLETE, "taxi", "and back", 1, version=2),
            Settlement(STAYS, "train", "to Lyon\nand back"),
        ),
        (
            NONE,
            Work(ExpenseStatus.NOT_EXPENSE, note="ours", version=2),
            Settlement(STAYS, note="mine\nours"),
        ),
    ],
)
def test_I3_one_expense_survives_with_what_was_said_of_both(
    stays: Work | None, goes: Work | None, expected: Settlement
) -> None:
    assert settle(stays, goes) == expected


@pytest.mark.parametrize(
    ("stays", "goes", "why"),
    [
        (SUBMITTED, SUBMITTED, MergeRefusal.BOTH_LOCKED),
        (NONE, DONE, MergeRefusal.CONTRADICTION),
        (PHOTO, NONE, MergeRefusal.CONTRADICTION),
        (SUBMITTED, NONE, MergeRefusal.CONTRADICTION),
        (
            Work(comment="a" * COMMENT_MAX, version=2),
            Work(comment="b", version=2),
            MergeRefusal.TOO_LONG,
        ),
    ],
)
def test_I12_what_would_lose_or_overrule_work_is_refused(
    stays: Work, goes: Work, why: MergeRefusal
) -> None:
    with pytest.raises(MergeRefused) as refused:
        settle(stays, goes)
    assert refused.value.why is why


@pytest.mark.parametrize(
    ("work", "untouched"),
    [
        (Work(), True),
        (Work(version=2), False),
        (Work(category_id="taxi"), False),
        (Work(comment="x"), False),
        (Work(receipts=1), False),
        (Work(locked=True), False),
        (Work(ExpenseStatus.COMPLETE), False),
    ],
)
def test_only_what_nobody_worked_on_may_go_without_a_trace(work: Work, untouched: bool) -> None:
    assert work.untouched is untouched


@pytest.mark.parametrize(
    ("kept", "other", "text"),
    [("a", "b", "a\nb"), ("", "b", "b"), ("a", "", "a"), ("a b", "b", "a b"), ("", "", "")],
)
def test_two_texts_are_one_and_nothing_is_said_twice(kept: str, other: str, text: str) -> None:
    assert joined(kept, other, 10) == text
