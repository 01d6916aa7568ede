"""Made-up deliveries of a year, the same in every run, row by row so that none need be held.

``count`` delivered rows, 200 a card: 90 % come first; then 5 % of them again beside 5 % new ones.
Of the new, a tenth is posted late, dated in the middle of what came first, and a fifth of those is
a second identical purchase under another id. Of those that come again, 4 % have other words. About
1 % of all purchases are in an identical pair of one day.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from cardsync_sdk import FetchedTransaction, Merchant, Money
from cardsync_sdk.interchange import to_line
from tests.support.scripted_bank import CARD

A_CARD = 200
FIRST = date(2025, 11, 20)
DAYS_OF_FIRST, DAYS = 328, 364
MERCHANTS = ("SNCF CONNECT", "TOTALENERGIES", "IBIS LYON", "CARREFOUR CITY", "UBER TRIP", "RATP")


@dataclass(frozen=True, slots=True)
class Year:
    """What a source tells of a year, in two deliveries of ``count`` rows together."""

    count: int

    @property
    def cards(self) -> list[str]:
        """The source's names of its cards."""
        return [CARD, *(f"card-{number}" for number in range(2, self.count // A_CARD + 1))]

    def first(self) -> Iterator[FetchedTransaction]:
        """Give the first delivery, card by card."""
        for number, card in enumerate(self.cards):
            yield from _first(number, card)

    def second(self) -> Iterator[FetchedTransaction]:
        """Give the second one: what comes again, and what is new."""
        for number, card in enumerate(self.cards):
            random = Random(f"second {number}")
            first = list(_first(number, card))
            for known in random.sample(first, A_CARD // 20):
                yield _reworded(known) if random.random() < 0.04 else known
            for place in range(A_CARD // 20):
                new = _purchase(random, number * A_CARD + len(first) + place, card, late=True)
                if random.random() < 0.1:
                    twin = random.choice(first)
                    new = _same(new, twin) if random.random() < 0.2 else _posted_late(new, random)
                yield new

    def told(self) -> dict[str | None, str]:
        """Return the truth after both: the words of each transaction by the source's id."""
        return {row.external_id: row.memo for row in itertools.chain(self.first(), self.second())}

    def known_again(self) -> tuple[int, int]:
        """Return how many rows of the second delivery say the same, and how many say otherwise."""
        before = {row.external_id: row.memo for row in self.first()}
        again = [row for row in self.second() if row.external_id in before]
        same = sum(row.memo == before[row.external_id] for row in again)
        return same, len(again) - same

    def file(self) -> bytes:
        """Return one statement file of every transaction, once each, without the source's ids."""
        rows = {row.external_id: row for row in itertools.chain(self.first(), self.second())}
        plain = (
            replace(row, account_ref=CARD, external_id=None, label=None, merchant=None, raw={})
            for row in rows.values()
        )
        return "\n".join(to_line(row) for row in plain).encode()


def purchases(card: str, first: int, count: int) -> list[FetchedTransaction]:
    """Return ``count`` purchases of one card, whose ids are numbered from ``first`` on."""
    return [_purchase(Random(number), number, card) for number in range(first, first + count)]


def _first(number: int, card: str) -> Iterator[FetchedTransaction]:
    random = Random(f"first {number}")
    row: FetchedTransaction | None = None
    for place in range(A_CARD * 9 // 10):
        new = _purchase(random, number * A_CARD + place, card)
        row = _same(new, row) if row is not None and random.random() < 0.005 else new
        yield row


def _purchase(random: Random, number: int, card: str, *, late: bool = False) -> FetchedTransaction:
    ahead = random.randrange(DAYS_OF_FIRST, DAYS) if late else random.randrange(DAYS_OF_FIRST)
    day = FIRST + timedelta(days=ahead)
    name = f"{random.choice(MERCHANTS)} {random.randrange(500)}"
    amount = Money(-random.randrange(100, 30_000), "EUR")
    memo = f"CARTE {day:%d%m%y} {name}"
    return FetchedTransaction(
        account_ref=card,
        amount=amount,
        memo=memo,
        purchased_on=day,
        booked_on=day + timedelta(days=1),
        external_id=str(900_000_000 + number),
        label=name.title(),
        merchant=Merchant(name=name),
        card_last4="4821",
        raw={"id": 900_000_000 + number, "wording": memo, "value": str(amount.decimal)},
    )


def _same(row: FetchedTransaction, twin: FetchedTransaction) -> FetchedTransaction:
    """Return the purchase ``twin`` once more, under the id of ``row``."""
    return replace(twin, external_id=row.external_id, raw=row.raw)


def _posted_late(row: FetchedTransaction, random: Random) -> FetchedTransaction:
    day = FIRST + timedelta(days=random.randrange(DAYS_OF_FIRST))
    return replace(row, purchased_on=day, booked_on=day + timedelta(days=1))


def _reworded(row: FetchedTransaction) -> FetchedTransaction:
    return replace(row, memo=f"{row.memo} FR")
