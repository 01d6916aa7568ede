"""One row of the aggregator, and what it becomes. Tables of what the documentation says."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cardsync_budget_insight.transactions import KnownAccount, read_page
from cardsync_sdk import (
    AccountKind,
    FetchedTransaction,
    Merchant,
    Money,
    RejectedRow,
    TransactionKind,
    TransactionStatus,
)
from cardsync_sdk.pan import find_pans

CARD = KnownAccount("8802", "EUR", AccountKind.CARD, "4821")
ACCOUNT = KnownAccount("8801", "EUR", AccountKind.ACCOUNT)
USD = {"id": "USD", "name": "US Dollar", "precision": 2}


def row(**fields: Any) -> dict[str, Any]:
    """Build a row as the client parses it, with defaults for everything the case is not about."""
    return {
        "id": 700001,
        "id_account": 8802,
        "date": "2026-03-31",
        "rdate": "2026-03-01",
        "vdate": None,
        "value": Decimal("-42.90"),
        "gross_value": None,
        "original_value": None,
        "original_currency": None,
        "commission": None,
        "commission_currency": None,
        "type": "card",
        "original_wording": "FACTURE CARTE DU 010326 BRASSERIE",
        "simplified_wording": "BRASSERIE",
        "coming": False,
        "card": "4970XXXXXXXX4821",
        "counterparty": None,
        "country": None,
        "last_update": "2026-03-03 04:41:26",
        "deleted": None,
        **fields,
    }


def read(fields: dict[str, Any], account: KnownAccount = CARD) -> FetchedTransaction:
    page = read_page([row(id_account=int(account.ref), **fields)], {account.ref: account})
    assert page.rejected == []
    return page.transactions[0]


def rejected(fields: dict[str, Any]) -> RejectedRow:
    page = read_page([row(**fields)], {"8802": CARD})
    assert page.transactions == []
    return page.rejected[0]


def test_a_plain_card_purchase() -> None:
    got = read({"vdate": "2026-03-02"})
    assert got == FetchedTransaction(
        account_ref="8802",
        external_id="700001",
        amount=Money(-4290, "EUR"),
        memo="FACTURE CARTE DU 010326 BRASSERIE",
        label="BRASSERIE",
        purchased_on=date(2026, 3, 1),
        booked_on=date(2026, 3, 31),
        value_on=date(2026, 3, 2),
        kind=TransactionKind.PURCHASE,
        status=TransactionStatus.BOOKED,
        card_last4="4821",
        source_stamp="2026-03-03 04:41:26",
        raw=got.raw,
    )
    assert got.raw["value"] == "-42.90"


@pytest.mark.parametrize(
    ("name", "value", "account", "kind"),
    [
        ("card", "-1", CARD, TransactionKind.PURCHASE),
        ("card", "1", CARD, TransactionKind.REFUND),
        ("card", "0", CARD, TransactionKind.PURCHASE),
        ("deferred_card", "-1", CARD, TransactionKind.PURCHASE),
        ("deferred_card", "1", ACCOUNT, TransactionKind.REFUND),
        ("payback", "25", CARD, TransactionKind.REFUND),
        ("order", "25", CARD, TransactionKind.REFUND),
        ("order", "-25", ACCOUNT, TransactionKind.OTHER),
        ("order", "25", ACCOUNT, TransactionKind.OTHER),
        ("withdrawal", "-60", CARD, TransactionKind.CASH),
        ("bank", "-8", ACCOUNT, TransactionKind.FEE),
        ("fee", "-8", ACCOUNT, TransactionKind.FEE),
        ("market_fee", "-8", ACCOUNT, TransactionKind.FEE),
        ("transfer", "100", ACCOUNT, TransactionKind.TRANSFER),
        ("payout", "-100", ACCOUNT, TransactionKind.TRANSFER),
        ("payment", "-100", ACCOUNT, TransactionKind.PURCHASE),
        ("summary_card", "-837.95", ACCOUNT, TransactionKind.SUMMARY),
        ("card_summary", "-837.95", CARD, TransactionKind.SUMMARY),
        ("check", "-5", ACCOUNT, TransactionKind.OTHER),
        ("loan_repayment", "-5", ACCOUNT, TransactionKind.OTHER),
        ("invented tomorrow", "-5", CARD, TransactionKind.OTHER),
        (None, "-5", CARD, TransactionKind.OTHER),
        (["odd"], "-5", CARD, TransactionKind.OTHER),
    ],
)
def test_kinds(name: Any, value: str, account: KnownAccount, kind: TransactionKind) -> None:
    assert read({"type": name, "value": Decimal(value)}, account).kind is kind


@pytest.mark.parametrize(
    ("name", "coming", "account", "status"),
    [
        # A deferred-debit purchase is posted: only its statement is not yet debited.
        ("deferred_card", True, CARD, TransactionStatus.BOOKED),
        ("deferred_card", True, ACCOUNT, TransactionStatus.BOOKED),
        ("payback", True, CARD, TransactionStatus.BOOKED),
        ("order", True, CARD, TransactionStatus.BOOKED),
        # A hold.
        ("card", True, CARD, TransactionStatus.ANNOUNCED),
        ("unknown", True, CARD, TransactionStatus.ANNOUNCED),
        ("card", True, ACCOUNT, TransactionStatus.ANNOUNCED),
        ("transfer", True, ACCOUNT, TransactionStatus.ANNOUNCED),
        ("summary_card", True, ACCOUNT, TransactionStatus.ANNOUNCED),
        ("card", False, CARD, TransactionStatus.BOOKED),
        ("card", None, CARD, TransactionStatus.BOOKED),
    ],
)
def test_what_coming_means(
    name: str, coming: Any, account: KnownAccount, status: TransactionStatus
) -> None:
    got = read({"type": name, "coming": coming}, account)
    assert got.status is status
    # The forecast of a booking is no booking; the day of the statement is the deferred one's.
    booked = date(2026, 3, 31) if status is TransactionStatus.BOOKED else None
    assert (got.purchased_on, got.booked_on) == (date(2026, 3, 1), booked)


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({"value": Decimal("-0.10")}, -10),
        ({"value": -42}, -4200),
        ({"value": "-42.5"}, -4250),
        ({"value": Decimal("1E+2")}, 10000),
        ({"value": Decimal("-0.0")}, 0),
        ({"value": None, "gross_value": 300, "commission": Decimal("-15.05")}, 28495),
        ({"value": None, "gross_value": Decimal("-91.61")}, -9161),
        (
            {
                "value": None,
                "gross_value": -5,
                "commission": -1,
                "commission_currency": {"id": "EUR"},
            },
            -600,
        ),
        # The commission is inside the value already: it is never taken twice.
        ({"value": Decimal("-93.11"), "gross_value": -91, "commission": Decimal("-1.5")}, -9311),
    ],
)
def test_amounts(fields: dict[str, Any], amount: int) -> None:
    assert read(fields).amount == Money(amount, "EUR")


@pytest.mark.parametrize(
    ("currency", "value", "minor"), [("JPY", "-1500", -1500), ("TND", "-1.125", -1125)]
)
def test_amounts_in_currencies_without_hundredths(currency: str, value: str, minor: int) -> None:
    account = KnownAccount("8802", currency)
    assert read({"value": Decimal(value)}, account).amount == Money(minor, currency)


def test_a_purchase_abroad_shows_what_was_paid_there_and_the_fee() -> None:
    got = read(
        {
            "value": Decimal("-93.11"),
            "gross_value": Decimal("-91.61"),
            "original_value": Decimal("-100.00"),
            "original_currency": USD,
            "commission": Decimal("-1.50"),
            "commission_currency": {"id": "EUR"},
            "country": "US",
        }
    )
    assert (got.amount, got.original, got.fee) == (
        Money(-9311, "EUR"),
        Money(-10000, "USD"),
        Money(-150, "EUR"),
    )
    assert got.merchant == Merchant(country="US")


@pytest.mark.parametrize(
    "fields",
    [
        {"original_value": -100, "original_currency": None},
        {"original_value": None, "original_currency": USD},
        {"original_value": Decimal("-42.90"), "original_currency": {"id": "EUR"}},
        {"original_value": Decimal("-1.234"), "original_currency": USD},
        {"original_value": "much", "original_currency": USD},
        {"original_value": -1, "original_currency": {"id": "bitcoin"}},
    ],
)
def test_an_original_amount_that_says_nothing_is_left_out_and_kept_raw(
    fields: dict[str, Any],
) -> None:
    assert read(fields).original is None


@pytest.mark.parametrize(
    ("party", "country", "merchant"),
    [
        (None, None, None),
        ({"label": "SNACK", "type": "creditor"}, None, Merchant(name="SNACK")),
        ("SNACK", "fr", Merchant(name="SNACK", country="FR")),
        ({"label": None}, None, None),
        (42, "France", None),
    ],
)
def test_who_was_paid(party: Any, country: Any, merchant: Merchant | None) -> None:
    assert read({"counterparty": party, "country": country}).merchant == merchant


def test_the_last_digits_come_from_the_row_else_from_the_card() -> None:
    assert read({"card": "XXXX1111"}).card_last4 == "1111"
    assert read({"card": None}).card_last4 == "4821"
    assert read({"card": None}, ACCOUNT).card_last4 is None


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"rdate": None}, (None, date(2026, 3, 31))),
        ({"date": None}, (date(2026, 3, 1), None)),
        ({"date": "2026-03-31 00:00:00"}, (date(2026, 3, 1), date(2026, 3, 31))),
        ({"date": "0000-00-00"}, (date(2026, 3, 1), None)),
        ({"rdate": None, "coming": True}, (date(2026, 3, 31), None)),
    ],
)
def test_days_are_dates_and_one_may_be_missing(
    fields: dict[str, Any], days: tuple[date | None, date | None]
) -> None:
    got = read(fields)
    assert (got.purchased_on, got.booked_on) == days


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"value": None}, "no amount"),
        ({"value": "abc"}, "not an amount"),
        ({"value": True}, "not an amount"),
        ({"value": [1]}, "not an amount"),
        ({"value": Decimal("-42.905")}, "finer than the minor unit"),
        ({"value": Decimal("1E+400")}, "too many digits"),
        ({"value": Decimal("1E-400")}, "too many digits"),
        ({"value": Decimal("0.1000000000000000000000000000001")}, "too many digits"),
        ({"value": 10**19}, "amount too large"),
        (
            {"value": None, "gross_value": 3, "commission": 1, "commission_currency": USD},
            "commission is in USD",
        ),
        ({"rdate": None, "date": None}, "neither a purchase date nor a booking date"),
        ({"rdate": "31/03/2026"}, "isoformat"),
        ({"date": "2026-02-30"}, "day is out of range"),
        ({"id": None}, "no id"),
        ({"id": " "}, "no id"),
        ({"id": True}, "no id"),
    ],
)
def test_a_row_that_cannot_be_read_is_kept_with_its_reason(
    fields: dict[str, Any], reason: str
) -> None:
    got = rejected(fields)
    assert reason in got.reason
    assert got.account_ref == "8802"
    assert got.raw["original_wording"] == "FACTURE CARTE DU 010326 BRASSERIE"


def test_one_poison_row_stops_no_other() -> None:
    rows = [row(id=number, value="bad" if number == 250 else -1) for number in range(500)]
    page = read_page(rows, {"8802": CARD})
    assert (len(page.transactions), len(page.rejected)) == (499, 1)
    assert page.rejected[0].external_id == "250"


def test_a_row_nested_without_end_is_kept_without_its_content() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    page = read_page([row(informations=deep)], {"8802": CARD})
    assert page.rejected[0].raw == {"id": 700001}


def test_a_withdrawn_row_is_a_removal_whatever_else_it_says() -> None:
    page = read_page([row(deleted="2026-03-03 04:41:26", value="bad")], {"8802": CARD})
    assert page.removed_ids == [("8802", "700001")]
    assert (page.transactions, page.rejected) == ([], [])


def test_R13_rows_of_accounts_nobody_asked_for_are_passed_over() -> None:
    page = read_page([row(id_account=9999), row()], {"8802": CARD})
    assert [got.account_ref for got in page.transactions] == ["8802"]
    assert page.rejected == []


@pytest.mark.parametrize("odd", ["a text", None, 7, [], row(id_account=None)])
def test_a_row_without_an_account_is_not_lost(odd: Any) -> None:
    page = read_page([odd], {"8802": CARD})
    assert [got.reason for got in page.rejected] == ["the row names no account"]


def test_no_card_number_and_no_unstorable_text_passes() -> None:
    number = "4970101234567892"
    got = read(
        {
            "card": number,
            "original_wording": f"CARTE {number} \x00CAFE \ud800",
            "informations": {"pan": number, number: int(number), "list": ["4970 1012 3456 7892"]},
        }
    )
    assert find_pans(repr(got) + str(got.raw)) == []
    assert got.card_last4 == "7892"
    assert "\x00" not in got.memo
    got.memo.encode()
