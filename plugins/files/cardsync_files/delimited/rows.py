"""Which records of a table are transactions, and what the others are; none is dropped unsaid."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cardsync_files.delimited.amounts import is_decimal, is_number
from cardsync_files.delimited.dates import is_date
from cardsync_files.delimited.dialect import Record
from cardsync_files.delimited.layout import Layout, find_header
from cardsync_files.delimited.vocabulary import State, may_sum_up, state_of, sums_up
from cardsync_files.statement import MOST_ROWS, Statement, refuse, shown

# Cheap to look for in every row; the few that have one are looked at closely.
_SUM_WORDS: Final = ("sald", "sold", "balance", "turnover", "kontostand", "pocz", "końc", "остаток")
_LONGEST_BALANCE_LINE: Final = 60
_LONG_NUMBER: Final = re.compile(r"\d{6,}")


@dataclass(slots=True)
class Table:
    """The records that are transactions, and the lines of those that are not, by what they are."""

    rows: list[Record] = field(default_factory=list)
    without_amount: list[int] = field(default_factory=list)
    summing_up: list[int] = field(default_factory=list)
    announced: list[int] = field(default_factory=list)
    remarks: list[int] = field(default_factory=list)
    continued: bool = False

    def tell(self, statement: Statement) -> None:
        """Note in ``statement`` what was not taken in."""
        statement.left_out(self.without_amount, "without an amount")
        statement.left_out(self.summing_up, "a balance or a total")
        statement.left_out(self.announced, "not posted yet and without a date")
        statement.left_out(self.remarks, "no date and no amount")


def select(records: Sequence[Record], layout: Layout) -> Table:
    """Sort the records after the header.

    :raises SourceRejected: ``bad_date``, ``bad_row``, ``two_tables``, ``several_accounts`` or
        ``too_large``, with the line, for a row that may be a transaction but cannot be read as one.
    """
    table = Table()
    header = layout.header.cells if layout.header is not None else None
    money, dates, texts = layout.money, layout.dates, layout.texts
    body = records[layout.first :]
    for number, record in enumerate(body):
        dated = any(is_date(record.cell(place)) for place in dates)
        paid = any(record.cell(place) for place in money)
        if dated and paid:
            _take(table, record, texts)
        elif dated:
            _note_without_amount(table, record, layout)
        elif record.cells == header:
            _check_repeated_header(body, number)
        elif paid:
            _sort_undated(table, record, layout)
        else:
            _sort_remark(table, record, layout, body[number + 1 :])
    return table


def check_widths(table: Table, layout: Layout) -> None:
    """Refuse a row with more cells than the header where the others have not: it may have shifted.

    :raises SourceRejected: ``bad_row`` with the line.
    """
    if layout.header is None:
        return
    named = len(layout.header.cells)
    longer = [record for record in table.rows if any(record.cells[named:])]
    if longer and len(longer) < len(table.rows):
        cells = len(longer[0].cells)
        refuse("bad_row", f"{cells} cells, the header has {named}", longer[0].line)


def _note_without_amount(table: Table, record: Record, layout: Layout) -> None:
    """Banks list events that move nothing; but an amount in a column without a role is one."""
    known = layout.all(*layout.roles)
    for place, cell in enumerate(record.cells):
        if place not in known and is_decimal(cell) and not _is_other(layout, place):
            refuse("bad_amount", f"there is no amount, but {shown(cell)} elsewhere", record.line)
    table.without_amount.append(record.line)


def _is_other(layout: Layout, place: int) -> bool:
    """Say whether the heading of a column tells that it holds something else."""
    return place < len(layout.headings) and bool(layout.headings[place].name)


def _take(table: Table, record: Record, texts: Sequence[int]) -> None:
    if len(table.rows) >= MOST_ROWS:
        refuse("too_large", f"more than {MOST_ROWS} rows: export a shorter period", record.line)
    if _is_balance_line(record, texts):
        table.summing_up.append(record.line)
    else:
        table.rows.append(record)


def _is_balance_line(record: Record, texts: Sequence[int]) -> bool:
    first = next(filter(None, map(record.cell, texts)), "").lower()
    if not any(word in first for word in _SUM_WORDS) or not sums_up(first):
        return False
    return sum(len(record.cell(place)) for place in texts) < _LONGEST_BALANCE_LINE


def _sort_undated(table: Table, record: Record, layout: Layout) -> None:
    """A line with an amount and no day is a total, or it is broken."""
    if any(may_sum_up(cell) for cell in record.cells if not is_number(cell)):
        table.summing_up.append(record.line)
        return
    written = [record.cell(place) for place in layout.money]
    if not any(is_number(cell) for cell in written) and not table.rows:
        table.remarks.append(record.line)
        return
    said = [record.cell(place) for place in layout.dates]
    if any(state_of(cell) is State.ANNOUNCED for cell in said):
        table.announced.append(record.line)
        return
    if not any(is_number(cell) for cell in written) and _is_table_head(record):
        refuse("two_tables", "a second table begins here: export each one alone", record.line)
    dates = " and ".join(shown(cell) for cell in said if cell)
    words = f"{dates} is not a date" if dates else "there is an amount but no date"
    refuse("bad_date", words, record.line)


def _is_table_head(record: Record) -> bool:
    return find_header([record]) is not None


def _sort_remark(table: Table, record: Record, layout: Layout, rest: Sequence[Record]) -> None:
    if _is_table_head(record) and table.rows:
        refuse("two_tables", "a second table begins here: export each one alone", record.line)
    if any(map(is_date, record.cells)) and any(map(is_decimal, record.cells)):
        if not any(may_sum_up(cell) for cell in record.cells if not is_number(cell)):
            words = "the date and the amount stand in other columns than those of the other rows"
            refuse("bad_row", words, record.line)
        table.summing_up.append(record.line)
        return
    if table.rows and _continues(record, layout) and (table.continued or _goes_on(rest, layout)):
        _append(table.rows[-1], record, layout)
        table.continued = True
        return
    table.remarks.append(record.line)


def _continues(record: Record, layout: Layout) -> bool:
    """Say whether a line only goes on with the text of the row before it."""
    texts = layout.texts
    filled = [place for place, cell in enumerate(record.cells) if cell]
    same_width = layout.header is None or len(record.cells) >= len(layout.header.cells) - 1
    return same_width and bool(filled) and set(filled) <= set(texts)


def _goes_on(rest: Sequence[Record], layout: Layout) -> bool:
    """Say whether transactions follow: a last line of text is the bank's, not a label's."""
    return any(is_date(record.cell(place)) for record in rest[:3] for place in layout.dates)


def _append(row: Record, record: Record, layout: Layout) -> None:
    for place in layout.texts:
        if (more := record.cell(place)) and place < len(row.cells):
            row.cells[place] = f"{row.cells[place]} {more}".strip()


def _check_repeated_header(body: Sequence[Record], number: int) -> None:
    """The header again, with an account's number above it: another account begins."""
    for record in body[max(number - 6, 0) : number]:
        cells = [cell for cell in record.cells if cell]
        plain = not any(is_date(cell) or is_decimal(cell) for cell in cells)
        if plain and any(_LONG_NUMBER.search(cell) for cell in cells):
            refuse(
                "several_accounts",
                "the transactions of another account begin here: export each account alone",
                body[number].line,
            )
