"""The identity of a transaction: which row of a source is which transaction of ours.

Where the source's ids can be believed they decide alone: guessing by content would then let one
row stand for two purchases. Where they cannot, the day, the amount and the wording decide together
with an occurrence number, so that two equal purchases stay two.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b

from cardsync_sdk.types import FetchedTransaction, IdTrait

# Part of every content key: a new rule gets a new number, and the keys of the older ones are still
# looked for (A21).
CONTENT_RULE = 1
_CONTENT_KEY = re.compile(r"c\d+:[0-9a-f]{24}:\d+")
# Under one id a bank may correct a day by so much; farther off it is another purchase (A20).
DAYS_OF_A_CORRECTION = 31


def trusts_ids(traits: Collection[IdTrait]) -> bool:
    """Say whether the declared id policy lets an external id identify a transaction."""
    return IdTrait.NONE not in traits and bool(traits)


def is_content_key(key: str) -> bool:
    """Say whether an identity key was made of a row's content, for want of a trusted id."""
    return _CONTENT_KEY.fullmatch(key) is not None


@dataclass
class IdentityCounter:
    """Gives each row of one walk its identity key.

    It lives for one walk over one account of one source and counts equal rows, so a walk must begin
    at its beginning: the n-th equal row of a delivery is the n-th equal row of every delivery.

    ``rule`` is the content rule in force, where a replay takes it back to an older one.
    """

    source: str
    traits: frozenset[IdTrait]
    rule: int | None = None
    _seen: dict[str, int] = field(default_factory=dict)

    def key(self, row: FetchedTransaction) -> str:
        """Return the identity key of ``row``; equal rows without a trusted id are numbered."""
        if row.external_id is not None and trusts_ids(self.traits):
            return self.key_of_id(row.external_id)
        return self._numbered(content_key(row, self.rule))

    def former_keys(self, row: FetchedTransaction) -> tuple[str, ...]:
        """Return the keys that older content rules gave ``row``, the latest first; call it once."""
        rule = self.rule or CONTENT_RULE
        if rule == 1 or (row.external_id is not None and trusts_ids(self.traits)):
            return ()
        older = range(rule - 1, 0, -1)
        return tuple(self._numbered(content_key(row, rule)) for rule in older)

    def key_of_id(self, external_id: str) -> str:
        """Return the identity key of a trusted id; ids of two sources never mix."""
        return f"{self.source}:{external_id}"

    def _numbered(self, content: str) -> str:
        occurrence = self._seen.get(content, 0) + 1
        self._seen[content] = occurrence
        return f"{content}:{occurrence}"


def leg_key(key: str, row: FetchedTransaction) -> str:
    """Return the key of a row whose id, ``key``, is also that of another purchase (A17, A18)."""
    return f"{key}#{_digest_1(row)}"


def content_key(row: FetchedTransaction, rule: int | None = None) -> str:
    """Return the digest of what makes a row recognisable: day, exact amount, wording."""
    return f"c{rule or CONTENT_RULE}:{_digest_1(row)}"


def _digest_1(row: FetchedTransaction) -> str:
    day = row.booked_on or row.purchased_on
    text = f"{day}|{row.amount.minor}|{row.amount.currency}|{normal_memo(row.memo)}"
    return blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Told:
    """What a source told of a transaction last, as far as another telling is compared with it."""

    day: date
    amount_minor: int
    currency: str
    memo: str


def normal_memo(memo: str) -> str:
    """Return ``memo`` without what banks change at will: case, accents, kinds and runs of space."""
    if not memo.isascii():
        decomposed = unicodedata.normalize("NFKD", memo)
        memo = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(memo.casefold().split())


def bank_content(row: FetchedTransaction) -> str:
    """Return a digest of everything the bank said of ``row``: equal digests need no write."""
    text = repr(
        (
            row.external_id,
            row.kind.value,
            row.status.value,
            row.purchased_on,
            row.booked_on,
            row.value_on,
            row.amount.minor,
            row.amount.currency,
            row.original and (row.original.minor, row.original.currency),
            row.fee and row.fee.minor,
            row.memo,
            row.label,
            row.merchant,
            row.fuel,
            row.card_last4,
        )
    )
    return blake2b(text.encode(), digest_size=12).hexdigest()


_WORD = re.compile(r"[^\W\d_]{3,}")
# Words that stand in every memo say nothing of the merchant.
_COMMON = frozenset({"carte", "card", "cb", "paiement", "payment", "achat", "facture", "visa"})


def words_alike(one: str, other: str) -> bool:
    """Say whether two memos are likely of one merchant: most words of the shorter are in both.

    Digits do not count: dates, references and card numbers come and go.
    """
    if normal_memo(one) == normal_memo(other):
        return True
    first, second = _words(one), _words(other)
    if not first or not second:
        return False
    return 2 * len(first & second) > min(len(first), len(second))


def _words(memo: str) -> frozenset[str]:
    words = frozenset(_WORD.findall(normal_memo(memo)))
    return words - _COMMON or words


def is_other_purchase(row: FetchedTransaction, told: Told, *, listed: bool) -> bool:
    """Say whether ``row`` cannot be what was ``told`` under its id: the id is shared or used again.

    A bank corrects an amount, or a wording, or a day; not all that makes a purchase at once.

    :param listed: one walk has shown both: of a source that lists each row once, and does not tell
        changes, two amounts are two purchases.
    """
    if row.amount.currency != told.currency:
        return True
    if abs((row.day - told.day).days) > DAYS_OF_A_CORRECTION:
        return True
    if row.amount.minor == told.amount_minor:
        return False
    return listed or not words_alike(row.memo, told.memo)
