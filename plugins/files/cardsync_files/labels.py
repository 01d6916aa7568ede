"""What a bank's label says beside the payee: the card, the day of purchase, the kind of row."""

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from cardsync_sdk import TransactionKind

# French banks: CARTE 03/03/26, CARTE X1234 28/03, FACTURE CARTE DU 030326, PAIEMENT CB 0103,
# CB ... FACT 141124, and ACHAT CB ... 03.03.26.
_PURCHASE: Final = re.compile(
    r"(?:CARTE|CB|DAB|GAB|CARD|FACT(?:URE)?(?: CARTE| CB)?|RETRAIT)\b(?: [X*]+\d{4})?(?: DU| LE)? "
    r"(\d\d)([/.]?)(\d\d)(?:\2(\d{4}|\d\d))?(?![\d*])"
    r"|ACHAT CB .{1,60}? (\d\d)([/.])(\d\d)\6(\d\d)\Z"
)
_PURCHASE_WORDS: Final = ("CARTE", "CB ", "DAB ", "GAB ", "CARD ", "FACT", "RETRAIT")
_CARD: Final = re.compile(r"\b(?:CB|CARTE|CARD|KARTE)(?: N[°O]?)?[ :]?[*Xx. ]{1,16}(\d{4})\b", re.I)
_LONGEST_DELAY: Final = timedelta(days=60)

_KINDS: Final = re.compile(
    r"(?P<cash>RETRAIT|DAB\b|GAB\b|ATM\b|CASH\b|WITHDRAWAL\b|BARGELD|GELDAUTOMAT|GEA\b|CAJERO)"
    r"|(?P<fee>COTISATION|FRAIS\b|COMMISSION\b|COM\b|AGIOS|FEE\b|FEES\b|\*?ABON(?:NEMENT)? CARTE)"
    r"|(?P<refund>(?:FACTURE )?(?:D'|D ?)?AVOIR|REMB(?:OURSEMENT)?\b|REFUND|CARD_REFUND|ANNULATION)"
    r"|(?P<transfer>VIR(?:EMENT)?\b|TRANSFER\b|TOPUP\b|TOP-UP\b|BONIFICO|TRANSFERENCIA|UEBERWEISUNG"
    r"|ÜBERWEISUNG|OVERSCHRIJVING|EXCHANGE\b)",
    re.I,
)


def kind_of(text: str, minor: int) -> TransactionKind | None:
    """Return the kind that the beginning of ``text`` names, ``None`` if it names none."""
    found = _KINDS.match(text)
    if found is None:
        return None
    kind = TransactionKind(found.lastgroup or "other")
    return None if kind is TransactionKind.REFUND and minor < 0 else kind


def card_in(label: str) -> str | None:
    """Return the last four digits of the card that ``label`` names."""
    found = _CARD.search(label) if "*" in label or "X" in label.upper() else None
    return found[1] if found else None


def purchase_day_in(label: str, booked_on: date) -> date | None:
    """Return the day of purchase that ``label`` names, if it lies shortly before ``booked_on``."""
    if not any(word in label for word in _PURCHASE_WORDS):
        return None
    found = _PURCHASE.search(label)
    if found is None:
        return None
    day, month, year = (
        (int(found[1]), int(found[3]), found[4])
        if found[1]
        else (int(found[5]), int(found[7]), found[8])
    )
    years = [booked_on.year, booked_on.year - 1] if year is None else [int(year) % 100 + 2000]
    for each in years:
        bought_on = _date(each, month, day)
        if bought_on is not None and timedelta(0) <= booked_on - bought_on <= _LONGEST_DELAY:
            return bought_on
    return None


@lru_cache(maxsize=1024)
def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
