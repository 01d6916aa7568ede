"""What one looks for in an account's transactions: words, an amount, days."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

# Accented letters of the languages our banks write in, small and capital, and what stands for them
# where one searches: the databases know no such rule that is the same in both.
ACCENTED: Final = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝŸ"
PLAIN: Final = "aaaaaaceeeeiiiinooooouuuuyyaaaaaaceeeeiiiinooooouuuuyy"
_FOLD: Final = str.maketrans(ACCENTED, PLAIN)
# More words than a person types.
WORDS_MAX = 8
# The digits of the largest amount a column holds.
DIGITS_MAX = 18

_SPACES: Final = re.compile(r"[\s\u00a0\u202f'’]")
_AMOUNT: Final = re.compile(r"(?P<sign>[+\-−–]?)(?P<digits>\d+(?:[.,]\d+)*)", re.ASCII)

_DAY: Final = re.compile(
    r"(?P<iso_year>\d{4})-(?P<iso_month>\d{2})-(?P<iso_day>\d{2})"
    # Without a year only with a stroke: 12.10 is an amount.
    r"|(?P<day>\d{1,2})(?P<mark>[/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})"
    r"|(?P<near_day>\d{1,2})/(?P<near_month>\d{1,2})",
    re.ASCII,
)
# Typed beside an amount, they say nothing more.
CURRENCY_WORDS: Final = frozenset({"€", "$", "£", "eur", "euro", "euros", "usd", "chf", "gbp"})


class NotAnAmount(ValueError):
    """What was typed cannot be read as an amount."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in minor units; ``signed``: its sign was typed and counts, minus is a spend."""

    minor: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; each part that is given narrows the result. Words are folded."""

    words: tuple[str, ...] = ()
    amount: Amount | None = None
    first: date | None = None
    last: date | None = None


def folded(text: str) -> str:
    """Return ``text`` in small letters without accents."""
    return text.translate(_FOLD).lower()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words to look for, folded, each once."""
    return tuple(dict.fromkeys(folded(text).split()))[:WORDS_MAX]


def amount_of(text: str, *, exponent: int, decimal_mark: str) -> Amount:
    """Read an amount as people of either language type it: ``1 234,56``, ``1,234.56``, ``-12.5``.

    :param exponent: decimals of the currency's minor unit.
    :param decimal_mark: the mark of the person's language; it decides only where both readings
        are possible (``1.234`` of a currency with three decimals).
    :raises NotAnAmount: if it cannot be read, or is finer than the minor unit.
    """
    plain = _SPACES.sub("", re.sub(r"[^\W\d_]+|[€$£]", "", text))
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise NotAnAmount(text)
    whole, fraction = _parts(found["digits"], exponent, decimal_mark)
    fraction = fraction.rstrip("0")
    if len(fraction) > exponent or len(whole) + exponent > DIGITS_MAX:
        raise NotAnAmount(text)
    minor = int(whole + fraction.ljust(exponent, "0"))
    sign = found["sign"]
    return Amount(minor if sign in ("", "+") else -minor, signed=bool(sign))


def everything_of(text: str, *, today: date, decimal_mark: str, exponent: int = 2) -> Search:
    """Read one line that may hold words, an amount and a day: ``hotel 84,50 17/11``.

    A day is ``2026-11-17``, ``17/11/2026``, ``17.11.2026`` or ``17/11`` of the last twelve months.
    A number is an amount only with a sign, a currency or decimals, since ``4821`` ends a card too.
    Of several days or amounts the last counts; the others stay words.
    """
    words: list[str] = []
    amount, day = None, None
    for token in text.split()[: WORDS_MAX + 2]:
        if (read := _day_of(token, today)) is not None:
            day = read
        elif (found := _clear_amount_of(token, exponent, decimal_mark)) is not None:
            amount = found
        elif folded(token) not in CURRENCY_WORDS:
            words.append(token)
    return Search(words_of(" ".join(words)), amount, day, day)


def _day_of(token: str, today: date) -> date | None:
    found = _DAY.fullmatch(token)
    if found is None:
        return None
    year = found["iso_year"] or found["year"]
    month = int(found["iso_month"] or found["month"] or found["near_month"])
    number = int(found["iso_day"] or found["day"] or found["near_day"])
    try:
        if year is not None:
            return date(int(year), month, number)
        this_year = date(today.year, month, number)
        return this_year if this_year <= today else date(today.year - 1, month, int(number))
    except ValueError:
        return None


def _clear_amount_of(token: str, exponent: int, decimal_mark: str) -> Amount | None:
    if re.search(r"[^\W\d_]", token) or not re.search(r"[.,+\-−–€$£]", token):
        return None
    try:
        return amount_of(token, exponent=exponent, decimal_mark=decimal_mark)
    except NotAnAmount:
        return None


def _parts(digits: str, exponent: int, decimal_mark: str) -> tuple[str, str]:
    """Split into whole units and fraction: the last mark is decimal unless it groups thousands."""
    whole, mark, rest = _split_last(digits)
    if not mark:
        return digits, ""
    other = "," if mark == "." else "."
    if mark in whole or (other not in whole and _groups(whole, rest, exponent, mark, decimal_mark)):
        return _ungrouped(digits, mark), ""
    return _ungrouped(whole, other), rest


def _groups(whole: str, rest: str, exponent: int, mark: str, decimal_mark: str) -> bool:
    """Say whether a single mark groups thousands, as in ``1,234``, and is not decimal."""
    may = len(rest) == 3 and len(whole) <= 3 and not whole.startswith("0")
    return may and (exponent < len(rest) or mark != decimal_mark)


def _split_last(digits: str) -> tuple[str, str, str]:
    at = max(digits.rfind("."), digits.rfind(","))
    return (digits, "", "") if at < 0 else (digits[:at], digits[at], digits[at + 1 :])


def _ungrouped(digits: str, mark: str) -> str:
    first, *groups = digits.split(mark)
    if any(len(group) != 3 or not group.isdigit() for group in groups) or not first.isdigit():
        raise NotAnAmount(digits)
    return first + "".join(groups)
