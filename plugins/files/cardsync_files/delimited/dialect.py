"""From text to records: the delimiter under which rows look most like a statement's."""

import csv
import html
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cardsync_files.delimited.amounts import is_decimal
from cardsync_files.delimited.dates import is_date
from cardsync_files.statement import MOST_ROWS, refuse

DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE_ROWS: Final = 200
_BANNER_ROWS: Final = 1000
_NAMED_ENTITY: Final = re.compile(
    r"&(?:amp|nbsp|apos|euro|#\d{2,4}|[A-Za-z](?:acute|grave|circ|uml|cedil|tilde)|(?:ae|AE|oe|OE|sz)lig);"
)


@dataclass(slots=True)
class Record:
    """One row of the file: the line it starts on, counted from 1, and its cells without blanks."""

    line: int
    cells: list[str]

    def cell(self, place: int | None) -> str:
        """Return the cell at ``place``; empty where the row is too short or has no such column."""
        if place is None or place >= len(self.cells):
            return ""
        return self.cells[place]


def records_of(text: str) -> list[Record]:
    """Cut ``text`` into records; empty ones are left out.

    :raises SourceRejected: ``too_large`` or ``bad_row``.
    """
    if _NAMED_ENTITY.search(text):
        # Some banks export web text: the semicolon of "&eacute;" would cut the cell in two.
        text = _NAMED_ENTITY.sub(lambda found: html.unescape(found.group()), text)
    skipped = 0
    if text[:5].lower().startswith("sep=") and text[5:6] == "\n":
        delimiter, text, skipped = text[4], text[6:], 1
    else:
        delimiter = _delimiter_of(text)
    return list(_records(text, delimiter, skipped, MOST_ROWS + _BANNER_ROWS))


def _records(text: str, delimiter: str, skipped: int, most: int) -> "list[Record]":
    found: list[Record] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    guarded = '="' in text
    line = 1 + skipped
    try:
        for cells in reader:
            bare = [cell.strip() for cell in cells]
            if guarded:
                bare = [cell[2:-1] if cell.startswith('="') else cell for cell in bare]
            if any(bare):
                if len(found) >= most:
                    refuse(
                        "too_large", f"more than {MOST_ROWS} rows: export a shorter period", line
                    )
                found.append(Record(line, bare))
            line = reader.line_num + 1 + skipped
    except csv.Error as error:
        refuse("bad_row", f"the row cannot be cut into cells: {error}", line)
    return found


def _delimiter_of(text: str) -> str:
    sample = "\n".join(islice(_lines(text), _SAMPLE_ROWS))
    return max(DELIMITERS, key=lambda delimiter: _score(sample, delimiter))


def _lines(text: str) -> list[str]:
    return text[: _SAMPLE_ROWS * 2000].split("\n")


def _score(sample: str, delimiter: str) -> tuple[int, int, int]:
    """Count rows with both a day and an amount, rows of the commonest width, and its width."""
    rows = [record.cells for record in _records(sample, delimiter, 0, _SAMPLE_ROWS)]
    whole = sum(any(map(is_date, cells)) and any(map(is_decimal, cells)) for cells in rows)
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    width, common = widths.most_common(1)[0] if widths else (0, 0)
    return whole, common, width
