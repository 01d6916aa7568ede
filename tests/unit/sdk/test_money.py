"""Amounts are exact, or refused."""

from decimal import Decimal

import pytest

from cardsync_sdk import Money, exponent_of, money_from_decimal, parse_money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("-12.50", "EUR", -1250),
        ("-0", "EUR", 0),
        ("1200", "JPY", 1200),
        ("1.234", "TND", 1234),
        ("0.0001", "CLF", 1),
        ("92233720368547758.07", "EUR", 2**63 - 1),
    ],
)
def test_A23_an_amount_becomes_whole_minor_units(text: str, currency: str, minor: int) -> None:
    assert parse_money(text, currency) == Money(minor, currency)
    assert Money(minor, currency).decimal == Decimal(text)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        pytest.param("12.505", "EUR", id="finer than a cent"),
        pytest.param("12.5", "JPY", id="finer than a yen"),
        pytest.param("1.00000000000000000000000000000000001", "EUR", id="by very little"),
        pytest.param("92233720368547758.08", "EUR", id="too large to store"),
        pytest.param("NaN", "EUR", id="not a number"),
        pytest.param("Infinity", "EUR", id="not finite"),
        pytest.param("$120", "EUR", id="a sign"),
        pytest.param("1.00", "eur", id="not an ISO 4217 code"),
        pytest.param("1.00", "ÉUR", id="not ASCII"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_money(text, currency)


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        Money(12.5, "EUR")  # type: ignore[arg-type]


def test_the_exponents_of_iso_4217() -> None:
    found = {code: exponent_of(code) for code in ("EUR", "JPY", "TND", "CLF", "XYZ")}
    assert found == {"EUR": 2, "JPY": 0, "TND": 3, "CLF": 4, "XYZ": 2}
    assert money_from_decimal(Decimal("-0.00"), "EUR").minor == 0
