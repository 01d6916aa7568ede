"""From the rows of a table to transactions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cardsync_files.delimited.balance import ALL, Chain, fits, proven
from cardsync_files.delimited.dates import DateColumn, is_date
from cardsync_files.delimited.dialect import Record
from cardsync_files.delimited.headings import currency_code
from cardsync_files.delimited.headwords import Role
from cardsync_files.delimited.layout import Layout
from cardsync_files.delimited.money import Money, read_optional
from cardsync_files.delimited.vocabulary import State, state_of
from cardsync_files.labels import card_in, kind_of, purchase_day_in
from cardsync_files.statement import Statement, shown
from cardsync_sdk import (
    FetchedTransaction,
    Merchant,
    TransactionKind,
    TransactionStatus,
)
from cardsync_sdk import Money as Amount

_LAST_FOUR: Final = re.compile(r"(\d{4})\D*\Z", re.ASCII)
_MOST_STATES: Final = 8
_GLANCE: Final = 20
_LONGEST_WAIT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Days:
    """The three dates of each row."""

    booked: list[date | None]
    purchased: list[date | None]
    value: list[date | None]

    @property
    def known(self) -> list[date]:
        """Return one day for each row; every row that is taken has one."""
        found = zip(self.booked, self.purchased, self.value, strict=True)
        days = (booked or bought or value for booked, bought, value in found)
        return [day for day in days if day is not None]


def read_days(rows: Sequence[Record], layout: Layout, column: DateColumn) -> Days:
    """Read the dates of every row.

    :raises SourceRejected: ``bad_date`` with the line.
    """
    booked, bought, value = layout.days
    return Days(
        _days(rows, booked, column), _days(rows, bought, column), _values(rows, value, column)
    )


def _days(rows: Sequence[Record], place: int | None, column: DateColumn) -> list[date | None]:
    if place is None:
        return [None] * len(rows)
    return [column.read(cell, row.line) if (cell := row.cell(place)) else None for row in rows]


def _values(rows: Sequence[Record], place: int | None, column: DateColumn) -> list[date | None]:
    """Nothing depends on a value date: one that is no date is passed over."""
    if place is None:
        return [None] * len(rows)
    return [
        column.read(cell, row.line) if is_date(cell := row.cell(place)) else None for row in rows
    ]


def states_of(rows: Sequence[Record], layout: Layout, statement: Statement) -> list[State] | None:
    """Say of each row if it is booked, announced or cancelled; ``None`` if no column says it."""
    taken = set(layout.all(*layout.roles))
    width = max(len(row.cells) for row in rows)
    free = [place for place in range(width) if place not in taken]
    for place in [*layout.all(Role.STATUS), *free]:
        glance = {row.cell(place) for row in rows[:_GLANCE]}
        if len(glance) > _MOST_STATES or (place in free and not any(map(state_of, glance))):
            continue
        distinct = {row.cell(place) for row in rows} - {""}
        known = {cell: state for cell in distinct if (state := state_of(cell)) is not None}
        if (
            not known
            or len(distinct) > _MOST_STATES
            or (place in free and len(known) < len(distinct))
        ):
            continue
        if unknown := sorted(distinct - known.keys()):
            words = ", ".join(map(shown, unknown))
            statement.warnings.append(f"status {words} is not known: taken as booked")
        return [known.get(row.cell(place), State.BOOKED) for row in rows]
    return None


def settle_states(said: list[State] | None, days: Days, money: Money) -> list[State]:
    """Say of each row if it is posted: by its state, else by its booking date.

    An announced row that the balance already counts is posted whatever its state says.
    """
    states = said or [State.ANNOUNCED if waiting else State.BOOKED for waiting in _not_posted(days)]
    chain = proven(money.amounts, money.balances, ALL)
    return [
        State.BOOKED
        if state is State.ANNOUNCED and chain is not None and _moved_balance(row, chain, money)
        else state
        for row, state in enumerate(states)
    ]


def _not_posted(days: Days) -> list[bool]:
    """Find the rows that wait for their booking date: a few of the newest purchases.

    Where most rows, or old ones, have none, the column means something else.
    """
    posted = [day for day in days.booked if day is not None]
    waiting = [booked is None for booked in days.booked]
    if sum(waiting) > len(posted):
        return [False] * len(waiting)
    newest = max(days.known)
    bought = [day for day, waits in zip(days.purchased, waiting, strict=True) if waits]
    recent = all(day is not None and newest - day <= _LONGEST_WAIT for day in bought)
    return waiting if recent else [False] * len(waiting)


def _moved_balance(row: int, chain: Chain, money: Money) -> bool:
    step = row if chain in (Chain.OLDEST_FIRST, Chain.NEWEST_FIRST_BEFORE) else row + 1
    if not 0 < step < len(money.amounts) or money.balances[row] is None:
        return False
    return fits(chain, money.amounts, money.balances, step)


class Builder:
    """Makes the transactions of one table."""

    def __init__(self, layout: Layout, rows: Sequence[Record], account_ref: str) -> None:
        self.layout = layout
        self.rows = rows
        self.account_ref = account_ref
        self.names = _unique_names(layout, max(len(row.cells) for row in rows))
        self.texts = layout.all(Role.PAYEE, Role.MEMO) or layout.all(Role.LABEL)
        self.payee = layout.get(Role.PAYEE)
        self.label = layout.get(Role.LABEL)
        self.external_id = layout.get(Role.EXTERNAL_ID)
        self.card = layout.get(Role.CARD)
        self.merchant = [layout.get(role) for role in (Role.MCC, Role.CITY, Role.COUNTRY)]
        self.names_merchants = any(place is not None for place in (self.payee, *self.merchant))

    def build(
        self, days: Days, money: Money, states: Sequence[State], statement: Statement
    ) -> None:
        """Append every row to ``statement``; cancelled ones are only counted."""
        fees = read_optional(self.rows, self.layout.get(Role.FEE), money.currencies)
        originals = self._originals(money.currencies)
        kinds = None if money.flag is not None else self.layout.get(Role.FLAG)
        cancelled: list[int] = []
        for number, row in enumerate(self.rows):
            if states[number] is State.CANCELLED:
                cancelled.append(row.line)
                continue
            minor, currency = money.amounts[number], money.currencies[number]
            memo = self._memo(row)
            booked, bought = days.booked[number], days.purchased[number]
            if booked is None and bought is None:
                booked = days.value[number]
            announced = states[number] is State.ANNOUNCED
            if bought is None and booked is not None:
                bought = booked if announced else purchase_day_in(memo, booked)
            fee = fees[number]
            statement.rows.append(
                FetchedTransaction(
                    account_ref=self.account_ref,
                    amount=Amount(minor, currency),
                    memo=memo,
                    purchased_on=bought,
                    booked_on=None if announced else booked,
                    value_on=days.value[number],
                    external_id=row.cell(self.external_id) or None,
                    kind=_kind(row.cell(kinds), memo, minor),
                    status=TransactionStatus.ANNOUNCED if announced else TransactionStatus.BOOKED,
                    original=originals[number],
                    fee=Amount(-abs(fee), currency) if fee else None,
                    label=row.cell(self.label) or None,
                    merchant=self._merchant(row),
                    card_last4=self._card(row, memo),
                    raw=dict(zip(self.names, row.cells, strict=False)),
                )
            )
        statement.left_out(cancelled, "cancelled or declined at the bank")

    def _memo(self, row: Record) -> str:
        if len(self.texts) == 1:
            only = row.cell(self.texts[0])
            return " ".join(only.split()) if "\n" in only else only
        parts: list[str] = []
        for place in self.texts:
            part = row.cell(place)
            if "\n" in part:
                part = " ".join(part.split())
            if part and not any(part in said for said in parts):
                parts = [said for said in parts if said not in part]
                parts.append(part)
        return " ".join(parts)

    def _merchant(self, row: Record) -> Merchant | None:
        if not self.names_merchants:
            return None
        name = row.cell(self.payee) or None
        mcc, city, country = (row.cell(place) or None for place in self.merchant)
        if name is None and mcc is None and city is None and country is None:
            return None
        return Merchant(name, mcc, city, country)

    def _card(self, row: Record, memo: str) -> str | None:
        if self.card is not None and (found := _LAST_FOUR.search(row.cell(self.card))):
            return found[1]
        return card_in(memo)

    def _originals(self, currencies: Sequence[str]) -> "list[Amount | None]":
        """Read what was paid abroad; a row without both amount and currency has none."""
        none: list[Amount | None] = [None] * len(self.rows)
        place, beside = (
            self.layout.get(Role.ORIGINAL_AMOUNT),
            self.layout.get(Role.ORIGINAL_CURRENCY),
        )
        if place is None or beside is None:
            return none
        codes = [currency_code(row.cell(beside)) or "XXX" for row in self.rows]
        values = read_optional(self.rows, place, codes)
        return [
            Amount(value, code) if value is not None and code not in ("XXX", own) else None
            for value, code, own in zip(values, codes, currencies, strict=True)
        ]


def _kind(said: str, memo: str, minor: int) -> TransactionKind:
    kind = (kind_of(said, minor) if said else None) or kind_of(memo, minor)
    if kind is not None:
        return kind
    return TransactionKind.PURCHASE if minor < 0 else TransactionKind.OTHER


def _unique_names(layout: Layout, width: int) -> list[str]:
    names: list[str] = []
    for place in range(width):
        name = layout.name(place)
        names.append(f"{name} ({place + 1})" if name in names else name)
    return names
