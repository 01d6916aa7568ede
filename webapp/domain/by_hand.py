"""Purchases entered by hand before the bank tells them, and which of its rows may be one of them.

That two are one purchase is never decided here: a person is asked (I11).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2b

from webapp.domain.searching import DIGITS_MAX

WORDS_MAX = 200
# How far the bank's day may be from the day a person remembers: shops and banks take some days,
# and a purchase after midnight is often told of the day before.
EARLIER, LATER = timedelta(days=2), timedelta(days=10)


class Fault(StrEnum):
    """What is wrong with one field of an entry."""

    NO_CARD = "no_card"
    NOT_HELD = "not_held"
    NO_DAY = "no_day"
    TO_COME = "to_come"
    NO_AMOUNT = "no_amount"
    NOTHING_SPENT = "nothing_spent"
    NO_WORDS = "no_words"
    WORDS_TOO_LONG = "words_too_long"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person says of a purchase: ``spent_minor`` are positive minor units of ``currency``.

    ``day`` and ``spent_minor`` are empty where they could not be read.
    """

    account_id: str
    day: date | None
    spent_minor: int | None
    currency: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A purchase as the bank or a person told it; amounts have the bank's sign, minus is a spend.

    ``day``: when it was bought. ``holder_id``: whose expense it is, if anybody's.
    """

    id: str
    account_id: str
    holder_id: str | None
    day: date
    amount_minor: int
    currency: str
    original_minor: int | None = None
    original_currency: str | None = None


def faults_of(entry: Entry, *, held: bool | None, today: date) -> dict[str, Fault]:
    """Return what is wrong with an entry, by its field; nothing if it can be saved.

    :param held: the person held the card on the day; ``None``: no card of theirs was chosen.
    :param today: the day in the time zone of the card's legal entity.
    """
    told = (
        ("card", held is None, Fault.NO_CARD),
        ("card", held is False and entry.day is not None, Fault.NOT_HELD),
        ("day", entry.day is None, Fault.NO_DAY),
        ("day", entry.day is not None and entry.day > today, Fault.TO_COME),
        ("amount", entry.spent_minor is None, Fault.NO_AMOUNT),
        ("amount", entry.spent_minor is not None and not _spends(entry), Fault.NOTHING_SPENT),
        ("words", not entry.words, Fault.NO_WORDS),
        ("words", len(entry.words) > WORDS_MAX, Fault.WORDS_TOO_LONG),
    )
    return {field: fault for field, applies, fault in told if applies}


def _spends(entry: Entry) -> bool:
    minor = entry.spent_minor
    return minor is not None and 0 < minor < 10**DIGITS_MAX


def content_of(entry: Entry) -> str:
    """Return the digest of what a person said, as a sync keeps one of what the bank said."""
    text = repr(("entered", entry.day, entry.spent_minor, entry.currency, entry.words))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def days_around(days: Iterable[date]) -> tuple[date, date]:
    """Return the first and the last day of which the bank may tell purchases entered for ``days``.

    :raises ValueError: without any day.
    """
    wanted = list(days)
    return min(wanted) - EARLIER, max(wanted) + LATER


def candidates(entered: Row, told: Iterable[Row]) -> list[Row]:
    """Return those rows of the bank that may be the purchase ``entered``, the nearest day first.

    On the same card or of the same holder, of the same amount, in the currency of the card or in
    that of the purchase, and of a day near to it.
    """
    found = [row for row in told if row.id != entered.id and _may_be(entered, row)]
    return sorted(found, key=lambda row: (abs(row.day - entered.day), row.id))


def _may_be(entered: Row, row: Row) -> bool:
    same_holder = row.holder_id is not None and row.holder_id == entered.holder_id
    near = -EARLIER <= row.day - entered.day <= LATER
    return (
        near and _same_money(entered, row) and (row.account_id == entered.account_id or same_holder)
    )


def _same_money(entered: Row, row: Row) -> bool:
    wanted = (entered.amount_minor, entered.currency)
    return wanted in (
        (row.amount_minor, row.currency),
        (row.original_minor, row.original_currency),
    )
