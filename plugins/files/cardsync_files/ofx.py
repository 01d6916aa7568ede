"""OFX and QFX, in their SGML and XML writings: every transaction of a statement, nothing guessed.

Banks write OFX that no parser of the standard accepts (end tags missing, elements out of order,
balances empty), so this reads the STMTTRN blocks wherever they stand and checks each one strictly.
References are to the OFX 2.2 and 1.6 specifications, section 11.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from cardsync_files import accounts
from cardsync_files.statement import MOST_ROWS, Statement, refuse, shown
from cardsync_sdk import (
    AccountRef,
    FetchedTransaction,
    Merchant,
    Money,
    TransactionKind,
    TransactionStatus,
    exponent_of,
)
from cardsync_sdk.money import MAX_MINOR, is_currency_code

_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_STATEMENT: Final = re.compile(r"<(CCSTMTRS|STMTRS|INVSTMTRS)>", re.IGNORECASE)
_MARK: Final = re.compile(
    r"<(STMTTRNP?)>|</STMTTRNP?>|</(?:BANK|INV)TRANLISTP?>|<LEDGERBAL>|</OFX>", re.IGNORECASE
)
_ELEMENT: Final = re.compile(r"<([A-Za-z0-9._]+)>([^<]+)")
_BAD_STATUS: Final = re.compile(
    r"<STATUS>((?:(?!</STATUS>).){0,500}?<SEVERITY>\s*ERROR.{0,500}?)(?:</STATUS>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_INVESTMENT: Final = re.compile(r"<INVTRAN>", re.IGNORECASE)
_ROW_START: Final = re.compile(r"<STMTTRNP?>", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?![\d])|(\d{4})(\d{2})(\d{2})\d{2,6}", re.ASCII)
_LONGEST_AMOUNT: Final = 60
_AMOUNT: Final = re.compile(r"([+-]?)(\d*)(?:([.,])(\d*))?", re.ASCII)

_ANNOUNCED: Final = TransactionStatus.ANNOUNCED
_BOOKED: Final = TransactionStatus.BOOKED

# Section 11.4.4.3: what the bank says a transaction is.
_KINDS: Final = {
    "FEE": TransactionKind.FEE,
    "SRVCHG": TransactionKind.FEE,
    "ATM": TransactionKind.CASH,
    "CASH": TransactionKind.CASH,
    "XFER": TransactionKind.TRANSFER,
    "DIRECTDEP": TransactionKind.TRANSFER,
    "INT": TransactionKind.OTHER,
    "DIV": TransactionKind.OTHER,
}


@dataclass(frozen=True, slots=True)
class _Section:
    """One account's statement inside the file."""

    start: int
    end: int
    head: Mapping[str, str]
    is_card: bool


def looks_like_ofx(text: str) -> bool:
    """Say whether ``text`` is OFX by its content."""
    head = text[:4096].upper()
    return "<OFX>" in head or "OFXHEADER" in head


def read(text: str, account: AccountRef) -> Statement:
    """Read every transaction that ``text`` holds of ``account``.

    :raises SourceRejected: ``bank_error``, ``wrong_account``, ``several_accounts``, ``bad_amount``,
        ``amount_too_fine``, ``bad_date``, ``bad_row`` or ``too_large``, with the line.
    """
    text = _without_comments(text)
    _refuse_bank_error(text)
    statement = Statement()
    for section in _sections_of(text, account):
        currency = _currency(section.head.get("CURDEF", ""), account.currency)
        for start, end, announced in _blocks(text, section):
            if len(statement.rows) >= MOST_ROWS:
                refuse("too_large", f"more than {MOST_ROWS} transactions", _line(text, start))
            row = _Row(account.ref, currency, section.is_card, announced)
            try:
                statement.rows.append(row.read(text[start:end]))
            except _Broken as broken:
                refuse(broken.code, str(broken), _line(text, _place(text, start, end, broken)))
    if investments := len(_INVESTMENT.findall(text)):
        statement.warnings.append(f"{investments} purchases and sales of securities left out")
    return statement


