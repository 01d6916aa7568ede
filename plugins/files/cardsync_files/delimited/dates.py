"""One way of writing dates per column, told by the whole column, never cell by cell."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cardsync_files.statement import refuse, shown

_TIME: Final = (
    r"(?:[T ,]+\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,:]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:[+-]\d{2}:?\d{2}|Z|[A-Z]{3,4})?)?"
)
_TIME_TAIL: Final = re.compile(_TIME)
_NUMBERS: Final = re.compile(r"(\d{1,4})([./:-])(\d{1,2})\2(\d{4}|\d{1,2})\.?" + _TIME, re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6}(?:\.\d+)?)?(?:\[[^\]]*\])?", re.ASCII)
_NAMED: Final = re.compile(
    r"(?:[^\W\d_]{2,9}\.?,? )?(\d{1,2})[ ./-]{0,2}([^\W\d_]{3,10})\.?[ ./,-]{0,2}(\d{4}|\d{2})"
    + _TIME
)
_NAME_FIRST: Final = re.compile(r"([^\W\d_]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _TIME)
_WITHIN: Final = re.compile(
    r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\d./-])", re.ASCII
)
_US_ZONE: Final = re.compile(r"[PECM][DS]T|America/(?:New_York|Chicago|Denver|Los_Angeles)")

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan janv janvier january januar jän jänner januari ene enero gen gennaio",
            "feb fév févr fevr février fevrier february februar februari febrero febbraio",
            "mar mars march mär märz maerz mrt maart marzo",
            "apr avr avril april abr abril aprile",
            "may mai mei mayo mag maggio",
            "jun juin june juni junio giu giugno",
            "jul juil juillet july juli julio lug luglio",
            "aug aoû aout août august augustus ago agosto",
            "sep sept septembre september septiembre set settembre",
            "oct octobre october okt oktober octubre ott ottobre",
            "nov novembre november noviembre",
            "dec déc décembre decembre december dez dezember dic diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}


class Order(StrEnum):
    """Which of two short numbers is the day."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it is written: three numbers, and how they stand."""

    style: str
    first: int
    second: int
    third: int


def as_written(cell: str) -> Written | None:
    """Return the numbers of a cell that is a date and nothing else, else ``None``."""
    return _as_written(_without_time(cell))


def _without_time(cell: str) -> str:
    """Cut a time off after ten signs, so that the many times of one day are looked at once."""
    if len(cell) > 10 and cell[10] in " T" and _TIME_TAIL.fullmatch(cell, 10):
        return cell[:10]
    return cell


@lru_cache(maxsize=4096)
def _as_written(cell: str) -> Written | None:
    if found := _NUMBERS.fullmatch(cell):
        a, b, c = int(found[1]), int(found[3]), int(found[4])
        if len(found[1]) == 4:
            return Written("year_first", a, b, c) if len(found[4]) <= 2 else None
        if len(found[1]) <= 2 and len(found[4]) in (2, 4):
            return Written(found[2] + str(len(found[4])), a, b, c)
        return None
    if found := _COMPACT.fullmatch(cell):
        a, b, c = int(found[1]), int(found[2]), int(found[3])
        return Written("year_first", a, b, c) if 1900 <= a <= 2100 and 1 <= b <= 12 else None
    if found := _NAMED.fullmatch(cell):
        month = _MONTHS.get(found[2].lower())
        return Written("named", int(found[3]), month, int(found[1])) if month else None
    if found := _NAME_FIRST.fullmatch(cell):
        month = _MONTHS.get(found[1].lower())
        return Written("named", int(found[3]), month, int(found[2])) if month else None
    return None


def is_date(cell: str) -> bool:
    """Say whether ``cell`` is written like a date."""
    return bool(cell) and as_written(cell) is not None


@dataclass(slots=True)
class DateColumn:
    """Reads the cells of one column; ``order`` is only asked where the column needs it."""

    order: Order | None
    _seen: dict[str, date] = field(default_factory=dict)

    def read(self, cell: str, line: int) -> date:
        """Return the day in ``cell``.

        :raises SourceRejected: ``bad_date`` with the line.
        """
        day = _without_time(cell)
        found = self._seen.get(day)
        if found is None:
            found = self._seen[day] = self._read(cell, line)
        return found

    def _read(self, cell: str, line: int) -> date:
        written = as_written(cell)
        if written is None:
            refuse("bad_date", f"{shown(cell)} is not a date", line)
        a, b, c = written.first, written.second, written.third
        if written.style in ("year_first", "named"):
            year, month, day = a, b, c
        elif self.order is Order.MONTH_FIRST:
            month, day, year = a, b, c
        else:
            day, month, year = a, b, c
        if year < 100:
            year += 2000 if year < 70 else 1900
        try:
            return date(year, month, day)
        except ValueError:
            refuse("bad_date", f"there is no such day as {shown(cell)}", line)


