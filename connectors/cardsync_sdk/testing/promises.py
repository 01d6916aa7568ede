"""How a check of the kit says which promise is broken."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

import pytest

from cardsync_sdk.pan import find_pans


def expect(condition: object, promise: str) -> None:
    """Fail the check with the broken ``promise`` unless ``condition`` holds."""
    if not condition:
        pytest.fail(promise, pytrace=False)


def expect_same(first: Counter[str], second: Counter[str], words: str) -> None:
    """Fail with ``words`` and the first differing rows unless both hold the same rows."""
    differing = (first - second) + (second - first)
    expect(not differing, f"{words}: {few(differing)}")


def expect_no_pan(value: object) -> None:
    """Fail if a full card number stands anywhere inside ``value``; say where, not which."""
    found = {path for path, text in texts_in(value) if find_pans(text)}
    expect(not found, f"a full card number stands in {sorted(found)[:5]}")


def few(rows: Counter[str]) -> str:
    """Return the first three of ``rows`` for a message."""
    return "; ".join(f"{count} x {row}" for row, count in list(rows.items())[:3])


def texts_in(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text inside ``value`` with the path to it, whatever it is nested in."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, str(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(key, f"{path}.{key}")
            yield from texts_in(inner, f"{path}.{key}")
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, list | tuple | set | frozenset):
        for number, inner in enumerate(value):
            yield from texts_in(inner, f"{path}[{number}]")
