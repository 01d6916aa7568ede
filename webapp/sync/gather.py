"""Gather: ask one connector for one group of accounts, batch by batch, outside any transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cardsync_sdk.errors import SourceRejected, SourceUnavailable, UserActionNeeded
from cardsync_sdk.registry import Connector
from cardsync_sdk.types import AccountRef, Batch, FetchWindow, Link, LinkState
from webapp.sync.failures import RunLimitReached
from webapp.sync.watching import USUAL_LIMITS, Limits, Watch


@dataclass(frozen=True, slots=True)
class Ask:
    """What one call of ``fetch_transactions`` asks: accounts that share a cursor and a window."""

    accounts: tuple[AccountRef, ...]
    cursor: str | None
    window: FetchWindow


def gather(
    connector: Connector,
    link: Link,
    ask: Ask,
    *,
    watch: Watch | None = None,
    limits: Limits = USUAL_LIMITS,
) -> Iterator[Batch]:
    """Yield the batches of ``ask``, checked and within limits.

    :param watch: told when the source is asked and when it answers.
    :raises RunLimitReached: past the limits; what came before is kept, the cursor is not moved on.
    :raises TypeError: if the plugin yields something that is not a batch of transactions.
    """
    watch = watch or Watch()
    batches, rows = 0, 0
    complete = False
    for batch in _watched(connector, link, ask, watch):
        if not isinstance(batch, Batch):
            raise TypeError(f"fetch_transactions yielded {type(batch).__name__}, not a Batch")
        if complete:
            raise TypeError("fetch_transactions went on after a complete batch")
        complete = batch.complete
        batches, rows = batches + 1, rows + len(batch.transactions)
        _within("batches in one fetch", batches, limits.batches)
        _within("rows in one batch", len(batch.transactions), limits.rows_a_batch)
        _within("rows in one fetch", rows, limits.rows)
        # An empty page of a source that is still gathering proves nothing (C06).
        yield replace(batch, complete=complete and batch.link_state is LinkState.OK)
        _check_link(batch.link_state)
        _within("seconds in one fetch", int(watch.age), int(limits.fetch_seconds))
    if not complete:
        raise TypeError("fetch_transactions ended without a complete batch")


def _watched(connector: Connector, link: Link, ask: Ask, watch: Watch) -> Iterator[Batch]:
    """Yield what the plugin gives; ``watch`` knows how long it has been waited for."""
    watch.asks()
    try:
        for batch in connector.call(
            "fetch_transactions",
            link=link,
            accounts=ask.accounts,
            cursor=ask.cursor,
            window=ask.window,
        ):
            watch.heard()
            yield batch
            watch.asks()
    finally:
        watch.heard()


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
        raise RunLimitReached(f"more than {limit} {what}")
