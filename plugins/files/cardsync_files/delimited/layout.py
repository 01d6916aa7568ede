"""Which column plays which role: by the words of the header where there is one, else by content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cardsync_files.delimited.amounts import is_decimal, is_number
from cardsync_files.delimited.dates import is_date
from cardsync_files.delimited.dialect import Record
from cardsync_files.delimited.headings import Heading, currency_code
from cardsync_files.delimited.headwords import Role
from cardsync_files.statement import refuse

_HEADER_WITHIN: Final = 60
_ENOUGH: Final = 400
_DATES: Final = (Role.BOOKED_ON, Role.PURCHASED_ON, Role.VALUE_ON, Role.DATE)


@dataclass(slots=True)
class Layout:
    """The columns of a table, by role; ``header`` is its heading row, if it has one."""

    header: Record | None
    headings: list[Heading]
    first: int
    roles: dict[Role, list[int]] = field(default_factory=dict)

    def get(self, role: Role) -> int | None:
        """Return the surest column of ``role``."""
        places = self.roles.get(role)
        return places[0] if places else None

    def all(self, *roles: Role) -> list[int]:
        """Return every column of ``roles``, in the order of the file."""
        return sorted(place for role in roles for place in self.roles.get(role, ()))

    @property
    def days(self) -> tuple[int | None, int | None, int | None]:
        """Return the columns of the booking, the purchase and the value date.

        A column just called "date" is the booking's, and so is a column of operation dates that
        stands alone: on the statement of an account it is the day of the entry.
        """
        booked, bought = self.get(Role.BOOKED_ON), self.get(Role.PURCHASED_ON)
        plain, value = self.get(Role.DATE), self.get(Role.VALUE_ON)
        if booked is None:
            booked = plain
        elif bought is None:
            bought = plain
        if booked is None:
            booked, bought = bought, None
        if booked is None:
            booked, value = value, None
        return booked, bought, value

    @property
    def dates(self) -> list[int]:
        """Return the columns that say when a row happened, the surest first."""
        return [place for place in self.days if place is not None]

    @property
    def money(self) -> list[int]:
        """Return the columns that hold what a row moved."""
        amount = self.get(Role.AMOUNT)
        if amount is not None:
            return [amount]
        pair = (self.get(Role.DEBIT), self.get(Role.CREDIT))
        return [place for place in pair if place is not None]

    @property
    def texts(self) -> list[int]:
        """Return the columns of words, in the order of the file."""
        return self.all(Role.MEMO, Role.LABEL, Role.PAYEE)

    def name(self, place: int) -> str:
        """Return what the file calls a column, its number where it has no name."""
        if place < len(self.headings) and self.headings[place].name:
            return self.headings[place].name
        return f"column {place + 1}"

    def currency_said(self, places: Sequence[int]) -> str | None:
        """Return the currency that the headings of ``places`` say."""
        said = (self.headings[place].currency for place in places if place < len(self.headings))
        return next(filter(None, said), None)


def find_header(records: Sequence[Record]) -> Layout | None:
    """Return the layout by words: the first row that names a date and an amount, else ``None``."""
    for number, record in enumerate(records[:_HEADER_WITHIN]):
        if any(is_date(cell) or is_decimal(cell) for cell in record.cells):
            continue
        layout = layout_by_words(record, number + 1)
        if layout.dates and layout.money:
            return layout
    return None


def layout_by_words(record: Record, first: int) -> Layout:
    """Return the roles that the words of a heading row name, the surest column first."""
    headings = [Heading(cell) for cell in record.cells]
    layout = Layout(record, headings, first)
    for place, heading in enumerate(headings):
        if heading.role is not None:
            layout.roles.setdefault(heading.role, []).append(place)
    for places in layout.roles.values():
        places.sort(key=lambda place: headings[place].rank)
    return layout


def check_by_content(layout: Layout, records: Sequence[Record]) -> None:
    """Believe a word only where the column agrees; repair what the words got wrong.

    Looks at the rows that hold a day, in a long file at some hundreds of them. Columns that hold
    something else lose their role.
    """
    rows = _rows_with_day(layout, records[layout.first :])
    if not rows:
        return
    for role in _DATES:
        _keep(layout, role, rows, is_date)
    for role in (
        Role.AMOUNT,
        Role.DEBIT,
        Role.CREDIT,
        Role.BALANCE,
        Role.FEE,
        Role.ORIGINAL_AMOUNT,
    ):
        _step_over_currencies(layout, role, rows)
        _keep(layout, role, rows, is_number)
    for role in (Role.CURRENCY, Role.ORIGINAL_CURRENCY):
        _keep(layout, role, rows, lambda cell: currency_code(cell) is not None)
    _settle_pair(layout)


def _rows_with_day(layout: Layout, records: Sequence[Record]) -> list[Record]:
    places = layout.all(*_DATES)
    step = max(len(records) // _ENOUGH, 1)
    sample = records[::step] if len(records) > _ENOUGH else records
    return [record for record in sample if any(is_date(record.cell(place)) for place in places)]


def _keep(layout: Layout, role: Role, rows: Sequence[Record], fits: Callable[[str], bool]) -> None:
    """Drop the columns of ``role`` in which most filled cells do not fit, or all are empty."""
    kept = []
    for place in layout.roles.pop(role, []):
        filled = [cell for row in rows if (cell := row.cell(place))]
        good = sum(map(fits, filled))
        if filled and good * 2 >= len(filled):
            kept.append(place)
    if kept:
        layout.roles[role] = kept


def _step_over_currencies(layout: Layout, role: Role, rows: Sequence[Record]) -> None:
    """Where a heading spans a currency and the amount right of it, take the amount's column."""
    for number, place in enumerate(layout.roles.get(role, [])):
        cells = [cell for row in rows if (cell := row.cell(place))]
        beside = place + 1
        unnamed = beside < len(layout.headings) and not layout.headings[beside].name
        if cells and unnamed and all(currency_code(cell) for cell in cells):
            layout.roles[role][number] = beside
            layout.roles.setdefault(Role.CURRENCY, []).append(place)


