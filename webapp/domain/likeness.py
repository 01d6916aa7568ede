"""Is this row that transaction? The rules for where an id alone does not say it.

A table of named rules. Each says of one row and one transaction we hold that they are the same,
may be the same, or nothing. Which of several is meant is decided where all of a walk is known
(:mod:`webapp.domain.settling`); what stays in doubt is asked of a person (I11).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from cardsync_sdk.types import FetchedTransaction, IdTrait, TransactionStatus
from webapp.domain.planning import Known
from webapp.domain.questions import Doubt
from webapp.domain.transactions import (
    is_content_key,
    normal_memo,
    trusts_ids,
    words_alike,
)

# An announced row is booked up to two weeks later (Plaid's documentation), a hotel's hold later
# still; a day early where the one date is in UTC and the other local.
EARLIEST, LATEST = timedelta(days=-1), timedelta(days=45)
# One source dates a row by the purchase, another by the booking.
DAYS_OF_TWO_SOURCES = 3
# Banks round conversions differently for the hold and for the booking.
ROUNDING_MINOR, ROUNDING_SHARE = 3, 0.02


# Nearer than anything that only looks alike.
NAMED = (-1, 0)


class Likeness(StrEnum):
    """How sure it is. ``TWIN``: equal in everything but a good id, so normally another purchase."""

    SAME = "same"
    DOUBT = "doubt"
    TWIN = "twin"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transaction we hold that a row of unknown key may be.

    ``day`` is that of the purchase; amounts are in ``known``. ``source``: the connector that told
    it last, through ``link``. ``worked``: a person has done something for its expense.
    """

    known: Known
    day: date
    booked_on: date | None
    currency: str
    memo: str
    source: str
    original: tuple[int | None, str | None] = (None, None)
    worked: bool = False
    link: str = ""

    @property
    def open(self) -> bool:
        """Say whether it was announced and never booked."""
        return self.booked_on is None and self.known.status != TransactionStatus.BOOKED

    @property
    def look(self) -> tuple[object, ...]:
        """Return all by which a person could tell it from another."""
        return self.day, self.booked_on, self.known.amount_minor, normal_memo(self.memo)


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule found. ``needs_gone``: only if the source does not show the transaction too.

    ``distance``: days apart, then minor units apart; the nearest is meant.
    """

    likeness: Likeness
    distance: tuple[int, int]
    doubt: Doubt | None = None
    needs_gone: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose row it is: the connector's slug, the id policy declared for the account, the link."""

    source: str
    traits: frozenset[IdTrait]
    link: str = ""

    def other_link(self, one: Candidate) -> bool:
        """Say whether a link before this one told ``one``, maybe otherwise than this one does."""
        changes = IdTrait.CHANGES_ON_RELINK in self.traits
        return changes and one.source == self.source and one.link != self.link

    def trusts(self, row: FetchedTransaction) -> bool:
        """Say whether the row's own id is one to believe."""
        return row.external_id is not None and trusts_ids(self.traits)


def likeness(row: FetchedTransaction, one: Candidate, policy: Policy) -> Match | None:
    """Apply the rules in order; the first that speaks decides."""
    if row.amount.currency != one.currency or one.known.amount_minor is None:
        return None
    pair = _Pair(row, one, policy)
    return next((match for rule in RULES if (match := rule(pair)) is not None), None)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row and a transaction, with what the rules compare."""

    row: FetchedTransaction
    one: Candidate
    policy: Policy

    @property
    def minor(self) -> tuple[int, int]:
        """Return the row's amount and the known one."""
        return self.row.amount.minor, self.one.known.amount_minor or 0

    @property
    def equal(self) -> bool:
        return self.minor[0] == self.minor[1]

    @property
    def distance(self) -> tuple[int, int]:
        apart = abs((self.row.day - self.one.day).days)
        return apart, abs(self.minor[0] - self.minor[1])

    @property
    def same_words(self) -> bool:
        return normal_memo(self.row.memo) == normal_memo(self.one.memo)

    @property
    def alike(self) -> bool:
        return words_alike(self.row.memo, self.one.memo)

    @property
    def exact(self) -> bool:
        return self.equal and self.same_words and self.row.day == self.one.day

    @property
    def foreign_alike(self) -> bool:
        """Say whether both tell the same amount in the currency of the purchase."""
        original = self.row.original
        return original is not None and (original.minor, original.currency) == self.one.original

    def match(self, kind: Likeness, doubt: Doubt | None = None, *, gone: bool = False) -> Match:
        return Match(kind, self.distance, doubt, gone)


def _named_by_id(pair: _Pair) -> Match | None:
    """Ids that decide nothing by themselves, as those of files, are evidence beside the rest.

    A file may number its lines anew: under one id another day is another purchase.
    """
    row, one, theirs = pair.row, pair.one, pair.one.known.external_id
    if pair.policy.trusts(row) or theirs is None or one.source != pair.policy.source:
        return None
    if row.replaces == theirs and one.open and row.status is TransactionStatus.BOOKED:
        return Match(Likeness.SAME, NAMED)
    if row.external_id != theirs or pair.distance[0] > 0:
        return None
    if pair.equal and pair.alike:
        return Match(Likeness.SAME, NAMED)
    if pair.equal:
        return pair.match(Likeness.DOUBT, Doubt.WORDING_DIFFERS)
    return pair.match(Likeness.DOUBT, Doubt.AMOUNT_DIFFERS) if pair.alike else None


