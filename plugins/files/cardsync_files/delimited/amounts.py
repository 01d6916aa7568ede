"""One decimal mark per column, told by the whole column; then exact minor units or a refusal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cardsync_files.delimited.headings import currency_code
from cardsync_files.statement import refuse, shown
from cardsync_sdk import exponent_of
from cardsync_sdk.money import MAX_MINOR

_SYMBOLS: Final = {
    "€": frozenset({"EUR"}), "£": frozenset({"GBP"}), "¥": frozenset({"JPY", "CNY"}),
    "zł": frozenset({"PLN"}), "Kč": frozenset({"CZK"}), "₽": frozenset({"RUB"}),
    "kr": frozenset({"SEK", "NOK", "DKK"}), "Ft": frozenset({"HUF"}), "R$": frozenset({"BRL"}),
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"}), "₹": frozenset({"INR"}),
    "US$": frozenset({"USD"}), "C$": frozenset({"CAD"}), "CA$": frozenset({"CAD"}),
    "A$": frozenset({"AUD"}), "AU$": frozenset({"AUD"}), "NZ$": frozenset({"NZD"}),
    "HK$": frozenset({"HKD"}), "S$": frozenset({"SGD"}),
}  # fmt: skip
_SYMBOL: Final = re.compile(r"R\$|[€£¥₽₹]|(?:US|CA?|AU?|NZ|HK|S)?\$|zł|Kč|kr\.?|Ft|[A-Z]{3}")
_LONGEST_AMOUNT: Final = 40
_SPACES: Final = "'\u2019 \u00a0\u202f\u2009"
_BODY: Final = re.compile(rf"([+-]?)[ ]?([\d.,{_SPACES}]*\d)", re.ASCII)
_PLAIN: Final = re.compile(r"[+-]?\d+(?:([.,])\d\d?)?", re.ASCII)
_FAST: Final = {
    ".": re.compile(r"([+-]?)(\d+)(?:\.(\d\d))?", re.ASCII),
    ",": re.compile(r"([+-]?)(\d+)(?:,(\d\d))?", re.ASCII),
}
_GROUPED: Final = {
    mark: re.compile(
        rf"(\d+|\d{{1,3}}(?:[{other}{_SPACES}]\d{{2,3}})*[{other}{_SPACES}]\d{{3}}|)(?:[{mark}](\d+))?",
        re.ASCII,
    )
    for mark, other in ((".", ","), (",", "."))
}


@dataclass(frozen=True, slots=True)
class Number:
    """A cell taken apart: its sign, its digits with their marks, the currency sign beside them."""

    negative: bool
    body: str
    symbol: str


def take_apart(cell: str) -> Number | None:
    """Return what stands in a cell that is an amount and nothing else, else ``None``."""
    if len(cell) > _LONGEST_AMOUNT:
        return None
    text = cell.replace("\u2212", "-").replace("\u2013", "-").strip()
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1].strip()
    if text[-2:].upper() in ("CR", "DR"):
        negative, text = negative or text[-2:].upper() == "DR", text[:-2].strip()
    symbol = ""
    if found := _SYMBOL.search(text):
        symbol = found.group()
        text = (text[: found.start()].rstrip() + text[found.end() :].lstrip()).strip()
    if text.endswith(("-", "+")) and text[:-1].rstrip()[-1:].isdigit():
        negative, text = negative or text.endswith("-"), text[:-1].rstrip()
    found = _BODY.fullmatch(text)
    if found is None:
        return None
    return Number(negative != (found[1] == "-"), found[2], symbol)


def is_number(cell: str) -> bool:
    """Say whether ``cell`` is written like an amount, whole numbers included."""
    return bool(cell) and take_apart(cell) is not None


def is_decimal(cell: str) -> bool:
    """Say whether ``cell`` is written like an amount with a decimal mark or a currency sign."""
    number = take_apart(cell) if cell else None
    if number is None or len(number.body) > 20:
        return False
    return bool(re.search(r"[.,]\d{1,4}$", number.body)) or bool(number.symbol)


def decimal_mark(cells: Iterable[tuple[str, int]], what: str) -> str | None:
    """Return the mark that the cells of a column agree on, ``None`` if none of them tells.

    :param cells: each cell with its line.
    :raises SourceRejected: ``bad_amount`` if they disagree.
    """
    first: dict[str, tuple[str, int]] = {}
    for cell, line in cells:
        if plain := _PLAIN.fullmatch(cell):
            mark = plain[1]
        else:
            number = take_apart(cell) if cell else None
            mark = _mark_in(number.body) if number is not None else None
        if mark is not None:
            first.setdefault(mark, (cell, line))
    if len(first) == 2:
        (one, _), (other, line) = sorted(first.values(), key=lambda found: found[1])
        words = f"{shown(one)} and {shown(other)}"
        refuse("bad_amount", f"the {what} use both a point and a comma for decimals: {words}", line)
    return next(iter(first), None)


def _mark_in(body: str) -> str | None:
    """Return the decimal mark that one number proves, ``None`` if it proves none."""
    point, comma = body.rfind("."), body.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    place = max(point, comma)
    if place < 0:
        return None
    mark, other = ("." if point >= 0 else ","), ("," if point >= 0 else ".")
    if body.count(mark) > 1:
        return other
    before, after = body[:place], body[place + 1 :]
    return None if len(after) == 3 and 1 <= len(before) <= 3 and before != "0" else mark


def is_open(cells: Iterable[str]) -> bool:
    """Say whether a cell has a mark before three digits, which only other cells can explain."""
    return any(
        number is not None and re.search(r"[.,]", number.body) for number in map(take_apart, cells)
    )


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """Reads the cells of one column into minor units."""

    mark: str
    name: str

    def read(self, cell: str, line: int, currency: str) -> int:
        """Return the minor units that ``cell`` says.

        :raises SourceRejected: ``bad_amount`` or ``amount_too_fine`` with the line.
        """
        places = exponent_of(currency)
        if places == 2 and len(cell) < 16 and (fast := _FAST[self.mark].fullmatch(cell)):
            return int(f"{fast[1]}{fast[2]}{fast[3] or '00'}")
        number = take_apart(cell)
        if number is None:
            refuse("bad_amount", f"{self.name}: {shown(cell)} is not a number", line)
        self._check_symbol(number.symbol, cell, line, currency)
        found = _GROUPED[self.mark].fullmatch(number.body)
        if found is None or not number.body:
            refuse("bad_amount", f"{self.name}: {shown(cell)} is not written like the others", line)
        fraction = found[2] or ""
        if fraction[places:].strip("0"):
            words = f"{self.name}: {shown(cell)} is finer than the minor unit of {currency}"
            refuse("amount_too_fine", words, line)
        whole = re.sub(r"\D", "", found[1])
        minor = int(whole + fraction[:places].ljust(places, "0") or "0")
        if minor > MAX_MINOR:
            refuse("bad_amount", f"{self.name}: {shown(cell)} is larger than any amount", line)
        return -minor if number.negative else minor

    def _check_symbol(self, symbol: str, cell: str, line: int, currency: str) -> None:
        """A sign that is not the row's own currency makes a broken amount."""
        if symbol and currency not in _meant_by(symbol):
            refuse("bad_amount", f"{self.name}: {shown(cell)} is no amount in {currency}", line)


