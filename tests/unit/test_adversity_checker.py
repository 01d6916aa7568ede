"""The checker of the adversity bank finds what is wrong: pictures with one fault put in on purpose.

A checker that finds nothing proves nothing, so each thing it promises to see is shown to it here.
"""

from dataclasses import replace
from datetime import date

import pytest

from cardsync_sdk.testing.adversity.setting import Expect
from cardsync_sdk.types import FetchWindow
from webapp.adversity.checker import (
    Content,
    Covered,
    Expense,
    Held,
    Picture,
    Run,
    Told,
    Verdict,
    Work,
    check,
)

DAY = date(2026, 3, 16)
MARCH = FetchWindow(date(2026, 3, 1), date(2026, 3, 17))


def content(amount: int, **values: object) -> Content:
    plain = Content(
        "card", "booked", "purchase", DAY, DAY, None, amount, "EUR", None, "CARTE BOULANGERIE"
    )
    return plain._replace(**values)


LUNCH, TAXI = content(-1250), content(-3100)
WORK = Work("lunch", "work on lunch")
RUN = Run("r", True, 2, {"new": 2, "not_shared": 0}, {"new": 2}, 2)
# Everything as it should be: two purchases, each stored once with its expense.
RIGHT = Picture(
    told=[Told("lunch", LUNCH), Told("taxi", TAXI)],
    held=[
        Held("1", LUNCH, True, ("lunch",), expenses=1),
        Held("2", TAXI, True, ("taxi",), expenses=1),
    ],
    works=[WORK],
    expenses=[Expense("1", WORK.mark, 1, "Camille"), Expense("2", "", 0, "Camille")],
    runs=[RUN],
    covered=[Covered("card", MARCH, (MARCH,))],
    syncs=1,
)
EXPECT = Expect(rows=2, expenses=2, waiting=0, runs=1, of={"Camille": 2})


def verdict(expect: Expect = EXPECT, **changed: object) -> Verdict:
    return check("X", expect, replace(RIGHT, **changed))  # type: ignore[arg-type]


def test_what_is_right_is_ok() -> None:
    found = verdict()
    assert found.misses == []
    assert (found.rows_true, found.stored, found.lost, found.doubled) == (2, 2, 0, 0)


def test_a_row_that_is_not_stored_is_lost() -> None:
    found = verdict(Expect(rows=2), held=RIGHT.held[:1])
    assert (found.lost, found.doubled) == (1, 0)
    assert found.misses == ["lost: taxi"]


def test_a_row_that_is_stored_but_cancelled_is_lost() -> None:
    cancelled = replace(RIGHT.held[1], active=False)
    assert verdict(Expect(rows=2), held=[RIGHT.held[0], cancelled]).lost == 1


def test_a_row_stored_twice_is_doubled() -> None:
    twice = [*RIGHT.held, replace(RIGHT.held[1], id="3")]
    found = verdict(Expect(rows=2), held=twice)
    assert (found.lost, found.doubled) == (0, 1)


def test_one_lost_and_another_doubled_do_not_make_up_for_each_other() -> None:
    found = verdict(Expect(rows=2), held=[RIGHT.held[0], replace(RIGHT.held[0], id="3")], works=[])
    assert (found.stored, found.lost, found.doubled) == (2, 1, 1)


def test_two_equal_purchases_need_two_transactions() -> None:
    twins = [Told("coffee 1", LUNCH), Told("coffee 2", LUNCH)]
    one = Held("1", LUNCH, True, ("coffee 1", "coffee 2"), expenses=1)
    found = verdict(Expect(rows=2), told=twins, held=[one], works=[])
    assert (found.lost, found.doubled) == (1, 0)


def test_a_withdrawn_row_that_is_still_active_is_doubled() -> None:
    gone = [RIGHT.told[0], replace(RIGHT.told[1], kept=False)]
    assert verdict(Expect(rows=1), told=gone).doubled == 1


def test_a_row_of_somebody_else_is_doubled() -> None:
    stranger = Held("3", content(-66600), True, ("theirs",))
    assert verdict(Expect(rows=2), held=[*RIGHT.held, stranger]).doubled == 1


@pytest.mark.parametrize(
    "outdated",
    [
        content(-3000),
        content(-3100, status="announced"),
        content(-3100, booked_on=date(2026, 3, 15)),
        content(-3100, memo="CARTE TAXI"),
        content(-3100, card="second"),
    ],
    ids=["amount", "status", "day", "wording", "card"],
)
def test_a_row_that_says_what_the_bank_no_longer_says_is_a_miss(outdated: Content) -> None:
    held = [RIGHT.held[0], replace(RIGHT.held[1], content=outdated)]
    found = verdict(held=held)
    assert (found.lost, found.doubled) == (0, 0)
    assert found.misses == ["stored, but not as the bank says it now: taxi"]


def test_a_receipt_that_moved_to_another_purchase_is_found() -> None:
    moved = [Expense("1", "", 0, "Camille"), Expense("2", WORK.mark, 1, "Camille")]
    (miss,) = verdict(expenses=moved).misses
    assert miss.startswith("work on lunch: it stands on taxi")


@pytest.mark.parametrize(
    ("expenses", "words"),
    [
        ([Expense("1", "", 1, "Camille")], "on 0 expenses"),
        ([Expense(one, WORK.mark, 1, "Camille") for one in "12"], "on 2 expenses"),
        ([Expense("1", WORK.mark, 0, "Camille")], "the receipt is gone"),
    ],
    ids=["gone", "copied", "without its receipt"],
)
def test_work_that_is_gone_copied_or_without_its_receipt_is_found(
    expenses: list[Expense], words: str
) -> None:
    (miss,) = verdict(Expect(rows=2), expenses=expenses).misses
    assert words in miss


