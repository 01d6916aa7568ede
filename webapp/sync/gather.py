"""Gather: ask one connector for one group of accounts, batch by batch, outside any transaction."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cardsync_sdk.errors import SourceRejected, SourceUnavailable, UserActionNeeded
from cardsync_sdk.registry import Connector
from cardsync_sdk.types import AccountRef, Batch, FetchWindow, Link, LinkState
from webapp.sync.failures import RunLimitReached

MAX_SECONDS = 600
MAX_BATCHES = 2_000
MAX_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What one call of ``fetch_transactions`` asks: accounts that share a cursor and a window."""

    accounts: tuple[AccountRef, ...]
    cursor: str | None
    window: FetchWindow


def gather(connector: Connector, link: Link, ask: Ask) -> Iterator[Batch]:
    """Yield the batches of ``ask``, checked and within limits.

    :raises RunLimitReached: past the limits; what came before is kept, the cursor is not moved on.
    :raises TypeError: if the plugin yields something that is not a batch of transactions.
    """
    started, batches, rows = time.monotonic(), 0, 0
    complete = False
    for batch in connector.call(
        "fetch_transactions",
        link=link,
        accounts=ask.accounts,
        cursor=ask.cursor,
        window=ask.window,
    ):
        if not isinstance(batch, Batch):
            raise TypeError(f"fetch_transactions yielded {type(batch).__name__}, not a Batch")
        if complete:
            raise TypeError("fetch_transactions went on after a complete batch")
        complete = batch.complete
        batches, rows = batches + 1, rows + len(batch.transactions)
        _within("batches", batches, MAX_BATCHES)
        _within("rows", rows, MAX_ROWS)
        _within("seconds", int(time.monotonic() - started), MAX_SECONDS)
        # An empty page of a source that is still gathering proves nothing (C06).
        yield replace(batch, complete=complete and batch.link_state is LinkState.OK)
        _check_link(batch.link_state)
    if not complete:
        raise TypeError("fetch_transactions ended without a complete batch")


def _check_link(state: LinkState) -> None:
    """Turn the state of a link that cannot be read whole into the failure it is.

    :raises SourceUnavailable: while the source is still gathering, or has a trouble of its own.
    :raises UserActionNeeded: if the admin must act at the source.
    :raises SourceRejected: if the link is broken for good.
    """
    match state:
        case LinkState.TEMPORARY:
            raise SourceUnavailable("the source is still gathering")
        case LinkState.NEEDS_USER:
            raise UserActionNeeded("the source waits for its user", reason="action_at_bank")
        case LinkState.BROKEN:
            raise SourceRejected("the source says that the link is broken")


def group_asks(wanted: Sequence[tuple[AccountRef, str | None, FetchWindow]]) -> list[Ask]:
    """Group the accounts that share cursor and window, so that a source is asked seldom."""
    groups: dict[tuple[str | None, FetchWindow], list[AccountRef]] = {}
    for account, cursor, window in wanted:
        groups.setdefault((cursor, window), []).append(account)
    return [Ask(tuple(accounts), cursor, window) for (cursor, window), accounts in groups.items()]


def _within(what: str, value: int, limit: int) -> None:
    if value > limit:
        raise RunLimitReached(f"more than {limit} {what} in one fetch")
