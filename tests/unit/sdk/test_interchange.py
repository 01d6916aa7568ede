"""One transaction a line: what is written is read back, and what is not understood is refused."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import (
    FetchedTransaction,
    Fuel,
    Merchant,
    Money,
    SourceRejected,
    TransactionKind,
    TransactionStatus,
)
from cardsync_sdk.interchange import from_dict, read_lines, to_dict, to_line

DOCS = Path(__file__).parents[3] / "docs" / "interchange.md"

FULL = FetchedTransaction(
    account_ref="acc-1",
    external_id="tx-1",
    amount=Money(-21010, "EUR"),
    memo="FACTURE CB AIRLINE",
    label="Airline",
    purchased_on=date(2026, 3, 5),
    booked_on=date(2026, 3, 31),
    value_on=date(2026, 4, 1),
    kind=TransactionKind.FEE,
    status=TransactionStatus.ANNOUNCED,
    original=Money(-23000, "USD"),
    fee=Money(-210, "EUR"),
    merchant=Merchant("AIRLINE", "3000", "NEW YORK", "US"),
    card_last4="1234",
    fuel=Fuel("Diesel", 42310, "l", "4052", "AB-123-CD", 120450),
    replaces="tx-0",
    source_stamp="2026-04-01T00:00:00Z",
    raw={"any": ["thing", 1, None, True]},
)


def shape(**changes: Any) -> dict[str, Any]:
    """Return a small valid shape, changed."""
    plain = {
        "account_ref": "acc-1",
        "amount": "-12.50",
        "currency": "EUR",
        "memo": "CAFE",
        "booked_on": "2026-03-04",
    }
    return {**plain, **changes}


def test_a_full_row_is_read_back_equal() -> None:
    assert from_dict(to_dict(FULL)) == FULL
    assert list(read_lines([to_line(FULL)])) == [FULL]


def test_a_small_row_writes_only_what_is_known() -> None:
    row = from_dict(shape())

    assert to_dict(row) == shape(kind="purchase", status="booked")
    assert row.amount == Money(-1250, "EUR")


@given(
    minor=st.integers(-(2**63) + 1, 2**63 - 1),
    currency=st.sampled_from(["EUR", "JPY", "TND", "CLF"]),
    day=st.dates(),
    memo=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_amount_and_any_words_are_read_back_equal(
    minor: int, currency: str, day: date, memo: str
) -> None:
    row = FetchedTransaction(
        account_ref="a", amount=Money(minor, currency), memo=memo, booked_on=day
    )

    assert from_dict(json.loads(to_line(row))) == row


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        pytest.param("-0.05", "EUR", -5, id="cents"),
        pytest.param("1200", "EUR", 120000, id="no decimals"),
        pytest.param("1.500", "EUR", 150, id="zeros behind the minor unit are no money"),
        pytest.param("-1200", "JPY", -1200, id="a currency without minor unit"),
        pytest.param("1.5", "TND", 1500, id="thousandths"),
    ],
)
def test_amounts_are_exact_minor_units(text: str, currency: str, minor: int) -> None:
    assert from_dict(shape(amount=text, currency=currency)).amount == Money(minor, currency)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param({"amount": -12.5}, "bad_amount", "decimal in quotes", id="a float"),
        pytest.param({"amount": 12}, "bad_amount", "decimal in quotes", id="a number"),
        pytest.param({"amount": "$120"}, "bad_amount", "plain decimal", id="a currency sign"),
        pytest.param({"amount": "1,200.00"}, "bad_amount", "plain decimal", id="thousands"),
        pytest.param({"amount": "1e3"}, "bad_amount", "plain decimal", id="an exponent"),
        pytest.param({"amount": "NaN"}, "bad_amount", "plain decimal", id="not a number"),
        pytest.param({"amount": "٣"}, "bad_amount", "plain decimal", id="digits of another script"),
        pytest.param({"amount": "9" * 20}, "bad_amount", "too large", id="too large"),
        pytest.param({"amount": "12.505"}, "amount_too_fine", "minor unit", id="finer than a cent"),
        pytest.param({"amount": "0.5", "currency": "JPY"}, "amount_too_fine", "JPY", id="yen"),
        pytest.param({"currency": "eur"}, "bad_row", "ISO 4217", id="a currency in small letters"),
        pytest.param({"booked_on": "04/03/2026"}, "bad_date", "2026-03-31", id="a local date"),
        pytest.param({"booked_on": "2026-03-04T10:00"}, "bad_date", "2026-03-31", id="an instant"),
        pytest.param({"booked_on": "2026-02-30"}, "bad_date", "no such day", id="no such day"),
        pytest.param({"booked_on": None}, "bad_date", "booked_on", id="no day at all"),
        pytest.param({"memo": 5}, "bad_row", "memo", id="a memo that is no text"),
        pytest.param({"memo": None}, "bad_row", "memo", id="a memo of null"),
        pytest.param({"external_id": 5}, "bad_row", "external_id", id="an id that is no text"),
        pytest.param({"external_id": ""}, "bad_row", "external_id", id="an empty id"),
        pytest.param({"kind": "gift"}, "bad_row", "purchase", id="an unknown kind"),
        pytest.param({"status": "pending"}, "bad_row", "announced", id="an unknown status"),
        pytest.param({"bookedon": "2026-03-04"}, "bad_row", '"booked_on"', id="a misspelt key"),
        pytest.param({"colour": "red"}, "bad_row", "raw", id="a key of one's own"),
        pytest.param({"card_last4": "41111"}, "bad_row", "four", id="more than four digits"),
        pytest.param({"raw": []}, "bad_row", "raw", id="raw that is no object"),
        pytest.param({"fee": "1.00"}, "bad_row", "fee", id="a fee without its currency"),
        pytest.param({"fee": {"amount": "1.00"}}, "bad_row", "fee.currency", id="half a fee"),
        pytest.param({"merchant": {"nmae": "x"}}, "bad_row", "merchant.name", id="misspelt inside"),
        pytest.param({"fuel": {"quantity": 42.3}}, "bad_amount", "quotes", id="litres as a float"),
        pytest.param({"fuel": {"odometer_km": "1"}}, "bad_row", "kilometres", id="odometer text"),
    ],
)
def test_what_is_not_understood_is_refused(changes: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(SourceRejected) as refused:
        from_dict(shape(**changes))

    assert refused.value.code == code
    assert words in str(refused.value)


def test_a_misspelt_amount_is_named() -> None:
    misspelt = shape(amout="-1.00")
    del misspelt["amount"]

    with pytest.raises(SourceRejected, match='amount: missing; did you mean it by "amout"'):
        from_dict(misspelt)


def test_a_row_takes_the_account_of_its_file() -> None:
    nameless = shape()
    del nameless["account_ref"]

    assert from_dict(nameless, account_ref="acc-9").account_ref == "acc-9"
    assert from_dict(shape(), account_ref="acc-9").account_ref == "acc-1"
    with pytest.raises(SourceRejected, match="account_ref: missing"):
        from_dict(nameless)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"amount": "1.00",', id="cut off"),
        pytest.param("[]", id="a list"),
        pytest.param('"text"', id="a text"),
        pytest.param(json.dumps(shape())[:-1] + ', "memo": "again"}', id="a key twice"),
        pytest.param(json.dumps(shape())[:-1] + ', "raw": {"x": NaN}}', id="not a number in raw"),
        pytest.param("[" * 100_000, id="nested without end"),
    ],
)
def test_a_line_that_is_no_object_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(SourceRejected, match=r"^line 3: ") as refused:
        list(read_lines([json.dumps(shape()), "", line]))

    assert (refused.value.code, refused.value.line) == ("bad_json", 3)


def test_the_example_in_the_docs_is_read() -> None:
    """``docs/interchange.md`` shows lines that work, and names every key there is."""
    page = DOCS.read_text(encoding="utf-8")
    found = re.search(r"```jsonl\n(.*?)```", page, re.DOTALL)
    assert found is not None

    rows = list(read_lines(found[1].splitlines(), account_ref="acc-1"))

    assert [row.amount.minor for row in rows] == [-1250, -21010, -7436, 2000]
    for key in to_dict(FULL):
        assert f"`{key}`" in page, f"{key} is not explained"
