"""The catalogue: every bank and card service of every connector, and the search in it.

What two connectors call by the same key or name is one entry, reached in two ways. A service is
found by each of its names, present and former; who searches a bank that issues company cards is
shown the card service first, since the cards are found there (R39, R47, R49).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from cardsync_sdk.types import Institution
from webapp.domain.searching import folded

# Longer than any name a person types.
QUERY_MAX: Final = 100
NAME_MAX: Final = 100
NOTE_MAX: Final = 1000

_NOT_A_WORD: Final = re.compile(r"[\W_]+")
# Letters that stand for two, which the shared folding leaves alone.
_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae"})
_KINDS: Final = ("card_service", "fuel", "bank")


class Why(StrEnum):
    """By what an entry was found."""

    NAME = "name"
    ALIAS = "alias"
    FORMER_NAME = "former_name"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Way:
    """A connector that reaches an entry, and what the entry is called there."""

    connector: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A bank or card service; without ``ways`` no installed connector reaches it."""

    key: str
    name: str
    kind: str
    country: str = ""
    former_names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    issuer: str = ""
    confirmed_on: date | None = None
    ways: tuple[Way, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name it is known by, its present one first."""
        return (self.name, *self.aliases, *self.former_names)


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that fits a search; ``by`` is the name of its own, or of its issuer, that fits."""

    entry: Entry
    why: Why
    by: str


def catalogue(
    offered: Iterable[tuple[str, Sequence[Institution]]], known: Iterable[Institution] = ()
) -> tuple[Entry, ...]:
    """Join what every connector offers, by slug, with services that perhaps none reaches.

    Card services come first, then by name.
    """
    entries: dict[str, Entry] = {}
    by_name: dict[str, str] = {}
    listed = [(slug, one) for slug, institutions in offered for one in institutions]
    for slug, one in [*listed, *(("", one) for one in known)]:
        key = one.key if one.key in entries else by_name.get(name_key(one.name), one.key)
        entries[key] = _joined(entries.get(key), slug, one)
        by_name.setdefault(name_key(one.name), key)
    return tuple(sorted(entries.values(), key=_order))


def _joined(entry: Entry | None, slug: str, one: Institution) -> Entry:
    ways = (Way(slug, one.name),) if slug else ()
    if entry is None:
        return Entry(
            one.key,
            one.name,
            one.kind,
            one.country,
            one.former_names,
            one.aliases,
            one.issuer,
            one.confirmed_on,
            ways,
        )
    other_name = () if name_key(one.name) == name_key(entry.name) else (one.name,)
    dates = [day for day in (entry.confirmed_on, one.confirmed_on) if day]
    return replace(
        entry,
        former_names=_once(*entry.former_names, *one.former_names),
        aliases=_once(*entry.aliases, *one.aliases, *other_name),
        issuer=entry.issuer or one.issuer,
        confirmed_on=max(dates, default=None),
        ways=entry.ways + ways,
    )


def _once(*names: str) -> tuple[str, ...]:
    return tuple({name_key(name): name for name in reversed(names)}.values())[::-1]


def _order(entry: Entry) -> tuple[int, str]:
    place = _KINDS.index(entry.kind) if entry.kind in _KINDS else len(_KINDS)
    return place, folded(entry.name)


def search(entries: Sequence[Entry], text: str) -> tuple[Found, ...]:
    """Return the entries that ``text`` names, the best first; nothing for an empty search.

    An exact name comes first, unless it is that of a bank whose company cards are found elsewhere:
    then the card service does.
    """
    asked = words_of_name(text[:QUERY_MAX])
    if not asked:
        return ()
    found = [one for entry in entries if (one := _find(entry, entries, asked)) is not None]
    return tuple(sorted(found, key=lambda one: _rank(one, asked)))


def _find(entry: Entry, entries: Sequence[Entry], asked: tuple[str, ...]) -> Found | None:
    issuers = _names_of_bank(entry.issuer, entries)
    return (
        _own(entry, asked, _is)
        or _of_issuer(entry, issuers, asked, _begins)
        or _own(entry, asked, _begins)
        or _own(entry, asked, _is_within)
        or _of_issuer(entry, issuers, asked, _is_within)
    )


def _names_of_bank(issuer: str, entries: Sequence[Entry]) -> tuple[str, ...]:
    if not issuer:
        return ()
    same = (one.names for one in entries if name_key(issuer) in map(name_key, one.names))
    return next(same, (issuer,))


Fits = Callable[[tuple[str, ...], tuple[str, ...]], bool]


def _own(entry: Entry, asked: tuple[str, ...], fits: Fits) -> Found | None:
    by = next((name for name in entry.names if fits(words_of_name(name), asked)), None)
    if by is None:
        return None
    if by == entry.name:
        return Found(entry, Why.NAME, by)
    return Found(entry, Why.ALIAS if by in entry.aliases else Why.FORMER_NAME, by)


def _of_issuer(
    entry: Entry, issuers: tuple[str, ...], asked: tuple[str, ...], fits: Fits
) -> Found | None:
    by = next((name for name in issuers if fits(words_of_name(name), asked)), None)
    return None if by is None else Found(entry, Why.ISSUER, by)


def _is(name: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    return "".join(name) == "".join(asked)


def _begins(name: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Say whether each word asked for begins one of the name's, or all do, written as one word."""
    if all(any(word.startswith(part) for word in name) for part in asked):
        return True
    joined = "".join(asked)
    return any("".join(name[start:]).startswith(joined) for start in range(len(name)))


def _is_within(name: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Say whether more was typed than the name, such as a region or a legal form."""
    # People leave out the d' of a name.
    telling = {word for word in name if len(word) > 1}
    return bool(telling) and telling <= set(asked)


def _rank(found: Found, asked: tuple[str, ...]) -> tuple[int, int, str]:
    name = words_of_name(found.by)
    if found.why is Why.ISSUER:
        place = 1
    elif _is(name, asked):
        place = 0 if found.entry.issuer else 2
    else:
        place = 3 if _begins(name, asked) else 4
    return place, *_order(found.entry)


def words_of_name(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded, without what stands between them."""
    return tuple(_NOT_A_WORD.sub(" ", folded(name).translate(_LETTERS)).split())


def name_key(name: str) -> str:
    """Return what all spellings of one name have in common; empty where no letter or digit is."""
    return "".join(words_of_name(name))
