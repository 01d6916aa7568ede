"""Plan a batch: every row gets one fate, and the plan says what is written for it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import FetchedTransaction, Money, TransactionKind, TransactionStatus
from webapp.domain.attachments import Holding
from webapp.domain.expenses import PaymentMode
from webapp.domain.fates import Fate
from webapp.domain.planning import AccountRules, KeyedRow, Known, Withdrawn, plan, plan_removals
from webapp.domain.transactions import bank_content

DAY = date(2026, 3, 10)
HELD = AccountRules("card", "a", "i", date(2026, 3, 1), PaymentMode.COMPANY, (Holding("camille"),))
FREE = AccountRules("card", "a", "i", date(2026, 3, 1), PaymentMode.COMPANY)


def row(
    key: str = "k",
    day: date = DAY,
    kind: TransactionKind = TransactionKind.PURCHASE,
    status: TransactionStatus = TransactionStatus.BOOKED,
    memo: str = "CAFE",
) -> KeyedRow:
    fetched = FetchedTransaction(
        account_ref="card",
        amount=Money(-250, "EUR"),
        memo=memo,
        purchased_on=day,
        external_id=key,
        kind=kind,
        status=status,
    )
    return KeyedRow(fetched, key, 1)


def known(keyed: KeyedRow, status: str | None = None) -> dict[str, Known]:
    content = bank_content(keyed.row)
    return {keyed.key: Known("t1", keyed.key, status or keyed.row.status.value, content)}


ANNOUNCED = row(status=TransactionStatus.ANNOUNCED)


@pytest.mark.parametrize(
    ("rules", "held", "keyed", "fate"),
    [
        pytest.param(HELD, {}, row(), Fate.NEW, id="new"),
        pytest.param(FREE, {}, row(), Fate.WAITING, id="nobody holds the card"),
        pytest.param(HELD, known(row()), row(), Fate.UNCHANGED, id="the same again"),
        pytest.param(HELD, known(row()), row(memo="TEA"), Fate.UPDATED, id="other words"),
        pytest.param(HELD, known(ANNOUNCED), row(), Fate.BOOKED, id="announced before"),
        pytest.param(HELD, known(row(), "cancelled"), row(), Fate.UPDATED, id="un-deleted"),
        pytest.param(HELD, {}, row(day=date(2026, 2, 28)), Fate.OUT_OF_WINDOW, id="too old"),
        pytest.param(HELD, {}, row(kind=TransactionKind.SUMMARY), Fate.SUMMARY, id="summary"),
    ],
)
def test_the_fate_of_a_row(
    rules: AccountRules, held: dict[str, Known], keyed: KeyedRow, fate: Fate
) -> None:
    assert [outcome.fate for outcome in plan(rules, held, [keyed]).outcomes] == [fate]


def test_a_row_shown_before_in_the_run_is_repeated_and_written_once() -> None:
    planned = plan(HELD, {}, [row(), row()])
    assert [outcome.fate for outcome in planned.outcomes] == [Fate.NEW, Fate.REPEATED]
    assert len(planned.to_insert) == 1
    later = plan(HELD, known(row()), [row()], seen_in_run={"k"})
    assert [outcome.fate for outcome in later.outcomes] == [Fate.REPEATED]


@pytest.mark.parametrize(
    ("day", "holder"),
    [(date(2026, 3, 9), "anne"), (date(2026, 3, 10), "camille"), (date(2026, 3, 20), "camille")],
)
def test_D_F_a_purchase_goes_to_the_holder_of_its_day(day: date, holder: str) -> None:
    holdings = (
        Holding("anne", None, date(2026, 3, 9)),
        Holding("camille", date(2026, 3, 10), None),
    )
    rules = AccountRules("card", "a", "i", None, PaymentMode.COMPANY, holdings)
    assert plan(rules, {}, [row(day=day)]).to_insert[0].holder == holder


def test_R18_without_a_payment_mode_a_held_card_still_waits() -> None:
    rules = AccountRules("card", "a", "i", None, None, (Holding("camille"),))
    planned = plan(rules, {}, [row()])
    assert planned.to_insert[0].holder is None
    assert planned.outcomes[0].fate is Fate.WAITING


def test_what_the_source_withdraws_is_cancelled_once() -> None:
    held = known(row("a")) | {
        "b": Known("t2", "b", "cancelled", "x"),
    }
    withdrawn = [Withdrawn(key, key, position) for position, key in enumerate("abca", 5)]
    to_cancel, outcomes = plan_removals(held, withdrawn)
    assert to_cancel == ["t1"]
    assert [(outcome.position, outcome.fate) for outcome in outcomes] == [
        (5, Fate.REMOVED),
        (6, Fate.UNCHANGED),
        (7, Fate.REMOVED),
        (8, Fate.UNCHANGED),
    ]


keyed_rows = st.lists(
    st.builds(
        row,
        st.sampled_from("abcd"),
        st.dates(date(2026, 2, 25), date(2026, 3, 5)),
        st.sampled_from(TransactionKind),
        st.sampled_from(TransactionStatus),
    ),
    max_size=10,
)


@given(keyed_rows, st.sampled_from([HELD, FREE]))
def test_D_P_every_row_always_has_exactly_one_fate(
    rows: list[KeyedRow], rules: AccountRules
) -> None:
    planned = plan(rules, {}, rows)
    assert len(planned.outcomes) == len(rows)
    fresh = {Fate.NEW, Fate.WAITING, Fate.SUMMARY}
    assert len(planned.to_insert) == sum(one.fate in fresh for one in planned.outcomes)
    keys = [new.keyed.key for new in planned.to_insert]
    assert len(set(keys)) == len(keys)


@given(keyed_rows)
def test_R31_planning_what_was_just_written_always_writes_nothing(rows: list[KeyedRow]) -> None:
    first = plan(HELD, {}, rows)
    held = {
        new.keyed.key: Known("t", new.keyed.key, new.keyed.row.status.value, new.content)
        for new in first.to_insert
    }
    again = plan(HELD, held, [new.keyed for new in first.to_insert])
    assert {outcome.fate for outcome in again.outcomes} <= {Fate.UNCHANGED}
    assert not (again.to_insert or again.to_change)


# --- One life: announced, then booked under another id -------------------------------------------

BOOKED = KeyedRow(replace(row("b").row, external_id="b", replaces="a"), "b", 2, "a")


def held_as(status: str, external_id: str = "a") -> dict[str, Known]:
    unbooked = status != "booked"
    return {"a": Known("t1", "a", status, "told before", external_id, -250, unbooked)}


@pytest.mark.parametrize("status", ["announced", "cancelled", "expired"])
def test_A01_a_row_that_names_the_announced_one_books_it(status: str) -> None:
    planned = plan(HELD, held_as(status), [BOOKED])
    assert [one.fate for one in planned.outcomes] == [Fate.BOOKED]
    assert [one.id for one in planned.to_change] == ["t1"]
    assert (planned.to_insert, planned.aliases) == ([], {"b": "t1"})


def test_A01_each_announced_one_is_booked_once() -> None:
    twin = replace(BOOKED, key="c", row=replace(BOOKED.row, external_id="c"), position=3)
    planned = plan(HELD, held_as("announced"), [BOOKED, twin])
    assert [one.fate for one in planned.outcomes] == [Fate.BOOKED, Fate.NEW]
    already = plan(HELD, held_as("booked", "x"), [BOOKED])
    assert [one.fate for one in already.outcomes] == [Fate.NEW]


def test_A01_its_former_id_changes_and_cancels_nothing_any_more() -> None:
    booked = held_as("booked", "b")
    planned = plan(HELD, booked, [row("a", status=TransactionStatus.ANNOUNCED)])
    assert [one.fate for one in planned.outcomes] == [Fate.UNCHANGED]
    assert planned.to_change == []
    assert plan_removals(booked, [Withdrawn("a", "a", 1)])[0] == []
    assert plan_removals({"b": booked["a"]}, [Withdrawn("b", "b", 1)])[0] == ["t1"]


@pytest.mark.parametrize(
    ("again", "fates", "memo"),
    [
        pytest.param(row(), [Fate.NEW, Fate.REPEATED], "CAFE", id="the same"),
        pytest.param(row(memo="TEA"), [Fate.NEW, Fate.UPDATED], "TEA", id="other words"),
        pytest.param(
            row(status=TransactionStatus.ANNOUNCED), [Fate.NEW, Fate.REPEATED], "CAFE", id="older"
        ),
    ],
)
def test_C01_what_is_told_last_in_a_batch_counts(
    again: KeyedRow, fates: list[Fate], memo: str
) -> None:
    planned = plan(HELD, {}, [row(), again])
    assert [one.fate for one in planned.outcomes] == fates
    assert [new.keyed.row.memo for new in planned.to_insert] == [memo]


def test_A21_a_row_keyed_by_an_older_rule_is_known_and_gets_its_new_key() -> None:
    keyed = replace(row("c2:x:1"), former=("c1:x:1",))
    held = {"c1:x:1": Known("t1", "c1:x:1", "booked", bank_content(keyed.row))}
    planned = plan(HELD, held, [keyed])
    assert [one.fate for one in planned.outcomes] == [Fate.UNCHANGED]
    assert planned.aliases == {"c2:x:1": "t1"}


def test_A29_a_row_that_a_person_merged_into_another_stays_so() -> None:
    held = {"k": Known("t1", "k", "duplicate", "told before")}
    planned = plan(HELD, held, [row(), row()])
    assert [one.fate for one in planned.outcomes] == [Fate.DUPLICATE_OF, Fate.REPEATED]
    assert not (planned.to_change or planned.to_insert)
    assert plan_removals(held, [Withdrawn("k", "k", 1)])[0] == []


def test_E10_a_file_writes_nothing_over_what_the_feed_told() -> None:
    held = {"k": Known("t1", "k", "booked", "told before", "feed-7")}
    kept = plan(HELD, held, [row()], kept={"t1"})
    assert ([one.fate for one in kept.outcomes], kept.to_change) == ([Fate.UNCHANGED], [])
    assert [one.fate for one in plan(HELD, held, [row()]).outcomes] == [Fate.UPDATED]


def test_a_file_of_before_the_booking_takes_it_back_no_more() -> None:
    held = {"k": Known("t1", "k", "booked", "told before")}
    by_file = replace(HELD, by_file=True)
    assert [one.fate for one in plan(by_file, held, [ANNOUNCED]).outcomes] == [Fate.UNCHANGED]


def test_D_N_the_monthly_total_of_a_card_is_no_expense() -> None:
    planned = plan(HELD, {}, [row()], totals={"k": "the card"})
    assert [one.fate for one in planned.outcomes] == [Fate.SUMMARY]
    assert [(new.settles, new.holder) for new in planned.to_insert] == [("the card", None)]


def test_I11_what_a_question_is_about_is_not_cancelled_meanwhile() -> None:
    planned = plan_removals(held_as("booked"), [Withdrawn("a", "a", 1)], standing={"t1"})
    assert (planned[0], [one.fate for one in planned[1]]) == ([], [Fate.UNCHANGED])
