"""Delimited text (CSV and its kin): whatever the bank calls its columns, or a clear refusal.

The way of a file: records (``dialect``), the roles of its columns (``layout``, ``content``), the
lines that are transactions (``rows``), dates, exact signed amounts (``money``), transactions
(``build``). Each step decides for the whole column or file, never cell by cell, and refuses what it
cannot be sure of.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cardsync_files.delimited import content
from cardsync_files.delimited.build import Builder, read_days, settle_states, states_of
from cardsync_files.delimited.dates import DateColumn, Order, is_date, order_of
from cardsync_files.delimited.dialect import Record, records_of
from cardsync_files.delimited.headings import plain_words, says_day_first
from cardsync_files.delimited.headwords import Role
from cardsync_files.delimited.layout import (
    Layout,
    check_by_content,
    complete_pair,
    data_start,
    find_header,
    layout_by_words,
    prefer_own_currency,
)
from cardsync_files.delimited.money import read_money
from cardsync_files.delimited.owner import rows_of
from cardsync_files.delimited.rows import check_widths, select
from cardsync_files.statement import Statement
from cardsync_sdk import AccountRef, Settings

_CARD_NAME: Final = re.compile(r"\b(credit ?card|cartes?|kreditkarte|amex|mastercard|visa)\b")
_DECIMAL_COMMA: Final = re.compile(r"\d,\d\d?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known beside the text: the file's name, and what a person said about it."""

    name: str = ""
    order: Order | None = None
    positive_is_spend: bool | None = None

    @classmethod
    def of(cls, name: str, settings: Settings) -> "Hints":
        """Take the hints out of the settings; words that are not known say nothing."""
        order = settings.get("date_order")
        positive = settings.get("positive_is")
        return cls(
            name,
            Order(order) if order in tuple(Order) else None,
            positive == "spend" if positive in ("spend", "income") else None,
        )


def read(text: str, account: AccountRef, hints: Hints) -> Statement:
    """Read every transaction of a delimited text.

    :raises SourceRejected: with a code and, where there is one, the line.
    """
    records = records_of(text)
    statement = Statement()
    layout = _layout_of(records)
    table = select(records, layout)
    if layout.header is None and (last := content.last_balance(table.rows)) is not None:
        table.rows.remove(last)
        table.summing_up.append(last.line)
    table.tell(statement)
    check_widths(table, layout)
    rows = rows_of(table.rows, records, layout, account, statement)
    if not rows:
        return statement
    prefer_own_currency(layout, rows, account.currency)
    content.find_currency(layout, rows)
    days = read_days(rows, layout, DateColumn(_order(rows, records, layout, hints)))
    money = read_money(
        rows,
        layout,
        days.known,
        fallback=account.currency,
        is_card=_is_card(rows, layout, hints),
        positive_is_spend=hints.positive_is_spend,
    )
    content.find_texts(layout, rows)
    statement.warnings += money.warnings
    states = settle_states(states_of(rows, layout, statement), days, money)
    Builder(layout, rows, account.ref).build(days, money, states, statement)
    return statement


def _layout_of(records: Sequence[Record]) -> Layout:
    layout = find_header(records)
    if layout is not None:
        body = records[layout.first :]
        if not any(is_date(cell) for record in body for cell in record.cells):
            return layout
        check_by_content(layout, records)
        if layout.dates and layout.money:
            complete_pair(layout, records)
            return layout
        # The rows do not stand under their headings: only their content can tell.
        layout = Layout(None, [], layout.first)
    else:
        layout = _layout_without_words(records, data_start(records))
    rows = content.main_rows(records[layout.first :])
    content.complete(layout, rows)
    layout.first = records.index(rows[0], layout.first)
    return layout


def _layout_without_words(records: Sequence[Record], start: int) -> Layout:
    """Take the line before the first transaction for the header if it looks like one."""
    above = records[start - 1] if start else None
    if above is None or len(above.cells) < len(records[start].cells) - 1:
        return Layout(None, [], start)
    layout = layout_by_words(above, start)
    check_by_content(layout, records)
    return layout


def _order(
    rows: Sequence[Record], records: Sequence[Record], layout: Layout, hints: Hints
) -> Order | None:
    places = layout.dates
    banners, body = records[: layout.first], records[layout.first :]
    columns = [[cell for row in body if is_date(cell := row.cell(place))] for place in places]

    def other_texts() -> Iterator[str]:
        for record in banners:
            yield from record.cells
        for row in rows:
            yield from (cell for place, cell in enumerate(row.cells) if place not in places)

    return order_of(
        columns,
        hint=hints.order,
        day_first_words=says_day_first(layout.headings) or _writes_decimal_commas(rows, layout),
        texts=other_texts,
    )


def _writes_decimal_commas(rows: Sequence[Record], layout: Layout) -> bool:
    """Who writes a comma before the cents writes the day before the month."""
    cells = (row.cell(place) for row in rows[:200] for place in layout.money)
    return any(map(_DECIMAL_COMMA.search, cells))


def _is_card(rows: Sequence[Record], layout: Layout, hints: Hints) -> bool:
    place = layout.get(Role.CARD)
    if place is not None and all(row.cell(place) for row in rows):
        return True
    return _CARD_NAME.search(plain_words(hints.name)) is not None
