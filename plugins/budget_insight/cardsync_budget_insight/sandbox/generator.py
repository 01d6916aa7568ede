"""What a customer spends on a day: always the same for the same account and day.

Everything follows from a seed made of the account's key, so a bank connected again (with new ids)
shows the same purchases.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from cardsync_budget_insight.sandbox.merchants import ABROAD, LINES, SHOPS, Shop
from cardsync_budget_insight.sandbox.timing import month_end
from cardsync_sdk import exponent_of


@dataclass(frozen=True, slots=True)
class Draft:
    """A line before it has an id; amounts are decimal texts in major units, minus = spend."""

    rdate: date
    date: date
    type: str
    value: str | None
    memo: str
    label: str
    # A line of a statement not yet debited, or a hold: "coming" until its date has passed.
    waits: bool = False
    gross: str | None = None
    commission: str | None = None
    original: str | None = None
    original_currency: str | None = None
    country: str | None = None
    counterparty: str | None = None
    categories: tuple[tuple[str, str], ...] = field(default=())


def card_day(key: str, day: date, *, deferred: bool) -> Iterator[Draft]:
    """Yield what was bought, and given back, on ``day`` with the card ``key``."""
    debited = month_end(day) if deferred else day + timedelta(days=1)
    for shop, cents in _purchases(key, day):
        yield _purchase(shop, cents, day, debited, deferred=deferred, dice=_dice(key, day, "fx"))
    if _dice(key, day, "refund").random() < 0.05:
        earlier = [buy for buy in _purchases(key, day - timedelta(days=5)) if buy[0] in SHOPS]
        for shop, cents in earlier[:1]:
            yield Draft(
                rdate=day,
                date=debited,
                type="payback",
                value=_text(cents),
                memo=f"AVOIR {shop.name} {shop.city}",
                label=f"AVOIR {shop.name}",
                waits=deferred,
                categories=((shop.category, shop.parent),),
            )


def _purchases(key: str, day: date) -> list[tuple[Shop, int]]:
    """Return the shops and amounts (cents of the shop's currency) of a day's purchases."""
    dice = _dice(key, day, "purchases")
    weekend = day.weekday() >= 5
    count = dice.choice((0, 0, 0, 1) if weekend else (0, 1, 1, 1, 2, 2, 3))
    bought = []
    for _ in range(count):
        shop = dice.choice(ABROAD) if dice.random() < 0.06 else dice.choice(SHOPS)
        bought.append((shop, dice.randint(shop.low // 5, shop.high // 5) * 5))
    # Two coffees at the same counter: two purchases that look the same.
    if bought and dice.random() < 0.06:
        bought.append(bought[0])
    return bought


def _purchase(
    shop: Shop, cents: int, day: date, debited: date, *, deferred: bool, dice: random.Random
) -> Draft:
    abroad = shop in ABROAD
    gross = _converted(cents, shop.rate)
    # Banks take about two per cent on a purchase abroad, already inside the value.
    fee = _converted(cents, f"{Decimal(shop.rate) * Decimal('0.02')}") if abroad else 0
    in_words = f" {_original_text(cents, shop)} {shop.currency}" if abroad else ""
    return Draft(
        rdate=day,
        date=debited,
        type="deferred_card" if deferred else "card",
        value=_text(-(gross + fee)),
        gross=_text(-gross) if abroad else None,
        commission=_text(-fee) if abroad else None,
        memo=f"FACTURE CARTE DU {day:%d%m%y} {shop.name} {shop.city}{in_words}",
        label=f"{shop.name} {shop.city}",
        waits=deferred or dice.random() < 0.12,
        original=f"-{_original_text(cents, shop)}" if abroad else None,
        original_currency=shop.currency if abroad else None,
        country=shop.country if abroad else None,
        counterparty=shop.name.title() if dice.random() < 0.3 else None,
        categories=((shop.category, shop.parent),),
    )


def account_day(key: str, day: date) -> Iterator[Draft]:
    """Yield what passed over the account ``key`` on ``day``."""
    dice = _dice(key, day, "lines")
    if day.day == 5:
        yield _line("bank", "COTISATION CARTES AFFAIRES", -800, day)
    if day.weekday() < 5 and dice.random() < 0.4:
        name, memo, low, high = dice.choice(LINES)
        yield _line(name, memo, dice.randint(low // 100, high // 100) * 100 + 37, day)


def _line(kind: str, memo: str, cents: int, day: date) -> Draft:
    return Draft(rdate=day, date=day, type=kind, value=_text(cents), memo=memo, label=memo)


def _converted(cents: int, rate: str) -> int:
    return int((Decimal(cents) * Decimal(rate)).quantize(Decimal(1), ROUND_HALF_UP))


def _original_text(cents: int, shop: Shop) -> str:
    """Write an amount of the shop's own currency with that currency's decimals."""
    if exponent_of(shop.currency) == 0:
        return str(cents)
    return _text(cents)


def _text(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))


def _dice(key: str, day: date, what: str) -> random.Random:
    return random.Random(f"{key}|{day.isoformat()}|{what}")
