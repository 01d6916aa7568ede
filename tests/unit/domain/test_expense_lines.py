"""An expense as its holder sees it, and its place in the list."""

from dataclasses import replace
from datetime import date

import pytest

from cardsync_sdk.types import TransactionKind
from webapp.domain.expense_lines import ExpenseLine, Key, Month, Section, is_below
from webapp.domain.expenses import ExpenseStatus, Missing, PaymentMode, Policy, Said

LINE = ExpenseLine(
    id="b",
    legal_entity_id="e",
    entity_name="Durand SAS",
    group_id="g",
    user_id="u",
    version=1,
    day=date(2026, 11, 12),
    status=ExpenseStatus.TO_COMPLETE,
    payment_mode=PaymentMode.COMPANY,
    said=Said(None, ""),
    category_names={},
    category_icon=None,
    policy=Policy(2000),
    receipts=0,
    amount_minor=4250,
    currency="EUR",
    original_minor=None,
    original_currency=None,
    kind=TransactionKind.PURCHASE,
    transaction_status="booked",
    purchased_on=date(2026, 11, 12),
    booked_on=None,
    title="Chez Paul",
    memo="CARTE 12/11 CHEZ PAUL",
    account_name="Visa",
    last4="4821",
)


@pytest.mark.parametrize(
    ("status", "bank", "section", "open_to_words"),
    [
        ("to_complete", "booked", Section.TO_COMPLETE, True),
        ("to_complete", "announced", Section.TO_COMPLETE, True),  # D-M
        ("complete", "booked", Section.COMPLETE, True),
        ("complete", "announced", Section.COMPLETE, True),
        ("to_complete", "cancelled", Section.WITHDRAWN, False),
        ("complete", "expired", Section.WITHDRAWN, False),
        ("not_expense", "booked", Section.NOT_EXPENSE, False),  # D-R
        ("not_expense", "cancelled", Section.NOT_EXPENSE, False),
    ],
)
def test_where_a_line_stands_and_whether_it_can_be_completed(
    status: str, bank: str, section: Section, open_to_words: bool
) -> None:
    line = replace(LINE, status=ExpenseStatus(status), transaction_status=bank)
    assert line.section is section
    assert line.can_be_completed is open_to_words


def test_R3_a_line_says_what_it_still_needs() -> None:
    assert LINE.missing == (Missing.CATEGORY, Missing.RECEIPT)
    assert replace(LINE, said=Said("train", ""), receipts=1).missing == ()
    assert LINE.receipt_required
    assert not replace(LINE, amount_minor=1999).receipt_required


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_month_ends_on_its_last_day(first: date, last: date) -> None:
    assert Month(first).last == last


def test_keys_stand_in_the_order_of_the_list() -> None:
    in_order = [
        Key(Section.TO_COMPLETE, date(2026, 11, 12), "b"),
        Key(Section.TO_COMPLETE, date(2026, 11, 12), "a"),
        Key(Section.TO_COMPLETE, date(2026, 11, 11), "c"),
        Key(Section.COMPLETE, date(2026, 12, 1), "d"),
        Key(Section.WITHDRAWN, date(2026, 12, 2), "e"),
    ]
    for above, key in enumerate(in_order):
        assert [is_below(other, key) for other in in_order] == [
            place > above for place in range(len(in_order))
        ]
