"""What an expense is, and what it still needs."""

import pytest

from webapp.domain.expenses import (
    FIRST_CHOICES,
    Draft,
    ExpenseStatus,
    Missing,
    Policy,
    clean_comment,
    expense_minor,
    first_choices,
    missing_in,
    policy_for,
    status_of,
    title_of,
)

CATEGORY, COMMENT, RECEIPT = Missing.CATEGORY, Missing.COMMENT, Missing.RECEIPT

NO_RECEIPTS = Policy(None)
RECEIPT_FROM_20 = Policy(2000)
ALWAYS = Policy(0)
COMMENTED = Policy(2000, comment_required=True)


@pytest.mark.parametrize(
    ("amount", "category", "comment", "receipts", "policy", "lacking"),
    [
        # amount  category comment    receipts policy           lacking
        (-4250, None, "", 0, NO_RECEIPTS, (CATEGORY,)),
        (-4250, "meals", "", 0, NO_RECEIPTS, ()),
        (-4250, None, "", 0, RECEIPT_FROM_20, (CATEGORY, RECEIPT)),
        (-4250, None, "", 1, RECEIPT_FROM_20, (CATEGORY,)),
        (-4250, "meals", "", 1, RECEIPT_FROM_20, ()),
        (-4250, "meals", "", 2, RECEIPT_FROM_20, ()),
        (-1999, "meals", "", 0, RECEIPT_FROM_20, ()),  # a cent below: none asked
        (-2000, "meals", "", 0, RECEIPT_FROM_20, (RECEIPT,)),  # the threshold itself asks
        (2000, "meals", "", 0, RECEIPT_FROM_20, (RECEIPT,)),  # a refund has its slip as well
        (0, "meals", "", 0, ALWAYS, (RECEIPT,)),
        (-4250, "meals", "", 1, COMMENTED, (COMMENT,)),
        (-4250, "meals", " \n\t", 1, COMMENTED, (COMMENT,)),  # blanks say nothing
        (-4250, "meals", "With Ines", 1, COMMENTED, ()),
        (-4250, None, "", 0, COMMENTED, (CATEGORY, COMMENT, RECEIPT)),  # in the form's order
    ],
)
def test_R3_what_is_missing_follows_from_the_draft_and_the_policy(
    amount: int,
    category: str | None,
    comment: str,
    receipts: int,
    policy: Policy,
    lacking: tuple[Missing, ...],
) -> None:
    assert missing_in(Draft(amount, category, comment, receipts), policy) == lacking


def test_R3_an_expense_is_complete_exactly_when_nothing_is_missing() -> None:
    assert status_of(()) is ExpenseStatus.COMPLETE
    for one in Missing:
        assert status_of((one,)) is ExpenseStatus.TO_COMPLETE


@pytest.mark.parametrize(
    ("currency", "threshold", "asked_from"),
    [
        ("EUR", 2000, 2000),
        ("EUR", None, None),
        ("GBP", 2000, 0),  # no rate is known here: better asked than forgotten
        ("GBP", None, None),
    ],
)
def test_a_threshold_holds_for_its_own_currency_only(
    currency: str, threshold: int | None, asked_from: int | None
) -> None:
    policy = policy_for(currency, entity_currency="EUR", receipt_from_minor=threshold)
    assert policy.receipt_from_minor == asked_from


def test_a_spend_is_a_positive_expense_and_a_refund_a_negative_one() -> None:
    assert expense_minor(-4250) == 4250
    assert expense_minor(4250) == -4250


@pytest.mark.parametrize(
    ("merchant", "label", "memo", "title"),
    [
        ("Chez Paul", "CHEZ PAUL LYON", "CARTE 12/11 CHEZ PAUL", "Chez Paul"),
        (None, "SNCF Connect", "CARTE 12/11 SNCF", "SNCF Connect"),
        ("  ", "", "CARTE 12/11 SNCF", "CARTE 12/11 SNCF"),
        (None, None, "  ", "—"),  # a row must have something to press
    ],
)
def test_a_title_is_who_was_paid_else_what_the_bank_wrote(
    merchant: str | None, label: str | None, memo: str, title: str
) -> None:
    assert title_of(merchant, label, memo) == title


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  With Ines \r\n Durand ", "With Ines \n Durand"),
        ("a\x00b\x1b[31mc", "ab[31mc"),  # PostgreSQL refuses NUL; terminals obey ESC
        ("half a pair: \ud83d", "half a pair:"),
        ("1 234 € · 日本", "1 234 € · 日本"),
        ("column\tcolumn", "column\tcolumn"),
    ],
)
def test_a_comment_keeps_its_words_and_loses_its_control_characters(typed: str, kept: str) -> None:
    assert clean_comment(typed) == kept


TEN = tuple("abcdefghij")


@pytest.mark.parametrize(
    ("every", "used", "chosen", "first"),
    [
        (TEN, [], None, "abcdef"),
        (TEN, ["j", "c"], None, "abcdej"),
        (TEN, ["j", "i", "h", "g", "f", "e", "d"], None, "efghij"),
        (TEN, ["j", "i", "h", "g", "f", "e"], "a", "afghij"),  # the chosen one stays in sight
        (TEN, ["gone"], "gone", "abcdef"),  # one that is no longer offered is not brought back
        (tuple("abcdefg"), ["g"], None, "abcdefg"),  # nobody opens "more" for a single one
        ((), ["a"], "a", ""),
    ],
)
def test_the_first_choices_are_few_used_and_in_a_steady_order(
    every: tuple[str, ...], used: list[str], chosen: str | None, first: str
) -> None:
    found = first_choices(every, used, chosen)
    assert "".join(found) == first
    assert len(found) <= FIRST_CHOICES + 1