def possible_orders(cells: Iterable[str]) -> frozenset[Order] | None:
    """Return the orders in which every cell is a day; ``None`` if no cell depends on the order."""
    day_first = month_first = True
    asked = False
    for cell in {_without_time(cell) for cell in cells}:
        written = as_written(cell)
        if written is None or written.style in ("year_first", "named"):
            continue
        asked = True
        day_first &= written.first <= 31 and written.second <= 12
        month_first &= written.first <= 12 and written.second <= 31
    if not asked:
        return None
    orders = ((Order.DAY_FIRST, day_first), (Order.MONTH_FIRST, month_first))
    return frozenset(order for order, possible in orders if possible)


def order_of(
    columns: Sequence[Sequence[str]],
    *,
    hint: Order | None,
    day_first_words: bool,
    texts: Callable[[], Iterable[str]],
) -> Order | None:
    """Decide the order of day and month for a file: what it tells must not contradict itself.

    :param columns: the cells of each date column. :param texts: the rest of the file, for dates in
        banners and labels. :returns: ``None`` where no date depends on it.
    :raises SourceRejected: ``ambiguous_dates`` if nothing tells, ``bad_date`` if nothing fits.
    """
    columns = [cells for cells in columns if cells]
    found = [orders for cells in columns if (orders := possible_orders(cells)) is not None]
    if not found:
        return None
    orders = frozenset.intersection(*found)
    if not orders:
        return _no_common_order(columns)
    if len(orders) == 1:
        return next(iter(orders))
    if sure := hint or _by_convention(columns):
        return sure
    told = {_by_texts(texts()), _by_sequence(columns[0])}
    if day_first_words and _is_plausible(columns[0], texts()):
        told.add(Order.DAY_FIRST)
    told.discard(None)
    if len(told) != 1:
        refuse(
            "ambiguous_dates",
            f"day and month cannot be told apart in dates like {shown(_example(columns))}: "
            "export a longer period, or a format that writes the year first",
        )
    return told.pop()


def _no_common_order(columns: Sequence[Sequence[str]]) -> Order:
    """Fall back to the first column's own order, else day first; the odd cell is refused later."""
    for cells in columns:
        orders = possible_orders(cells)
        if orders is not None and len(orders) == 1:
            return next(iter(orders))
    return Order.DAY_FIRST


def _by_convention(columns: Sequence[Sequence[str]]) -> Order | None:
    """Points between the numbers are only written where the day comes first."""
    written = [as_written(cell) for cells in columns for cell in cells[:50]]
    dotted = any(each is not None and each.style.startswith(".") for each in written)
    return Order.DAY_FIRST if dotted else None


def _by_texts(texts: Iterable[str]) -> Order | None:
    """Look at whole dates that stand in banners and labels and at American time zones."""
    votes: set[Order] = set()
    for text in texts:
        if _US_ZONE.fullmatch(text):
            votes.add(Order.MONTH_FIRST)
        for first, _, second, _ in _WITHIN.findall(text):
            if 12 < int(first) <= 31 and int(second) <= 12:
                votes.add(Order.DAY_FIRST)
            elif 12 < int(second) <= 31 and int(first) <= 12:
                votes.add(Order.MONTH_FIRST)
    return votes.pop() if len(votes) == 1 else None


def _by_sequence(cells: Sequence[str]) -> Order | None:
    """Statements run in one direction: six or more days that do so in one order only tell it."""
    sorted_in = set()
    for order in Order:
        days = _days(cells, order)
        if len(set(days)) >= 6 and days in (sorted(days), sorted(days, reverse=True)):
            sorted_in.add(order)
    return sorted_in.pop() if len(sorted_in) == 1 else None


def _is_plausible(cells: Sequence[str], texts: Iterable[str]) -> bool:
    """Doubt the language of the words where it is known, or seen, to mislead.

    PayPal writes American dates beside French words, under a header with a time zone. And days that
    lie close together in the other order only, are as likely written in it.
    """
    if any("fuseau horaire" in text.lower() for text in texts):
        return False
    if len(set(cells)) < 3:
        return True
    span, other = (max(days) - min(days) for days in (_days(cells, order) for order in Order))
    return span <= other * 4


def _days(cells: Sequence[str], order: Order) -> list[date]:
    column = DateColumn(order)
    return [column.read(cell, 0) for cell in cells if is_date(cell)]


def _example(columns: Sequence[Sequence[str]]) -> str:
    return next(cell for cells in columns for cell in cells if cell)
