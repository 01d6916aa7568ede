"""What a heading says: the role of its column, how surely, and the currency of its amounts.

A word decides only which column *may* play a role; what stands in the column must agree before it
is believed.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from cardsync_files.delimited.headwords import (
    DAY_FIRST,
    EXACT,
    INCLUDING_TAX,
    LOOSE,
    OTHER_AMOUNT,
    Role,
)

# A word found in a heading tells the currency of its amounts: "Montant (EUR)", "Amount in $".
_CURRENCY_WORDS: Final = {
    "euro": "EUR", "euros": "EUR", "€": "EUR", "£": "GBP", "zl": "PLN", "kc": "CZK", "円": "JPY",
}  # fmt: skip
_CODES: Final = """
    AED ARS AUD BGN BHD BRL BYN CAD CHF CLP CNY COP CZK DKK DZD EGP EUR GBP GEL GHS HKD HRK HUF
    IDR ILS INR ISK JOD JPY KES KRW KWD KZT LBP LKR LTL LVL MAD MUR MXN MYR NGN NOK NZD OMR PEN
    PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND XAF XOF XPF ZAR
"""
CODES: Final = frozenset(_CODES.split())
# Codes that banks still write for the ones that took their place.
_FORMER: Final = {"RUR": "RUB", "CDN": "CAD", "STG": "GBP", "NTD": "TWD", "RMB": "CNY"}

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_NOT_WORD: Final = re.compile(r"[^\w$€£#]+")


class Heading:
    """One column's heading: its role, how well its word names it, the currency it says."""

    __slots__ = ("currency", "name", "rank", "role", "words")

    def __init__(self, name: str) -> None:
        self.name = name
        self.words, self.currency = _normal(name)
        self.role, self.rank = _role_of(self.words)
        if not self.words and self.currency:
            # Only a currency for a name, such as "CAD$": a column of amounts in it.
            self.role, self.rank = Role.AMOUNT, 999


def currency_code(cell: str) -> str | None:
    """Return the ISO 4217 code that ``cell`` is, in whatever case, ``None`` if it is none."""
    code = cell.strip().upper()
    code = _FORMER.get(code, code)
    return code if code in CODES else None


def plain_words(text: str) -> str:
    """Return ``text`` in lower case, without accents, marks and line breaks."""
    bare = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).replace("ß", "ss")).lower()
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(_NOT_WORD.sub(" ", bare.replace("_", " ").replace("ł", "l")).split())


def says_day_first(headings: list[Heading]) -> bool:
    """Say whether the words of a header belong to languages that write the day before the month."""
    return any(DAY_FIRST.search(heading.words) for heading in headings)


def _normal(name: str) -> tuple[str, str | None]:
    currency: str | None = None
    kept: list[str] = []
    for word in plain_words(name).split():
        bare = word.strip("$") or word
        code = _CURRENCY_WORDS.get(bare) or (bare.upper() if bare.upper() in CODES else None)
        if code is not None:
            currency = code
        elif word not in ("$", "#"):
            kept.append(word)
    if currency is not None and kept and kept[-1] in ("en", "in"):
        kept.pop()
    return " ".join(kept), currency


@lru_cache(maxsize=4096)
def _role_of(words: str) -> tuple[Role | None, int]:
    """Return the role that ``words`` name, and a rank: the smaller the surer."""
    exact = _RANKS.get(words)
    if exact is not None:
        return exact
    if OTHER_AMOUNT.search(words) and not INCLUDING_TAX.search(words):
        return None, 0
    for place, (role, pattern) in enumerate(LOOSE):
        if len(words) <= 60 and pattern.search(words):
            return role, 1000 + place
    return None, 0


def _ranked() -> dict[str, tuple[Role, int]]:
    ranks: dict[str, tuple[Role, int]] = {}
    for role, lines in EXACT.items():
        phrases = (
            phrase.strip() for line in lines.strip().splitlines() for phrase in line.split("|")
        )
        for rank, phrase in enumerate(phrases):
            ranks.setdefault(plain_words(phrase), (role, rank))
    return ranks


_RANKS: Final = _ranked()
