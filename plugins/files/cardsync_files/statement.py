"""What every reader of the files connector gives back, and the one way in which it refuses."""

from dataclasses import dataclass, field
from typing import Final, NoReturn

from cardsync_sdk import FetchedTransaction, SourceRejected

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = 100_000


@dataclass(slots=True)
class Statement:
    """A file read to its end: its transactions, and what a person should know of the rest.

    ``warnings`` count the lines that are no transaction (cancelled, without an amount, opening
    balance …), so that nothing is left out in silence.
    """

    rows: list[FetchedTransaction] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def left_out(self, lines: list[int], what: str) -> None:
        """Note that the ``lines`` were not taken in, and ``what`` they are."""
        if lines:
            shown = ", ".join(map(str, lines[:5])) + (" …" if len(lines) > 5 else "")
            word = "line" if len(lines) == 1 else "lines"
            self.warnings.append(f"{len(lines)} {word} left out, {what}: {word} {shown}")


def refuse(code: str, reason: str, line: int | None = None) -> NoReturn:
    """Refuse the whole file.

    :param line: number of the line to look at, counted from 1.
    :raises SourceRejected: always, with the line in its words.
    """
    words = reason if line is None else f"line {line}: {reason}"
    raise SourceRejected(words, code=code, line=line)


def shown(cell: str) -> str:
    """Return ``cell`` in quotes, short enough for a message."""
    return repr(cell if len(cell) <= 40 else cell[:37] + "…")
