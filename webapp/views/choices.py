"""Lists to choose from, in the person's language: countries, currencies, time zones."""

import unicodedata
from functools import cache

from babel import Locale
from babel.core import get_global
from babel.numbers import list_currencies

COMMON_COUNTRIES = ("FR", "BE", "CH", "LU", "DE", "ES", "IT", "GB")
COMMON_CURRENCIES = ("EUR", "CHF", "GBP", "USD")

Choices = list[tuple[str, str]]
Groups = dict[str, Choices]


# Every territory that has a currency: leaves out groupings such as the EU.
_COUNTRIES = sorted(code for code in get_global("territory_currencies") if len(code) == 2)


@cache
def countries(language: str) -> tuple[Choices, Choices]:
    """Return the near countries, then all, as code and name by name."""
    names = Locale(language).territories
    everywhere = {code: names[code] for code in _COUNTRIES if code in names}
    return _listed(everywhere, COMMON_COUNTRIES)


@cache
def currencies(language: str) -> tuple[Choices, Choices]:
    """Return the usual currencies, then all in use today, as code and ``code - name``."""
    names = Locale(language).currencies
    known = {code: f"{code} – {names.get(code, code)}" for code in sorted(_in_use())}
    return _listed(known, COMMON_CURRENCIES)


def _in_use() -> set[str]:
    """Return the currencies that are legal tender somewhere and have not ended."""
    current: set[str] = set()
    for periods in get_global("territory_currencies").values():
        current |= {code for code, _start, end, tender in periods if tender and end is None}
    return current & set(list_currencies())


@cache
def timezones() -> tuple[str, ...]:
    """Return the time zones that a territory uses today, by name."""
    return tuple(sorted(zone for zone in get_global("zone_territories") if "Etc/" not in zone))


def _listed(names: dict[str, str], common: tuple[str, ...]) -> tuple[Choices, Choices]:
    first = [(code, names[code]) for code in common]
    return first, sorted(names.items(), key=lambda pair: _without_accents(pair[1]))


def _without_accents(text: str) -> str:
    """Return what a list is ordered by, so that "Égypte" does not come after "Zambie"."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
