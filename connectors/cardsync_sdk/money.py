"""Exact amounts: whole minor units and an ISO 4217 code, never a float."""

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Final

# ISO 4217 (table A.1): the currencies whose minor unit is not a hundredth.
_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}

# The largest amount a signed 64-bit column holds.
MAX_MINOR: Final = 2**63 - 1

# The default context rounds at 28 digits: a finer amount with more of them would slip through.
_EXACT: Final = Context(prec=200)


def exponent_of(currency: str) -> int:
    """Number of decimals of the minor unit of ``currency`` (ISO 4217): EUR 2, JPY 0, TND 3."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: whole minor units (cents) and an ISO 4217 code; minus is spend."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse floats, malformed currency codes and amounts no database column holds.

        :raises TypeError: if ``minor`` is not an ``int``.
        :raises ValueError: if ``currency`` is not three capital letters or the amount is too large.
        """
        if type(self.minor) is not int:
            raise TypeError(f"minor units must be an int, got {self.minor!r}")
        if not is_currency_code(self.currency):
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")
        if abs(self.minor) > MAX_MINOR:
            raise ValueError(f"amount too large: {self.minor}")

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))


def is_currency_code(text: str) -> bool:
    """Say whether ``text`` has the form of an ISO 4217 code: three ASCII capitals."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def money_from_decimal(amount: Decimal, currency: str) -> Money:
    """Turn a decimal amount in major units into :class:`Money`.

    :raises ValueError: if the amount is not finite, is finer than the currency's minor unit
        (rounding would invent or lose money), or ``currency`` is malformed.
    """
    if not amount.is_finite():
        raise ValueError(f"not an amount: {amount}")
    minor = _EXACT.scaleb(amount, exponent_of(currency))
    if minor != minor.to_integral_value(context=_EXACT):
        raise ValueError(f"{amount} is finer than the minor unit of {currency}")
    return Money(int(minor), currency)


def parse_money(text: str, currency: str) -> Money:
    """Read a plain decimal such as ``-12.50`` (point, no grouping) as :class:`Money`.

    :raises ValueError: if ``text`` is not a plain decimal or does not fit the currency.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not an amount: {text!r}") from None
    return money_from_decimal(amount, currency)
