"""Roles by content alone, for files without a header or with words that nobody knows.

Only what can be told for certain is told: an amount beside a balance is known by the proof of the
balance, or by the custom of all banks to write the signed amount left of the balance.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import permutations
from typing import Final, NoReturn

from cardsync_files.delimited.amounts import (
    amount_column,
    currency_of_symbols,
    is_decimal,
    is_number,
)
from cardsync_files.delimited.balance import AFTER, ALL, Chain, chains_for, proven
from cardsync_files.delimited.dates import DateColumn, Order, is_date, possible_orders
from cardsync_files.delimited.dialect import Record
from cardsync_files.delimited.headings import currency_code
from cardsync_files.delimited.headwords import Role
from cardsync_files.delimited.layout import Layout, is_dated_sum
from cardsync_files.statement import refuse
from cardsync_sdk import SourceRejected

_MASKED_NUMBER: Final = re.compile(r"[*xX•]{2,}[ *xX•-]*\d{3,4}\b")
_IDENTIFIER: Final = re.compile(r"[A-Z]{0,4}[\d ./-]{6,}|[A-Z]{2}\d{2}[A-Z0-9 ]{10,}")
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_MANY: Final = 6

Column = list[int | None]


def main_rows(records: Sequence[Record]) -> list[Record]:
    """Return the records laid out like most: their first date stands in the same column.

    Where two rows differ, a line with a masked account number is the bank's banner.
    """
    rows = [record for record in records if is_dated_sum(record)]
    if not rows:
        _refuse("no row holds a date and an amount")
    places = Counter(_first_date(record) for record in rows)
    if len(places) > 1 and any(_MASKED_NUMBER.search(cell) for cell in rows[0].cells):
        places[_first_date(rows[0])] -= 1
    common = places.most_common(2)
    if len(common) == 2 and common[0][1] == common[1][1]:
        _refuse("the rows are laid out in two ways")
    return [record for record in rows if _first_date(record) == common[0][0]]


def complete(layout: Layout, rows: Sequence[Record]) -> None:
    """Give the roles that no word gave: dates, amounts, currency.

    :raises SourceRejected: ``no_header`` if the amounts cannot be told.
    """
    width = max(len(record.cells) for record in rows)
    if not layout.dates:
        _find_dates(layout, rows, width)
    if not layout.money:
        _find_money(layout, rows, width)


def find_currency(layout: Layout, rows: Sequence[Record]) -> None:
    """Find the currency column nearest to the amount, right of it first, where no word names it."""
    if Role.CURRENCY in layout.roles or not layout.money:
        return
    taken = layout.all(*layout.roles)
    width = max(len(record.cells) for record in rows)
    amount = layout.money[-1]
    for place in [*range(amount + 1, width), *range(amount - 1, -1, -1)]:
        cells = (record.cell(place) for record in rows)
        if place not in taken and all(cell.isupper() and currency_code(cell) for cell in cells):
            layout.roles[Role.CURRENCY] = [place]
            return


def find_texts(layout: Layout, rows: Sequence[Record]) -> None:
    """Take every column of words for the memo where no heading names one."""
    if Role.MEMO in layout.roles or Role.PAYEE in layout.roles:
        return
    taken = set(layout.all(*layout.roles))
    width = max(len(record.cells) for record in rows)
    texts: dict[int, set[str]] = {}
    for place in range(width):
        cells = {record.cell(place) for record in rows}
        if place not in taken and cells != {""} and all(map(_is_text, cells - {""})):
            texts[place] = cells
    telling = [place for place, cells in texts.items() if len(cells) > 1]
    if telling or texts:
        layout.roles[Role.MEMO] = telling or list(texts)


def last_balance(rows: Sequence[Record]) -> Record | None:
    """Find the closing balance of a table without a header: its last row, if it alone has no words.

    Some French banks end their list so; taken for a transaction it would be a large one.
    """
    texts = [any(_is_text(c) and _LETTERS.search(c) for c in record.cells) for record in rows]
    return rows[-1] if len(rows) > 1 and all(texts[:-1]) and not texts[-1] else None


def _is_text(cell: str) -> bool:
    if is_date(cell) or currency_code(cell) or _IDENTIFIER.fullmatch(cell):
        return False
    return any(map(str.isalpha, cell))


def _first_date(record: Record) -> int:
    return next(place for place, cell in enumerate(record.cells) if is_date(cell))


def _find_dates(layout: Layout, rows: Sequence[Record], width: int) -> None:
    dated = [
        place
        for place in range(width)
        if sum(is_date(record.cell(place)) for record in rows) * 2 > len(rows)
    ]
    if dated:
        layout.roles[Role.BOOKED_ON] = dated[:1]
    if len(dated) > 1:
        layout.roles[Role.VALUE_ON] = dated[1:2]


def _find_money(layout: Layout, rows: Sequence[Record], width: int) -> None:
    taken = set(layout.all(*layout.roles))
    columns = {
        place: column
        for place in range(width)
        if place not in taken and (column := _money_column(rows, place)) is not None
    }
    if len(columns) > _MANY:
        _refuse(f"there are {len(columns)} columns of amounts and no heading that is known")
    days = _days(layout, rows)
    balance = layout.get(Role.BALANCE)
    known = _money_column(rows, balance) if balance is not None else None
    found = (
        _whole_amounts(rows, columns, width)
        or _only_one(columns)
        or _by_proof(columns, balance, known, chains_for(days))
        or _by_signs(columns)
    )
    if found is None:
        _refuse("nothing says which column holds the amounts")
    layout.roles.update({role: [place] for role, place in found.items()})


def _money_column(rows: Sequence[Record], place: int) -> Column | None:
    """Read a column as amounts; ``None`` if it holds anything else, or neither mark nor sign."""
    cells = [(record.cell(place), record.line) for record in rows]
    if not any(is_decimal(cell) or cell.startswith(("-", "+")) for cell, _ in cells):
        return None
    return _numbers(cells)


def _numbers(cells: list[tuple[str, int]]) -> Column | None:
    if not all(is_number(cell) for cell, _ in cells if cell):
        return None
    try:
        column = amount_column(cells, "amount")
        sign = currency_of_symbols((cell for cell, _ in cells), "XXX") or "XXX"
        return [column.read(cell, line, sign) if cell else None for cell, line in cells]
    except SourceRejected:
        return None


def _days(layout: Layout, rows: Sequence[Record]) -> list[date]:
    place = layout.dates[0]
    cells = [record.cell(place) for record in rows]
    orders = possible_orders(cells)
    if orders is not None and len(orders) != 1:
        return []
    column = DateColumn(next(iter(orders)) if orders else Order.DAY_FIRST)
    return [
        column.read(cell, record.line)
        for cell, record in zip(cells, rows, strict=True)
        if is_date(cell)
    ]


def _whole_amounts(
    rows: Sequence[Record], columns: dict[int, Column], width: int
) -> dict[Role, int] | None:
    """A lone column of decimals is the balance if whole numbers beside it move it."""
    if len(columns) != 1:
        return None
    total = next(iter(columns))
    for place in range(width):
        cells = [(record.cell(place), record.line) for record in rows]
        whole = _numbers(cells) if place != total and all(cell for cell, _ in cells) else None
        if whole is not None and proven(whole, columns[total], ALL):
            return {Role.AMOUNT: place, Role.BALANCE: total}
    return None


def _only_one(columns: dict[int, Column]) -> dict[Role, int] | None:
    """Take the only column of amounts, or the only one that no row leaves empty."""
    whole = [place for place, column in columns.items() if None not in column]
    if len(columns) == 1:
        return {Role.AMOUNT: next(iter(columns))}
    exclusive = any(_exclusive(columns[one], columns[two]) for one, two in permutations(columns, 2))
    return {Role.AMOUNT: whole[0]} if len(whole) == 1 and not exclusive else None


def _by_proof(
    columns: dict[int, Column], balance: int | None, known: Column | None, chains: Sequence[Chain]
) -> dict[Role, int] | None:
    """Find the one reading under which a column is the balance of the others."""
    balances = {balance: known} if balance is not None and known is not None else dict(columns)
    pairs = [
        {Role.DEBIT: out, Role.CREDIT: back, Role.BALANCE: total}
        for total, column in balances.items()
        for out, back in permutations([place for place in columns if place != total], 2)
        if (moved := _moved(columns[out], columns[back])) and proven(moved, column, chains)
    ]
    # One half of a pair may follow the balance for a while, so pairs come first; and the balance
    # after a row comes before one that stands before it.
    for found in (
        pairs,
        _by_row(columns),
        *(_singles(columns, balances, each) for each in (AFTER, ALL)),
    ):
        if found:
            return found[0] if all(each == found[0] for each in found) else None
    return None


def _singles(
    columns: dict[int, Column], balances: dict[int, Column], chains: Sequence[Chain]
) -> list[dict[Role, int]]:
    return [
        {Role.AMOUNT: place, Role.BALANCE: total}
        for total, column in balances.items()
        for place in columns
        if place != total and None not in columns[place] and proven(columns[place], column, chains)
    ]


def _by_row(columns: dict[int, Column]) -> list[dict[Role, int]]:
    """Find a balance before, an amount and a balance after that add up in every row.

    A sum is the same both ways round; the amount is the one of the two with spend in it.
    """
    return [
        {Role.AMOUNT: moved, Role.BALANCE: after}
        for before, moved, after in permutations(columns, 3)
        if _has_negative(columns[moved])
        and not _has_negative(columns[before])
        and all(
            a is not None and b is not None and c is not None and b and a + b == c
            for a, b, c in zip(columns[before], columns[moved], columns[after], strict=True)
        )
    ]


def _moved(out: Column, back: Column) -> Column | None:
    if not _exclusive(out, back):
        return None
    return [abs(income or 0) - abs(spend or 0) for spend, income in zip(out, back, strict=True)]


def _exclusive(one: Column, two: Column) -> bool:
    """Say whether each row fills one of the columns, and each column has its rows."""
    pairs = list(zip(one, two, strict=True))
    never_both = all(not (a and b) for a, b in pairs)
    return (
        never_both
        and all(a is not None or b is not None for a, b in pairs)
        and any(one)
        and any(two)
    )


def _by_signs(columns: dict[int, Column]) -> dict[Role, int] | None:
    """Without a proof: signs in two exclusive columns, or the signed amount left of the balance."""
    for out, back in permutations(columns, 2):
        spend, income = columns[out], columns[back]
        if _exclusive(spend, income) and _all_negative(spend) and not _has_negative(income):
            rest = [place for place in columns if place not in (out, back)]
            beside = {Role.BALANCE: rest[0]} if len(rest) == 1 else {}
            return {Role.DEBIT: out, Role.CREDIT: back, **beside}
    whole = [place for place, column in columns.items() if None not in column]
    if (
        len(whole) == 2
        and _has_negative(columns[whole[0]])
        and not _has_negative(columns[whole[1]])
    ):
        return {Role.AMOUNT: whole[0], Role.BALANCE: whole[1]}
    return None


def _has_negative(column: Column) -> bool:
    return any(value < 0 for value in column if value is not None)


def _all_negative(column: Column) -> bool:
    return all(value <= 0 for value in column if value is not None)


def _refuse(reason: str) -> NoReturn:
    refuse("no_header", f"there is no header line that can be understood, and {reason}")