def _meant_by(symbol: str) -> frozenset[str]:
    """Return the currencies that a sign beside an amount may mean."""
    bare = symbol.rstrip(".")
    if code := currency_code(bare):
        return frozenset({code})
    return _SYMBOLS.get(bare, frozenset())


def amount_column(
    cells: Sequence[tuple[str, int]], name: str, siblings: Sequence[Sequence[tuple[str, int]]] = ()
) -> AmountColumn:
    """Choose how to read a column: by itself, else as the ``siblings`` are written.

    :raises SourceRejected: ``bad_amount`` if the mark cannot be told.
    """
    mark = decimal_mark(cells, name)
    for sibling in siblings:
        mark = mark or decimal_mark(sibling, name)
    if mark is None and is_open(cell for cell, _ in cells if cell):
        cell, line = next((cell, line) for cell, line in cells if re.search(r"[.,]", cell))
        words = f"the mark in {shown(cell)} may be a decimal or a thousands mark"
        refuse("bad_amount", f"{name}: {words}", line)
    return AmountColumn(mark or ".", name)


def currency_of_symbols(cells: Iterable[str], fallback: str) -> str | None:
    """Return the currency of the sign that every amount carries, ``None`` if they carry none."""
    symbols = _symbols(cells)
    if symbols is None or len(symbols) != 1:
        return None
    meant = _meant_by(symbols.pop())
    if fallback in meant:
        return fallback
    if meant == _SYMBOLS["$"]:
        return "USD"
    return next(iter(meant)) if len(meant) == 1 else None


def _symbols(cells: Iterable[str]) -> set[str] | None:
    """Return the currency signs of a column in which every number has one, else ``None``."""
    found: set[str] = set()
    for cell in cells:
        if _PLAIN.fullmatch(cell):
            return None
        if cell and (number := take_apart(cell)) is not None:
            if not number.symbol:
                return None
            found.add(number.symbol)
    return found or None
