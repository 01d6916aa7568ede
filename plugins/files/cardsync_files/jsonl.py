"""``.jsonl``: one transaction a line in the SDK's own shape (``docs/interchange.md``)."""

import re
from collections.abc import Iterator
from typing import Final

from cardsync_files.statement import MOST_ROWS, Statement, refuse
from cardsync_sdk import AccountRef, FetchedTransaction, interchange

_OPENING: Final = re.compile(r"\s*[{[]\s*[\"{}\]]")


def looks_like_jsonl(text: str) -> bool:
    """Say whether ``text`` is lines of JSON objects by its content."""
    return _OPENING.match(text) is not None


def read(text: str, account: AccountRef) -> Statement:
    """Read every line as a transaction of ``account``.

    :raises SourceRejected: ``bad_json``, ``bad_row``, ``bad_amount``, ``amount_too_fine``,
        ``bad_date``, ``wrong_account`` or ``too_large``, with the line.
    """
    return Statement(list(_rows(text, account)))


def _rows(text: str, account: AccountRef) -> Iterator[FetchedTransaction]:
    lines = text.split("\n")
    if len(lines) > MOST_ROWS + 1:
        refuse("too_large", f"more than {MOST_ROWS} lines: export a shorter period")
    for number, row in interchange.read_numbered(lines, account_ref=account.ref):
        if row.account_ref != account.ref:
            words = f"the row is for account {row.account_ref!r}, not for {account.ref!r}"
            refuse("wrong_account", words, number)
        yield row
