"""Amounts, days and instants in the person's language; names of our own words."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from flask import Flask
from flask_babel import get_locale

from cardsync_sdk.money import Money


def init_app(app: Flask) -> None:
    """Offer the formats to every template."""
    app.jinja_env.filters.update(money=money, day=day, instant=instant, initials=initials)


def _locale() -> Locale:
    return get_locale() or Locale("en")


def money(minor: int, currency: str, *, signed: bool = True) -> str:
    """Return an amount of minor units as people of this language write it.

    ``signed=False`` leaves the sign out, where a word says the direction.
    """
    amount: Decimal = Money(minor if signed else abs(minor), currency).decimal
    return format_currency(amount, currency, locale=_locale())


def day(value: date | None, width: str = "d MMM y") -> str:
    """Return a calendar day, written like the day of an instant; an empty text for none."""
    return format_date(value, width, _locale()) if value else ""


def instant(value: datetime | None, timezone: str = "UTC") -> str:
    """Return an instant as the clock of ``timezone`` shows it; an empty text for none."""
    if value is None:
        return ""
    return format_datetime(value, "d MMM y HH:mm", tzinfo=ZoneInfo(timezone), locale=_locale())


def initials(name: str) -> str:
    """Return the letters that stand for a person: first and last name."""
    words = name.split()
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words)).upper()
