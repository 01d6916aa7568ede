"""Reading what one looks for: words without accents, amounts as people of either language type."""

from datetime import date

import pytest

from webapp.domain.searching import (
    ACCENTED,
    PLAIN,
    WORDS_MAX,
    Amount,
    NotAnAmount,
    amount_of,
    everything_of,
    folded,
    words_of,
)

READ_ALIKE = [
    ("12", 1200),
    ("12,5", 1250),
    ("12.50", 1250),
    ("1 234,56", 123456),
    ("1\u202f234,56 €", 123456),
    ("1\u00a0234,56", 123456),
    ("1,234.56", 123456),
    ("1.234,56", 123456),
    ("1.234", 123400),
    ("1,234", 123400),
    ("1,234,567.8", 123456780),
    ("EUR 12", 1200),
    ("12.500", 1250000),
    ("0", 0),
]


@pytest.mark.parametrize("mark", [",", "."])
@pytest.mark.parametrize(("text", "minor"), READ_ALIKE)
def test_R69_an_amount_in_cents_reads_the_same_in_both_languages(
    text: str, minor: int, mark: str
) -> None:
    assert amount_of(text, exponent=2, decimal_mark=mark) == Amount(minor, signed=False)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-12,50", Amount(-1250, signed=True)),
        ("\u221212.50", Amount(-1250, signed=True)),
        ("+12.50", Amount(1250, signed=True)),
    ],
)
def test_a_sign_that_was_typed_counts(text: str, amount: Amount) -> None:
    assert amount_of(text, exponent=2, decimal_mark=".") == amount


@pytest.mark.parametrize(
    ("text", "exponent", "mark", "minor"),
    [
        ("1.234", 3, ".", 1234),
        ("1.234", 3, ",", 1234000),
        ("1,234", 3, ",", 1234),
        ("1234", 0, ",", 1234),
        ("1,234", 0, ".", 1234),
        ("1 234", 0, ",", 1234),
    ],
)
def test_the_language_decides_only_where_both_readings_are_possible(
    text: str, exponent: int, mark: str, minor: int
) -> None:
    assert amount_of(text, exponent=exponent, decimal_mark=mark).minor == minor


@pytest.mark.parametrize(
    "text", ["", "abc", "12,", ",5", "1,2,3", "0,001", "1.23456", "--1", "1-2", "9" * 19, "१२"]
)
def test_what_is_no_amount_or_finer_than_a_cent_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        amount_of(text, exponent=2, decimal_mark=",")


def test_words_are_folded_once_each_and_not_too_many() -> None:
    assert words_of("  Hôtel  MERCURE hotel ") == ("hotel", "mercure")
    assert len(words_of(" ".join(map(str, range(50))))) == WORDS_MAX
    assert folded(ACCENTED) == PLAIN


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "words", "minor", "day"),
    [
        ("", (), None, None),
        ("Hôtel Lyon", ("hotel", "lyon"), None, None),
        ("hotel 84,50", ("hotel",), 8450, None),
        ("84.50 €", (), 8450, None),
        ("-84,50 eur", (), -8450, None),
        ("4821", ("4821",), None, None),
        ("4821 17/11", ("4821",), None, date(2026, 11, 17)),
        ("17.11.2026", (), None, date(2026, 11, 17)),
        ("2026-11-17 paul", ("paul",), None, date(2026, 11, 17)),
        ("12.10", (), 1210, None),
        ("fr-12", ("fr-12",), None, None),
        ("24/12", (), None, date(2025, 12, 24)),
        ("22/11", (), None, date(2026, 11, 22)),
        ("31/02/2026", ("31/02/2026",), None, None),
        ("45/99", ("45/99",), None, None),
        ("paul@girard.example", ("paul@girard.example",), None, None),
        ("vingt-deux", ("vingt-deux",), None, None),
        ("12.50 13.50", (), 1350, None),
    ],
)
def test_one_line_holds_words_an_amount_and_a_day(
    typed: str, words: tuple[str, ...], minor: int | None, day: date | None
) -> None:
    found = everything_of(typed, today=TODAY, decimal_mark=",")

    assert found.words == words
    assert (found.amount.minor if found.amount else None) == minor
    assert (found.first, found.last) == (day, day)
