"""Whose rows are these? One file may hold several accounts or cards; one account is imported."""

import re
from collections.abc import Sequence
from typing import Final

from cardsync_files import accounts
from cardsync_files.delimited.dialect import Record
from cardsync_files.delimited.headwords import Role
from cardsync_files.delimited.layout import Layout
from cardsync_files.statement import Statement
from cardsync_sdk import AccountRef

_BANNER_NUMBER: Final = re.compile(
    r"(?:\b(?:n°|n[or]\.?|compte|account|konto(?:nummer)?|iban|rekening|cuenta|conto)\W{0,4})"
    r"([A-Z]{2}\d{2}[A-Z0-9 ]{10,30}|\d[\d ]{6,22}\d)",
    re.IGNORECASE,
)
_MASKED_NUMBER: Final = re.compile(r"(?<!\w)[*•]{2,}(\d{4})(?!\w)")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}")

# Headings that name the account of the file itself; the others may be the other party's.
_OWN: Final = frozenset(
    {
        "accountnum", "account num", "account number", "account no", "auftragskonto", "compte",
        "numero de compte", "n compte", "num compte", "numero compte", "rekening",
        "rekeningnummer", "iban bban", "auftraggeberkonto", "account id",
    }
)  # fmt: skip


def rows_of(
    rows: Sequence[Record],
    records: Sequence[Record],
    layout: Layout,
    account: AccountRef,
    statement: Statement,
) -> list[Record]:
    """Keep the rows that belong to ``account``; those of others are counted as left out.

    :raises SourceRejected: ``wrong_account`` or ``several_accounts``.
    """
    _check_banner(records[: layout.first], account.last4)
    kept = list(rows)
    for place in layout.all(Role.ACCOUNT):
        own = layout.headings[place].words in _OWN
        kept = _of_account(kept, place, own, account.last4, statement)
    card = layout.get(Role.CARD)
    return kept if card is None else _of_card(kept, card, account.last4, statement)


def _check_banner(banner: Sequence[Record], last4: str | None) -> None:
    """Refuse if the lines above the table name one account, and it is another."""
    found: dict[str, str] = {}
    for record in banner:
        for cell in record.cells:
            numbers = _MASKED_NUMBER.findall(cell) or _BANNER_NUMBER.findall(cell)
            if _IBAN.fullmatch(cell):
                numbers = [cell]
            found.update((accounts.digits_of(number), number) for number in numbers)
    verdicts = {number: accounts.agrees(number, last4) for number in found.values()}
    if len(found) == 1 and False in verdicts.values():
        accounts.refuse_account(last4, next(iter(verdicts)))


def _of_account(
    rows: list[Record], place: int, own: bool, last4: str | None, statement: Statement
) -> list[Record]:
    numbers = {record.cell(place) for record in rows} - {""}
    digits = {accounts.digits_of(number) for number in numbers}
    if not digits or any(len(each) < 4 for each in digits):
        return rows
    verdicts = {number: accounts.agrees(number, last4) for number in numbers}
    if any(verdicts.values()):
        mine = [record for record in rows if verdicts.get(record.cell(place)) is not False]
        others = [record.line for record in rows if verdicts.get(record.cell(place)) is False]
        statement.left_out(others, "of another account")
        return mine
    if own and len(digits) > 1:
        accounts.refuse_several(len(digits))
    if own and False in verdicts.values():
        accounts.refuse_account(last4, next(iter(numbers)))
    return rows


def _of_card(
    rows: list[Record], place: int, last4: str | None, statement: Statement
) -> list[Record]:
    ends = [accounts.digits_of(record.cell(place))[-4:] for record in rows]
    if last4 is None or not rows:
        return rows
    if last4 in ends:
        pairs = list(zip(rows, ends, strict=True))
        statement.left_out(
            [record.line for record, end in pairs if end not in ("", last4)], "of another card"
        )
        return [record for record, end in pairs if end in ("", last4)]
    if len(set(ends)) == 1 and len(ends[0]) == 4:
        accounts.refuse_account(last4, ends[0])
    return rows