def test_work_left_on_a_dead_row_is_found_and_work_of_a_withdrawn_purchase_may_stay() -> None:
    dead = Held("3", LUNCH, False, ("lunch",), expenses=1)
    held = [*RIGHT.held, dead]
    left = [Expense("3", WORK.mark, 1, "Camille")]
    (miss,) = verdict(Expect(rows=2), held=held, expenses=left).misses
    assert miss.startswith("work on lunch: it stands on lunch")
    withdrawn = [replace(RIGHT.told[0], kept=False), RIGHT.told[1]]
    found = verdict(Expect(rows=1), told=withdrawn, held=[dead, RIGHT.held[1]], expenses=left)
    assert found.misses == []


def test_of_equal_rows_without_ids_any_active_one_may_carry_the_work() -> None:
    twins = [Told("lunch", LUNCH, anonymous=True), Told("again", LUNCH, anonymous=True)]
    held = [Held(one, LUNCH, True, ("lunch", "again"), expenses=1) for one in "12"]
    for one in "12":
        expenses = [Expense(one, WORK.mark, 1, "Camille")]
        assert verdict(Expect(rows=2), told=twins, held=held, expenses=expenses).misses == []


def test_of_equal_rows_with_ids_each_keeps_its_own_work() -> None:
    twins = [Told("lunch", LUNCH), Told("again", LUNCH)]
    held = [Held("1", LUNCH, True, ("lunch",)), Held("2", LUNCH, True, ("again",))]
    expenses = [Expense("2", WORK.mark, 1, "Camille")]
    (miss,) = verdict(Expect(rows=2), told=twins, held=held, expenses=expenses).misses
    assert miss.startswith("work on lunch: it stands on again")


def test_a_purchase_that_took_over_a_withdrawn_one_with_its_receipt_is_found() -> None:
    told = [Told("lunch", LUNCH, kept=False), Told("again", LUNCH)]
    held = [Held("1", LUNCH, True, ("lunch", "again"))]
    expenses = [Expense("1", WORK.mark, 1, "Camille")]
    (miss,) = verdict(Expect(rows=1), told=told, held=held, expenses=expenses).misses
    assert miss.startswith("work on lunch: it stands on lunch / again")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(RUN, counts={"new": 1}, recorded={"new": 1}), "2 rows seen, 1 have a fate"),
        (replace(RUN, recorded={"new": 1, "updated": 1}), "the run says"),
        (replace(RUN, given=3), "the bank gave 3 rows, the run saw 2"),
        (replace(RUN, given=1), "the bank gave 1 rows, the run saw 2"),
        (replace(RUN, ok=False), "failed without saying why"),
    ],
    ids=["no fate", "other fates", "dropped in silence", "made up", "no reason"],
)
def test_counts_that_do_not_add_up_are_found(run: Run, words: str) -> None:
    (miss,) = verdict(runs=[run]).misses
    assert words in miss


def test_a_failed_run_may_have_seen_less_than_was_given() -> None:
    assert verdict(runs=[replace(RUN, ok=False, given=3, error="away")]).misses == []


def test_a_row_of_a_card_not_shared_is_counted_without_a_fate_of_its_own() -> None:
    run = replace(RUN, rows_seen=3, counts={"new": 2, "not_shared": 1}, given=3)
    assert verdict(runs=[run]).misses == []


@pytest.mark.parametrize(
    ("told", "first_miss"),
    [
        ((), "2026-03-01"),
        ((FetchWindow(date(2026, 3, 2), MARCH.last),), "2026-03-01"),
        ((FetchWindow(MARCH.first, date(2026, 3, 5)), FetchWindow(DAY, MARCH.last)), "2026-03-06"),
    ],
    ids=["nothing", "too short", "a hole"],
)
def test_a_day_that_counts_as_fetched_and_was_not_is_found(
    told: tuple[FetchWindow, ...], first_miss: str
) -> None:
    (miss,) = verdict(covered=[Covered("card", MARCH, told)]).misses
    assert miss == f"coverage: {first_miss} of card counts as fetched and was not"


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        (Expect(rows=2, expenses=1), "live expenses: 1 expected, 2 found"),
        (Expect(rows=2, waiting=1), "rows waiting without an expense: 1 expected, 0 found"),
        (Expect(rows=2, quarantined=1), "rows in quarantine: 1 expected, 0 found"),
        (Expect(rows=2, questions=1), "questions put to a person: 1 expected, 0 found"),
        (Expect(rows=2, runs=2), "syncs: 2 expected, 1 found"),
        (Expect(rows=2, of={"Dominique": 1}), "expenses of Dominique: 1 expected, 0 found"),
        (Expect(rows=3), "the script is wrong: it expects 3 rows, its steps make 2"),
    ],
    ids=["expenses", "waiting", "quarantine", "questions", "syncs", "holder", "the script"],
)
def test_what_the_script_expects_is_compared(expect: Expect, words: str) -> None:
    assert verdict(expect).misses == [words]


def test_two_expenses_of_one_transaction_are_found() -> None:
    held = [replace(RIGHT.held[0], expenses=2), RIGHT.held[1]]
    (miss,) = verdict(held=held).misses
    assert miss.startswith("2 expenses of one transaction: lunch")


def test_a_row_that_the_source_moved_may_stand_under_either_card() -> None:
    moved = Told("taxi", TAXI, now_under="second")
    for card in ("card", "second"):
        held = [RIGHT.held[0], replace(RIGHT.held[1], content=TAXI._replace(card=card))]
        assert verdict(told=[RIGHT.told[0], moved], held=held).misses == []


def test_what_a_script_leaves_open_is_not_looked_at() -> None:
    open_ended = Expect(rows=2, questions=None, quarantined=None)
    assert verdict(open_ended, questions=3, quarantined=2).misses == []
