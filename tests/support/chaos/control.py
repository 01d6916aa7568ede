"""What the bank of the chaos holds: computed, so that the truth lies outside the application.

The harness writes one small file; the bank, in the worker processes, reads it at every page.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

ENVIRONMENT = "CHAOS_CONTROL"
SLUG = "chaos"
ROWS_AT_FIRST = 12
# Every so many rows one equals the one before it in all but its id.
TWIN_EVERY = 9

# External id (none where ids are worthless), day, minor units, wording.
Row = tuple[str | None, date, int, str]


@dataclass(frozen=True, slots=True)
class Control:
    """The state of the bank: ``counter`` grows while the chaos runs, ``calm`` ends its moods.

    ``gate``: whoever asks for a second page waits, and says so in the file :func:`waiting`.
    """

    seed: int
    day: str
    pause_seconds: float
    counter: int = 0
    calm: bool = False
    gate: bool = False

    def write(self, path: Path) -> None:
        """Replace the file at once: no reader sees half of it."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(path)

    def rows(self, ref: str) -> list[Row]:
        """Return every row the bank shows now for the account ``ref``."""
        growth = 1 + int(ref[1:]) % 2
        count = ROWS_AT_FIRST + self.counter * growth
        return list(_rows(ref, count, date.fromisoformat(self.day)))


def read(path: Path) -> Control:
    """Return what the harness wrote last."""
    return Control(**json.loads(path.read_text(encoding="utf-8")))


def waiting(path: Path) -> Path:
    """Return the file that says that somebody waits at the gate."""
    return path.with_suffix(".waiting")


def has_ids(ref: str) -> bool:
    """Say whether the ids of an account are stable; of the others none is worth anything."""
    return int(ref[1:]) % 4 < 2


def truth(control: Control, ref: str) -> "Counter[Row]":
    """Return what has to be stored for an account, equal rows counted."""
    return Counter(control.rows(ref))


def _rows(ref: str, count: int, newest: date) -> Iterator[Row]:
    for number in range(count):
        like = number - 1 if number % TWIN_EVERY == TWIN_EVERY - 1 else number
        yield (
            f"{ref}-{number}" if has_ids(ref) else None,
            newest - timedelta(days=like % 6),
            -(1_000 + 10 * like),
            f"CARTE BOUTIQUE {like:05d} {ref}",
        )