def _blocks(text: str, section: _Section) -> Iterator[tuple[int, int, bool]]:
    """Yield where each transaction stands, with or without an end tag, and if it is announced."""
    start: int | None = None
    announced = False
    for found in _MARK.finditer(text, section.start, section.end):
        if start is not None:
            yield start, found.start(), announced
        name = found.group(1)
        start, announced = (found.end(), len(name) > 7) if name else (None, False)
    if start is not None:
        yield start, section.end, announced


def _without_comments(text: str) -> str:
    """Blank comments and unwrap CDATA; line ends stay, so that line numbers stay true."""
    if "<!--" in text:
        text = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
    if "<![CDATA[" in text:
        text = _CDATA.sub(lambda found: html.escape(found.group(1), quote=False), text)
    return text


def _refuse_bank_error(text: str) -> None:
    found = _BAD_STATUS.search(text)
    if found is None:
        return
    words = dict(_elements(found.group(1)))
    said = " ".join(filter(None, (words.get("CODE"), words.get("MESSAGE"))))
    refuse(
        "bank_error",
        f"the bank reports an error instead of a statement ({said})",
        _line(text, found.start()),
    )


def _sections_of(text: str, account: AccountRef) -> list[_Section]:
    """Pick the statements of ``account``: by its number, else the only one with transactions."""
    sections = list(_sections(text))
    verdicts = [_agrees(section, account.last4) for section in sections]
    right = [each for each, verdict in zip(sections, verdicts, strict=True) if verdict]
    if right:
        return right
    possible = [each for each, verdict in zip(sections, verdicts, strict=True) if verdict is None]
    if not possible:
        accounts.refuse_account(account.last4, sections[0].head["ACCTID"])
    filled = [each for each in possible if _ROW_START.search(text, each.start, each.end)]
    numbers = {each.head.get("ACCTID", "") for each in filled}
    if len(numbers) > 1:
        accounts.refuse_several(len(numbers))
    return filled


def _sections(text: str) -> Iterator[_Section]:
    starts = list(_STATEMENT.finditer(text))
    if not starts:
        yield _Section(0, len(text), _head(text, 0, len(text)), "<CCACCTFROM>" in text.upper())
        return
    ends = [found.start() for found in starts[1:]] + [len(text)]
    for found, end in zip(starts, ends, strict=True):
        is_card = found.group(1).upper() == "CCSTMTRS"
        yield _Section(found.start(), end, _head(text, found.start(), end), is_card)


def _head(text: str, start: int, end: int) -> dict[str, str]:
    first_row = _ROW_START.search(text, start, end)
    head: dict[str, str] = {}
    for name, value in _elements(text[start : first_row.start() if first_row else end]):
        head.setdefault(name, value)
    return head


def _agrees(section: _Section, last4: str | None) -> bool | None:
    head = section.head
    bank, branch = head.get("BANKID", ""), head.get("BRANCHID", "")
    return accounts.agrees(head.get("ACCTID", ""), last4, bank=bank, branch=branch)


def _elements(block: str) -> Iterator[tuple[str, str]]:
    for name, spaced in _ELEMENT.findall(block):
        value = spaced.strip()
        if not value:
            continue
        if "\n" in value:
            value = " ".join(value.split())
        yield name.upper(), html.unescape(value) if "&" in value else value


def _currency(text: str, fallback: str) -> str:
    code = text.upper()
    return code if is_currency_code(code) and code != "XXX" else fallback


