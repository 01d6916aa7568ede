"""The identity of a transaction: which row of a source is which transaction of ours.

Where the source's ids can be believed they decide alone: guessing by content would then let one
row stand for two purchases. Where they cannot, the day, the amount and the wording decide together
with an occurrence number, so that two equal purchases stay two.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import blake2b

from cardsync_sdk.types import FetchedTransaction, IdTrait

# Part of every content key: a new rule gets a new number and keeps the old keys.
CONTENT_RULE = 1


def trusts_ids(traits: Collection[IdTrait]) -> bool:
    """Say whether the declared id policy lets an external id identify a transaction."""
    return IdTrait.NONE not in traits and bool(traits)


@dataclass
class IdentityCounter:
    """Gives each row of one walk its identity key.

    It lives for one walk over one account of one source and counts equal rows, so a walk must begin
    at its beginning: the n-th equal row of a delivery is the n-th equal row of every delivery.
    """

    source: str
    traits: frozenset[IdTrait]
    _seen: dict[str, int] = field(default_factory=dict)

    def key(self, row: FetchedTransaction) -> str:
        """Return the identity key of ``row``; equal rows without a trusted id are numbered."""
        if row.external_id is not None and trusts_ids(self.traits):
            return self.key_of_id(row.external_id)
        content = content_key(row)
        occurrence = self._seen.get(content, 0) + 1
        self._seen[content] = occurrence
        return f"{content}:{occurrence}"

    def key_of_id(self, external_id: str) -> str:
        """Return the identity key of a trusted id; ids of two sources never mix."""
        return f"{self.source}:{external_id}"


def content_key(row: FetchedTransaction) -> str:
    """Return the digest of what makes a row recognisable: day, exact amount, wording."""
    day = row.booked_on or row.purchased_on
    text = f"{day}|{row.amount.minor}|{row.amount.currency}|{normal_memo(row.memo)}"
    return f"c{CONTENT_RULE}:{blake2b(text.encode(), digest_size=12).hexdigest()}"


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
