"""Compare the shape of JSON (keys and kinds of values) with samples, whatever the values are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Shape:
    """What samples show at one place: kinds of values, and for objects and lists what is inside."""

    kinds: set[str] = field(default_factory=set)
    keys: dict[str, "Shape"] = field(default_factory=dict)
    always: set[str] | None = None
    items: "Shape | None" = None

    def add(self, value: Any) -> None:
        """Learn from one more sample."""
        self.kinds.add(kind_of(value))
        if isinstance(value, dict):
            self.always = set(value) if self.always is None else self.always & set(value)
            for key, inner in value.items():
                self.keys.setdefault(key, Shape()).add(inner)
        if isinstance(value, list):
            self.items = self.items or Shape()
            for inner in value:
                self.items.add(inner)

    def differences(self, value: Any, path: str = "$") -> Iterable[str]:
        """Yield in words where ``value`` has another shape."""
        kind = kind_of(value)
        # Where the samples only ever show null, the kind of a value is not known.
        if kind not in self.kinds and self.kinds != {"null"}:
            yield f"{path}: {kind}, the samples show {sorted(self.kinds)}"
        elif isinstance(value, dict) and self.keys:
            yield from (f"{path}.{key} is missing" for key in (self.always or set()) - set(value))
            for key, inner in value.items():
                if key not in self.keys:
                    yield f"{path}.{key} is in no sample"
                else:
                    yield from self.keys[key].differences(inner, f"{path}.{key}")
        elif isinstance(value, list) and self.items and self.items.kinds:
            for number, inner in enumerate(value):
                yield from self.items.differences(inner, f"{path}[{number}]")


def shape_of(samples: Iterable[Any]) -> Shape:
    """Return the common shape of ``samples``."""
    shape = Shape()
    for sample in samples:
        shape.add(sample)
    return shape


def kind_of(value: Any) -> str:
    """Return the JSON kind of a value; whole and broken numbers are one kind."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds = {str: "text", int: "number", float: "number", dict: "object", list: "list"}
    return kinds[type(value)]