def _booked_under_another_id(pair: _Pair) -> Match | None:
    """A02, A05 to A07, B03: what was announced is booked, and nothing links the two."""
    row, one = pair.row, pair.one
    if row.status is not TransactionStatus.BOOKED or not one.open:
        return None
    if pair.policy.trusts(row) and IdTrait.CHANGES_ON_BOOKING not in pair.policy.traits:
        return None
    later = (row.booked_on or row.day) - one.day
    if not EARLIEST <= row.day - one.day <= LATEST or not EARLIEST <= later <= LATEST:
        return None
    amounts = compare_amounts(*pair.minor, foreign_alike=pair.foreign_alike)
    if amounts is None:
        return None
    if not pair.alike:
        near = pair.equal and pair.distance[0] <= 1
        return pair.match(Likeness.DOUBT, Doubt.WORDING_DIFFERS, gone=True) if near else None
    if amounts in (Amounts.EQUAL, Amounts.ROUNDED):
        # Of the same day it is the hold, or its twin, whose own booking is then new: the number
        # comes right either way.
        return pair.match(Likeness.SAME, gone=pair.distance != (0, 0))
    return pair.match(Likeness.DOUBT, Doubt.AMOUNT_DIFFERS, gone=True)


def _id_given_later(pair: _Pair) -> Match | None:
    """A16: a row that came without an id has one now."""
    late = pair.policy.trusts(pair.row) and is_content_key(pair.one.known.identity_key)
    if not late or pair.one.source != pair.policy.source:
        return None
    if pair.exact:
        return pair.match(Likeness.SAME)
    near = pair.equal and pair.alike and pair.distance[0] <= 1
    return pair.match(Likeness.DOUBT, Doubt.WORDING_DIFFERS) if near else None


def _other_source(pair: _Pair) -> Match | None:
    """E10: a file and a feed tell of one card, each in words of its own."""
    if pair.one.source == pair.policy.source or not pair.equal:
        return None
    apart = pair.distance[0]
    if apart == 0 and pair.alike:
        return pair.match(Likeness.SAME)
    near = apart <= (DAYS_OF_TWO_SOURCES if pair.alike else 0)
    return pair.match(Likeness.DOUBT, Doubt.OTHER_SOURCE) if near else None


def _other_link(pair: _Pair) -> Match | None:
    """E01: the bank was connected anew, and tells a row otherwise than through the link before."""
    one = pair.one
    if not pair.policy.other_link(one) or not pair.policy.trusts(pair.row):
        return None
    booked = one.known.status == TransactionStatus.BOOKED
    if not (one.open or booked) or not pair.alike or pair.distance[0] > 1:
        return None
    if pair.equal:
        return pair.match(Likeness.DOUBT, Doubt.WORDING_DIFFERS)
    amounts = compare_amounts(*pair.minor, foreign_alike=pair.foreign_alike)
    if amounts is None or (booked and pair.distance[0] > 0):
        return None
    return pair.match(Likeness.DOUBT, Doubt.AMOUNT_DIFFERS, gone=True)


def _without_ids(pair: _Pair) -> Match | None:
    """A14, A26: without ids, the bank tells other words or another booking day of a row."""
    if pair.policy.trusts(pair.row) or not is_content_key(pair.one.known.identity_key):
        return None
    same = pair.equal and pair.alike and pair.distance[0] == 0
    return pair.match(Likeness.SAME, gone=True) if same else None


def _good_ids(pair: _Pair) -> Match | None:
    """A08, C16: equal under two good ids is two purchases, unless the whole history came anew."""
    return pair.match(Likeness.TWIN) if pair.policy.trusts(pair.row) and pair.exact else None


RULES: Final[tuple[Callable[[_Pair], Match | None], ...]] = (
    _named_by_id,
    _booked_under_another_id,
    _id_given_later,
    _other_source,
    _other_link,
    _without_ids,
    _good_ids,
)


class Amounts(StrEnum):
    """How a booked amount stands to the announced one."""

    EQUAL = "equal"
    ROUNDED = "rounded"
    TIP = "tip"
    EXTRAS = "extras"
    RELEASED = "released"


# Name, whether it applies to a purchase of ``announced`` booked as ``booked`` (positive minor
# units). A pump, a hotel or a hirer reserves a round sum first and books what it comes to.
_AMOUNTS: Final[tuple[tuple[Amounts, Callable[[int, int], bool]], ...]] = (
    (Amounts.EQUAL, lambda announced, booked: booked == announced),
    (Amounts.TIP, lambda announced, booked: announced < booked <= announced * 1.3),
    (Amounts.EXTRAS, lambda announced, booked: announced < booked <= announced * 2),
    (Amounts.RELEASED, lambda announced, booked: 0 < booked < announced),
)


def compare_amounts(booked: int, announced: int, *, foreign_alike: bool) -> Amounts | None:
    """Return the rule under which ``booked`` may be what was ``announced``, or nothing.

    Signed minor units. ``foreign_alike``: the amount in the currency of the purchase is the same.
    """
    if (booked < 0) != (announced < 0):
        return Amounts.EQUAL if booked == announced else None
    apart = abs(booked - announced)
    if apart and foreign_alike and apart <= max(ROUNDING_MINOR, abs(announced) * ROUNDING_SHARE):
        return Amounts.ROUNDED
    sizes = abs(announced), abs(booked)
    return next((name for name, applies in _AMOUNTS if applies(*sizes)), None)
