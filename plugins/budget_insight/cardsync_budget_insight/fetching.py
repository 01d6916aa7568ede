"""Walk over the transactions of one connection.

Two ways of reading, since a change feed alone never fills in the past of a newly shared account:
a *dated* read of everything from a day on, once per account, and then what *changed* since the
newest stamp seen, with a day of overlap. A dated read has no end date: the lines of a
deferred-debit card are dated on their statement, weeks ahead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from cardsync_budget_insight.accounts import read_accounts
from cardsync_budget_insight.cleaning import last_four
from cardsync_budget_insight.client import Powens, Row, powens, token_of
from cardsync_budget_insight.cursor import Mark, Marks, format_cursor, parse_cursor, stamp
from cardsync_budget_insight.settings import read_settings
from cardsync_budget_insight.states import paris_time, state_error
from cardsync_budget_insight.transactions import KnownAccount, read_page
from cardsync_sdk import AccountKind, AccountRef, Batch, FetchWindow, Link, RemoteAccount

# Asked for again at each run. It also covers the hour that Paris time repeats in autumn.
OVERLAP: Final = timedelta(hours=24)


def fetch(
    link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
) -> Iterator[Batch]:
    """Yield the accounts, the pages, then a last batch with the cursor.

    What Powens holds is read even when the connection needs its user: the rows up to the day it
    broke are not kept waiting for the repair. The error comes after them, and no cursor.
    """
    marks = parse_cursor(cursor)
    with powens(read_settings(link.settings), token_of(link)) as api:
        connection = {**api.connection(link.ref), "id": link.ref}
        rows = {str(row.get("id")): row for row in api.accounts(link.ref)}
        listed = read_accounts(list(rows.values()))
        # First, so that nothing is taken of an account that has become somebody else's.
        yield Batch(accounts=listed)
        walk = Walk(api, connection, known_accounts(accounts, listed), {})
        yield from walk.batches(marks, window)
    error = state_error(connection)
    if error is not None:
        raise error
    yield Batch(
        next_cursor=format_cursor({**marks, **walk.new_marks(marks, window, rows)}),
        complete=True,
        next_sync_at=paris_time(connection.get("next_try")),
        warnings=missing_accounts(accounts, listed),
    )


def known_accounts(
    asked: Sequence[AccountRef], listed: Sequence[RemoteAccount]
) -> dict[str, KnownAccount]:
    """Join what the host knows of the accounts asked for with what the source lists now."""
    found = {account.ref: account for account in listed}
    known = {}
    for account in asked:
        now = found.get(account.ref)
        if now is None:
            known[account.ref] = KnownAccount(account.ref, account.currency)
            continue
        is_card = now.kind is AccountKind.CARD
        last4 = account.last4 or last_four(now.number_masked) if is_card else None
        known[account.ref] = KnownAccount(account.ref, now.currency, now.kind, last4)
    return known


def missing_accounts(asked: Sequence[AccountRef], listed: Sequence[RemoteAccount]) -> list[str]:
    """Say which accounts asked for the source gives no rows of any more."""
    shared = {account.ref for account in listed if account.shared}
    gone = [account.ref for account in asked if account.ref not in shared]
    return [f"account {ref} is no longer shared at the source" for ref in gone]


@dataclass(slots=True)
class Walk:
    """One walk over a connection; ``newest`` is the newest change stamp seen of each account."""

    api: Powens
    connection: Row
    accounts: Mapping[str, KnownAccount]
    newest: dict[str, datetime]

    def batches(self, marks: Marks, window: FetchWindow) -> Iterator[Batch]:
        """Yield the pages of the dated read and of the change feed, each for its accounts."""
        dated = {ref: since(marks.get(ref), window) for ref in self.accounts}
        owed = {ref: day for ref, day in dated.items() if day is not None}
        if owed:
            yield from self._read(
                owed, {"min_date": min(owed.values()).isoformat(), "filter": "date"}
            )
        seen = {ref: mark.seen for ref, mark in marks.items() if mark.seen is not None}
        going_on = {ref: seen[ref] for ref in self.accounts if ref not in owed}
        if going_on:
            yield from self._read(
                going_on, {"last_update": stamp(min(going_on.values()) - OVERLAP)}
            )

    def _read(self, refs: Mapping[str, Any], query: Mapping[str, str]) -> Iterator[Batch]:
        asked = {ref: self.accounts[ref] for ref in refs}
        for rows in self.api.pages(str(self.connection["id"]), query):
            self._note(rows)
            page = read_page(rows, asked)
            yield Batch(
                transactions=page.transactions,
                removed_ids=page.removed_ids,
                rejected=page.rejected,
            )

    def _note(self, rows: Sequence[Any]) -> None:
        """Remember the newest stamps; one far ahead would hide all the changes before it."""
        refreshed = paris_time(self.connection.get("last_update")) or datetime.now(UTC)
        latest = refreshed + OVERLAP
        for row in rows:
            changed = paris_time(row.get("last_update")) if isinstance(row, dict) else None
            if changed is None:
                continue
            ref = str(row.get("id_account"))
            changed = min(changed, latest)
            self.newest[ref] = max(changed, self.newest.get(ref, changed))

    def new_marks(self, marks: Marks, window: FetchWindow, rows: Mapping[str, Row]) -> Marks:
        """Return how far each account is read now, at the end of a complete walk."""
        return {
            ref: new_mark(
                marks.get(ref), window, self.newest.get(ref), rows.get(ref, {}).get("last_update")
            )
            for ref in self.accounts
        }


def since(mark: Mark | None, window: FetchWindow) -> date | None:
    """Return the day from which an account must be read by date, ``None`` if changes suffice."""
    if mark is None:
        return window.first
    if mark.seen is None or window.first < mark.since:
        return min(mark.since, window.first)
    return None


def new_mark(
    mark: Mark | None, window: FetchWindow, newest: datetime | None, account_stamp: Any
) -> Mark:
    """Return the mark after a complete read.

    An account without rows is read up to its own last refresh; without that it was never loaded,
    and its dated read stays owed.
    """
    start = min(mark.since, window.first) if mark else window.first
    seen = [moment for moment in (mark.seen if mark else None, newest) if moment is not None]
    if not seen and (loaded := paris_time(account_stamp)) is not None:
        seen = [loaded]
    return Mark(start, max(seen, default=None))
