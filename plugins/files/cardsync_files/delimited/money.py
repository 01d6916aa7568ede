"""The signed amounts of a table, in minor units of each row's currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cardsync_files.delimited.amounts import amount_column, currency_of_symbols
from cardsync_files.delimited.balance import chains_for
from cardsync_files.delimited.dialect import Record
from cardsync_files.delimited.headings import currency_code
from cardsync_files.delimited.headwords import Role
from cardsync_files.delimited.layout import Layout
from cardsync_files.delimited.signs import Evidence, of_flagged, of_pair, of_single
from cardsync_files.delimited.vocabulary import directions_of, says
from cardsync_files.statement import refuse, shown
from cardsync_sdk import SourceRejected
from cardsync_sdk.money import is_currency_code

Cells = list[tuple[str, int]]
_GLANCE: Final = 20
_MAYBE_FLAG: Final = ("type", "tipo", "transaction type")
_NO_AMOUNT: Final = "neither column of the amount holds a number"


@dataclass(frozen=True, slots=True)
class Money:
    """What each row moved: signed minor units, its currency, the balance the bank shows."""

    amounts: list[int]
    currencies: list[str]
    balances: list[int | None]
    flag: int | None
    warnings: list[str]


def read_money(
    rows: Sequence[Record],
    layout: Layout,
    days: Sequence[date],
    *,
    fallback: str,
    is_card: bool,
    positive_is_spend: bool | None,
) -> Money:
    """Read every amount of ``rows`` exactly and give it its sign.

    :param fallback: the currency of the account, where the file says none.
    :raises SourceRejected: ``bad_amount``, ``amount_too_fine`` or ``sign_unclear``.
    """
    currencies = _currencies(rows, layout, fallback)
    balances = read_optional(rows, layout.get(Role.BALANCE), currencies)
    evidence = Evidence(
        balances=balances,
        chains=chains_for(days),
        is_card=is_card,
        says=lambda what, row: says(what, _words(rows[row], layout)),
        positive_is_spend=positive_is_spend,
    )
    amount = layout.get(Role.AMOUNT)
    flag: int | None = None
    if amount is None:
        amounts = _of_pair(rows, layout, currencies, evidence)
    else:
        written = _read(rows, layout, amount, currencies)
        flag, directions = _flag(rows, layout)
        values = [_required(value, row) for value, row in zip(written, rows, strict=True)]
        if directions is None:
            _refuse_unread_flag(rows, layout, values)
            amounts = of_single(values, evidence)
        elif _says_little(layout, flag, directions) and min(values) < 0 < max(values):
            # One word for both signs says how a row was paid, not which way the money went.
            amounts = of_single(values, evidence)
        else:
            amounts = of_flagged(values, directions, evidence)
    return Money(amounts, currencies, balances, flag, evidence.warnings)


def _words(row: Record, layout: Layout) -> str:
    """Return what a row says about itself; in a table without known headings, all it says."""
    places = layout.all(Role.PAYEE, Role.MEMO, Role.LABEL, Role.FLAG)
    return " ".join(row.cell(place) for place in places) if places else " ".join(row.cells)


def read_optional(
    rows: Sequence[Record], place: int | None, currencies: Sequence[str]
) -> list[int | None]:
    """Read a column that nothing depends on: all empty where it cannot be read."""
    if place is not None:
        cells = _cells(rows, place)
        try:
            column = amount_column(cells, "balance")
            return [
                column.read(cell, line, currency) if cell else None
                for (cell, line), currency in zip(cells, currencies, strict=True)
            ]
        except SourceRejected:
            pass
    return [None] * len(rows)


def _currencies(rows: Sequence[Record], layout: Layout, fallback: str) -> list[str]:
    said = layout.currency_said(layout.money) or _by_symbols(rows, layout, fallback) or fallback
    place = layout.get(Role.CURRENCY)
    if place is None:
        return [said] * len(rows)
    return [_currency(record.cell(place), record.line) or said for record in rows]


def _currency(cell: str, line: int) -> str | None:
    """Read a currency cell; a word that is none would give the amount to another currency."""
    if not cell:
        return None
    code = currency_code(cell) or cell.upper()
    if not is_currency_code(code):
        refuse("bad_row", f"{shown(cell)} is not the code of a currency", line)
    return code


def _by_symbols(rows: Sequence[Record], layout: Layout, fallback: str) -> str | None:
    cells = (record.cell(place) for record in rows for place in layout.money)
    return currency_of_symbols(cells, fallback)


def _of_pair(
    rows: Sequence[Record], layout: Layout, currencies: Sequence[str], evidence: Evidence
) -> list[int]:
    debits, credits_ = (
        _read(rows, layout, layout.get(role), currencies) for role in (Role.DEBIT, Role.CREDIT)
    )
    for out, back, row in zip(debits, credits_, rows, strict=True):
        if out is None and back is None:
            refuse("bad_amount", _NO_AMOUNT, row.line)
        if out and back:
            refuse("bad_amount", "both the column of spend and that of income are filled", row.line)
    return of_pair(debits, credits_, evidence)


def _read(
    rows: Sequence[Record], layout: Layout, place: int | None, currencies: Sequence[str]
) -> list[int | None]:
    if place is None:
        return [None] * len(rows)
    cells = _cells(rows, place)
    siblings = [_cells(rows, other) for other in layout.money if other != place]
    read = amount_column(cells, layout.name(place), siblings).read
    return [
        read(cell, line, currency) if cell else None
        for (cell, line), currency in zip(cells, currencies, strict=True)
    ]


def _cells(rows: Sequence[Record], place: int) -> Cells:
    return [(record.cell(place), record.line) for record in rows]


def _required(value: int | None, row: Record) -> int:
    if value is None:
        refuse("bad_amount", "there is no amount", row.line)
    return value


def _says_little(layout: Layout, flag: int | None, directions: Sequence[bool]) -> bool:
    """Say whether a column just called "type" has the same word in every row."""
    named = flag is not None and flag < len(layout.headings)
    return len(set(directions)) == 1 and named and layout.headings[flag or 0].words in _MAYBE_FLAG


def _refuse_unread_flag(rows: Sequence[Record], layout: Layout, values: Sequence[int]) -> None:
    """Refuse unsigned amounts beside a column of debit or credit words that are not known."""
    for place in layout.all(Role.FLAG):
        if layout.headings[place].words in _MAYBE_FLAG or min(values) < 0:
            continue
        if words := sorted({record.cell(place) for record in rows} - {""}):
            told = f"{layout.name(place)}: {shown(words[0])}"
            refuse("sign_unclear", f"{told} does not say whether it is spend or income")


def _flag(rows: Sequence[Record], layout: Layout) -> tuple[int | None, list[bool] | None]:
    """Find the column of debit or credit words: by its heading, else beside the amount."""
    amount = layout.get(Role.AMOUNT)
    named = layout.all(Role.FLAG)
    taken = set(layout.all(*layout.roles))
    width = max(len(record.cells) for record in rows)
    others = [] if amount is None else [place for place in range(width) if place not in taken]
    for place in [*named, *others]:
        if directions_of(record.cell(place) for record in rows[:_GLANCE]) is None:
            continue
        cells = [record.cell(place) for record in rows]
        directions = directions_of(cells) if all(cells) else None
        if directions is not None and (place in named or len(set(cells)) > 1):
            layout.roles[Role.FLAG] = [place]
            return place, [directions[cell] for cell in cells]
    return None, None
