"""The life of a transaction as it is told afterwards: from what each event replaced (D-M)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A key made from day, amount and wording, with the number among equal ones.
_BY_CONTENT = re.compile(r"c\d+:[0-9a-f]+:(\d+)")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an event replaced, as stored."""

    column: str
    before: Any
    after: Any


def changes(now: Mapping[str, Any], befores: Sequence[Mapping[str, Any]]) -> list[list[Change]]:
    """Return what each event changed, in the order given.

    :param now: the values of today, by column; a value that no event replaced is not told.
    :param befores: what each event replaced, the oldest event first. What it put there instead is
        what the next event that touched the same column replaced, else the value of today.
    """
    after = dict(now)
    found: list[list[Change]] = []
    for before in reversed(befores):
        found.append(
            [
                Change(column, old, after[column])
                for column, old in before.items()
                if column in after and after[column] != old
            ]
        )
        after.update(before)
    return found[::-1]


@dataclass(frozen=True, slots=True)
class KnownUnder:
    """How a source names a transaction: by its own number, or by nothing but what it says.

    ``number``: the source's; without it, ``nth`` says which of several equal ones it is.
    """

    number: str | None
    nth: int = 1


def known_under(keys: Sequence[str]) -> list[KnownUnder]:
    """Return what identity keys say to a reader, each once."""
    found: dict[KnownUnder, None] = {}
    for key in keys:
        content = _BY_CONTENT.fullmatch(key)
        _source, _mark, number = key.partition(":")
        known = KnownUnder(None, int(content[1])) if content else KnownUnder(number or key)
        found[known] = None
    return list(found)