@dataclass(frozen=True, slots=True)
class _Row:
    """What a transaction inherits from the statement it stands in."""

    account_ref: str
    currency: str
    is_card: bool
    announced: bool

    def read(self, block: str) -> FetchedTransaction:
        """Read one STMTTRN, or an announced STMTTRNP (section 11.4.4, 11.14)."""
        raw = dict(_elements(block))
        currency = self.currency
        # Section 5.2: under CURRENCY the amount is in CURSYM, under ORIGCURRENCY it was converted.
        if "CURSYM" in raw and "<ORIGCURRENCY>" not in block.upper():
            currency = _currency(raw["CURSYM"], currency)
        minor = _minor(raw.get("TRNAMT", ""), exponent_of(currency), currency)
        posted = _day(raw.get("DTPOSTED") or raw.get("DTTRAN", ""))
        name = raw.get("NAME")
        return FetchedTransaction(
            account_ref=self.account_ref,
            amount=Money(minor, currency),
            memo=_memo(name, raw.get("MEMO")),
            purchased_on=posted if self.announced else _optional_day(raw.get("DTUSER")),
            booked_on=None if self.announced else posted,
            value_on=_optional_day(raw.get("DTAVAIL")),
            external_id=raw.get("FITID"),
            kind=_kind(raw.get("TRNTYPE", "").upper(), minor, self.is_card),
            status=_ANNOUNCED if self.announced else _BOOKED,
            label=name,
            merchant=_merchant(raw, name),
            raw=raw,
        )


class _Broken(Exception):
    """A value that cannot be read; the row's place in the file is added further up."""

    def __init__(self, code: str, reason: str, value: str) -> None:
        super().__init__(reason)
        self.code = code
        self.value = value


def _place(text: str, start: int, end: int, broken: _Broken) -> int:
    """Return where the broken value stands, so that its own line is named."""
    found = text.find(broken.value, start, end) if broken.value else -1
    return max(found, start)


def _minor(text: str, places: int, currency: str) -> int:
    """Read an amount of section 3.2.9.1: an optional sign, digits, one point or comma."""
    found = _AMOUNT.fullmatch(text.replace(" ", "")) if len(text) <= _LONGEST_AMOUNT else None
    if found is None or not (found[2] or found[4]):
        words = f"the amount {shown(text)} is not a number" if text else "there is no amount"
        raise _Broken("bad_amount", words, text)
    sign, whole, mark, fraction = found[1], found[2], found[3], found[4] or ""
    if mark == "," and len(fraction) == 3 and places != 3:
        words = f"the comma in {shown(text)} may be a decimal or a thousands mark"
        raise _Broken("bad_amount", words, text)
    if fraction[places:].strip("0"):
        words = f"{text} is finer than the minor unit of {currency}"
        raise _Broken("amount_too_fine", words, text)
    minor = int(f"{sign}{whole}{fraction[:places]:0<{places}}" if places else f"{sign}{whole or 0}")
    if abs(minor) > MAX_MINOR:
        raise _Broken("bad_amount", f"{shown(text)} is larger than any amount", text)
    return minor


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    """Read the calendar day of a date and time of section 3.2.8.2, as the bank wrote it."""
    found = _DAY.match(text)
    if found is None:
        raise _Broken("bad_date", f"the date {shown(text)} is not written YYYYMMDD", text)
    year, month, day = (part for part in found.groups() if part is not None)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _Broken("bad_date", f"there is no such day as {shown(text)}", text) from None


def _optional_day(text: str | None) -> date | None:
    return None if text is None else _day(text)


def _kind(word: str, minor: int, is_card: bool) -> TransactionKind:
    kind = _KINDS.get(word)
    if kind is not None:
        return kind
    if minor < 0:
        return TransactionKind.PURCHASE
    return TransactionKind.REFUND if is_card and word != "PAYMENT" else TransactionKind.OTHER


def _memo(name: str | None, memo: str | None) -> str:
    if name is None or memo is None:
        return name or memo or ""
    return memo if memo.startswith(name) else f"{name} {memo}"


def _merchant(raw: Mapping[str, str], name: str | None) -> Merchant | None:
    mcc = raw.get("SIC")
    return Merchant(name=name, mcc=mcc, city=raw.get("CITY"), country=None) if mcc else None


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
