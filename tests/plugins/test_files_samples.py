"""Real exports of many banks, read in place: the right count and total, or a clear refusal.

The samples belong to other projects and are not part of this one; without them these tests are
skipped. ``expected.json`` beside them was counted without any finance library.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cardsync_sdk import SourceRejected
from tests.plugins.handed_in import hand_in

FOLDER = Path(__file__).parents[3] / "shared" / "statement_files"
FORMATS = ("ofx", "qfx", "csv", "txt", "xls")

# Files whose figures are known but cannot be told from the file alone, and the refusal they get.
NOT_TOLD = {
    "ofx/jseutter__ofxparse/decimal_error.ofx": "bad_amount",
    "ofx/jseutter__ofxparse/fidelity-savings.ofx": "amount_too_fine",
    "csv/OCA__bank-statement-import/sample_statement_credit_card_inverse_sign_en.csv": (
        "sign_unclear"
    ),
    "csv/cantino__reckon/harder_date_example.csv": "bad_date",
    "csv/reubano__csv2ofx/payoneer.csv": "ambiguous_dates",
    "csv/simonmichael__hledger/monefy.csv": "ambiguous_dates",
    "csv/we-promise__sure/ynab.csv": "ambiguous_dates",
}

# What a person who knows the bank answers, where a file leaves a question open.
ANSWERS = {
    "csv/OCA__bank-statement-import/sample_statement_credit_card_inverse_sign_en.csv": {
        "positive_is": "spend"
    },
    "csv/reubano__csv2ofx/payoneer.csv": {"date_order": "day_first"},
    "csv/simonmichael__hledger/monefy.csv": {"date_order": "month_first"},
    "csv/we-promise__sure/ynab.csv": {"date_order": "month_first"},
}


def samples() -> list[dict[str, Any]]:
    """Return what is expected of each sample of a format that is read, none without the folder."""
    table = FOLDER / "expected.json"
    if not table.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(table.read_text(encoding="utf-8"))
    return [row for row in rows if row["fmt"] in FORMATS]


SAMPLES = samples()
pytestmark = pytest.mark.skipif(not SAMPLES, reason=f"the samples are not there: {FOLDER}")


def parametrized(rows: list[dict[str, Any]]) -> pytest.MarkDecorator:
    """Return one case per sample, named after its file."""
    return pytest.mark.parametrize("sample", rows, ids=[row["file"] for row in rows])


def is_right(sample: dict[str, Any], **said: str) -> bool:
    """Read a sample; say whether count and signed total are the expected ones."""
    reading = hand_in(FOLDER / "samples" / sample["file"], **said)
    total = sum((row.amount.decimal for row in reading.booked), Decimal(0))
    return len(reading.booked) == sample["n"] and total == Decimal(sample["total"])


@parametrized(
    [each for each in SAMPLES if each["expect"] != "refuse" and each["file"] not in NOT_TOLD]
)
def test_the_count_and_the_total_are_right(sample: dict[str, Any]) -> None:
    assert is_right(sample)


@parametrized([each for each in SAMPLES if each["file"] in NOT_TOLD])
def test_what_a_file_does_not_tell_is_refused_not_guessed(sample: dict[str, Any]) -> None:
    with pytest.raises(SourceRejected) as refused:
        is_right(sample)

    assert refused.value.code == NOT_TOLD[sample["file"]]


@parametrized([each for each in SAMPLES if each["file"] in ANSWERS])
def test_an_answer_of_a_person_opens_what_the_file_left_open(sample: dict[str, Any]) -> None:
    assert is_right(sample, **ANSWERS[sample["file"]])


@parametrized([each for each in SAMPLES if each["expect"] == "refuse"])
def test_what_is_no_statement_is_refused(sample: dict[str, Any]) -> None:
    with pytest.raises(SourceRejected):
        is_right(sample)


def test_more_than_twenty_files_are_read_ten_of_them_french() -> None:
    read = [
        each
        for each in SAMPLES
        if each["expect"] == "read" and each["file"] not in NOT_TOLD and each["n"]
    ]

    assert len(read) >= 90
    assert sum(each["cc"] == "FR" for each in read) >= 16
