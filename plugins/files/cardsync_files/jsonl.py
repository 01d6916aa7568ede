"""``.jsonl``: one transaction a line in the SDK's own shape (``docs/interchange.md``)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cardsync_files.accounts import agrees, refuse_account
from cardsync_files.statement import MOST_ROWS, Statement, refuse
from cardsync_sdk import AccountRef, FetchedTransaction, interchange

_OPENING: Final = re.compile(r"\s*[{[]\s*[\"{}\]]")


def looks_like_jsonl(text: str) -> bool:
    """Say whether ``text`` is lines of JSON objects by its content."""
    return _OPENING.match(text) is not None


def read(text: str, account: AccountRef) -> Statement:
    """Read every line as a transaction of ``account``.

    :raises SourceRejected: ``bad_json``, ``bad_row``, ``bad_amount``, ``amount_too_fine``,
        ``bad_date``, ``wrong_account``, ``several_accounts`` or ``too_large``, with the line.
    """
    return Statement(list(_rows(text, account)))


def _rows(text: str, account: AccountRef) -> Iterator[FetchedTransaction]:
    """Whoever wrote the file may call the account what they like, but only one account one name."""
    lines = text.split("\n")
    if len(lines) > MOST_ROWS + 1:
        refuse("too_large", f"more than {MOST_ROWS} lines: export a shorter period")
    name: str | None = None
    for number, row in interchange.read_numbered(lines, account_ref=account.ref):
        if name is None:
            name = row.account_ref
            if agrees(name, account.last4) is False and name != account.ref:
                refuse_account(account.last4, name)
        if row.account_ref != name:
            words = f"the row is for account {row.account_ref!r}, those above for {name!r}"
            refuse("several_accounts", f"{words}: export each account alone", number)
        yield row if name == account.ref else replace(row, account_ref=account.ref)