def _settle_pair(layout: Layout) -> None:
    """Where there is a column of amounts, those of debits and credits are not asked."""
    if Role.AMOUNT in layout.roles:
        layout.roles.pop(Role.DEBIT, None)
        layout.roles.pop(Role.CREDIT, None)


def prefer_own_currency(layout: Layout, rows: Sequence[Record], currency: str) -> None:
    """Take the amount in the account's ``currency`` where a row shows a foreign one beside it."""
    _give_currency_to_nearest(layout)
    amounts, codes = layout.roles.get(Role.AMOUNT, []), layout.get(Role.CURRENCY)
    if len(amounts) < 2 or codes is None:
        return
    own = [place for place in amounts if layout.headings[place].currency == currency]
    if own and any(currency_code(row.cell(codes)) not in (currency, None) for row in rows):
        foreign = next(place for place in amounts if place != own[0])
        layout.roles[Role.AMOUNT] = own
        layout.roles[Role.ORIGINAL_AMOUNT] = [foreign]
        layout.roles[Role.ORIGINAL_CURRENCY] = layout.roles.pop(Role.CURRENCY)


def _give_currency_to_nearest(layout: Layout) -> None:
    """A lone currency column says the currency of the amount that it stands closer to."""
    original, amount = layout.get(Role.ORIGINAL_AMOUNT), layout.get(Role.AMOUNT)
    code = layout.get(Role.CURRENCY)
    if original is None or amount is None or code is None or Role.ORIGINAL_CURRENCY in layout.roles:
        return
    if abs(code - original) < abs(code - amount):
        layout.roles[Role.ORIGINAL_CURRENCY] = layout.roles.pop(Role.CURRENCY)


def complete_pair(layout: Layout, records: Sequence[Record]) -> None:
    """Find the other column where only that of debits, or only that of credits, has a known name.

    It is the one that is filled just where the known one is empty.

    :raises SourceRejected: ``no_header`` if rows would be left without an amount.
    """
    if len(layout.money) != 1 or Role.AMOUNT in layout.roles:
        return
    known = layout.money[0]
    rows = _rows_with_day(layout, records[layout.first :])
    lacking = [record for record in rows if not record.cell(known)]
    if not lacking:
        return
    taken = set(layout.all(*layout.roles))
    width = max(len(record.cells) for record in rows)
    others = [
        place
        for place in range(width)
        if place not in taken
        and all(is_number(record.cell(place)) for record in lacking)
        and not any(record.cell(place) for record in rows if record.cell(known))
    ]
    if len(others) != 1:
        words = f"{layout.name(known)!r} is empty in some rows, and nothing says which column"
        refuse("no_header", f"{words} holds their amounts", lacking[0].line)
    layout.roles[Role.CREDIT if Role.DEBIT in layout.roles else Role.DEBIT] = others


def data_start(records: Sequence[Record]) -> int:
    """Return the number of the first record with a day and an amount.

    :raises SourceRejected: ``no_header`` if there is none.
    """
    start = next((number for number, record in enumerate(records) if is_dated_sum(record)), None)
    if start is None:
        refuse(
            "no_header",
            "no row with a date and an amount and no header that names them: this is no "
            "statement that can be read",
        )
    return start


def is_dated_sum(record: Record) -> bool:
    """Say whether a record holds a day and a number, as every transaction does."""
    return any(map(is_date, record.cells)) and any(map(is_number, record.cells))
