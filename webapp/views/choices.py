"""Lists to choose from, in the person's language: countries, currencies, time zones."""

import unicodedata
from collections.abc import Iterable
from functools import cache

from babel import Locale
from babel.core import get_global
from babel.numbers import list_currencies
from wtforms.fields.choices import SelectChoice

COMMON_COUNTRIES = ("FR", "BE", "CH", "LU", "DE", "ES", "IT", "GB")
COMMON_CURRENCIES = ("EUR", "CHF", "GBP", "USD")

Named = dict[str, str]


# Every territory that has a currency: leaves out groupings such as the EU.
_COUNTRIES = sorted(code for code in get_global("territory_currencies") if len(code) == 2)


@cache
def countries(language: str) -> Named:
    """Return every country by its code, ordered by name."""
    names = Locale(language).territories
    return _by_name({code: names[code] for code in _COUNTRIES if code in names})


@cache
def currencies(language: str) -> Named:
    """Return every currency in use today by its code, as ``EUR – euro``."""
    names = Locale(language).currencies
    return {code: f"{code} – {names.get(code, code)}" for code in sorted(_in_use())}


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


def grouped(
    named: Named, common: Iterable[str], common_label: str, all_label: str
) -> list[SelectChoice]:
    """Return the choices of a list that begins with the common ones."""
    first = [SelectChoice(code, named[code], optgroup=common_label) for code in common]
    return first + [SelectChoice(code, name, optgroup=all_label) for code, name in named.items()]


def _by_name(named: Named) -> Named:
    return dict(sorted(named.items(), key=lambda pair: _without_accents(pair[1])))


def _without_accents(text: str) -> str:
    """Return what a list is ordered by, so that "Égypte" does not come after "Zambie"."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
