"""The bank of the chaos, a connector plugin: errors, slow pages, long pauses, sudden death."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from cardsync_sdk import (
    API_VERSION,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchedTransaction,
    FetchWindow,
    IdTrait,
    Link,
    Money,
    hookimpl,
)
from cardsync_sdk.errors import SourceUnavailable
from cardsync_sdk.quota import Quota
from tests.support.chaos.control import ENVIRONMENT, SLUG, Control, Row, has_ids, read, waiting

ROWS_A_PAGE = 10
PAGES_AT_MOST = 12
USUAL_SECONDS = 0.05
SLOW_SECONDS = 0.7
ERRORS, SLOW, PAUSES, DEATHS = 0.05, 0.03, 0.04, 0.01


@hookimpl
def describe_connector() -> ConnectorInfo:
    """Introduce the bank; it may be asked as often as one likes."""
    return ConnectorInfo(
        SLUG,
        "Bank of the chaos",
        ConnectorKind.AGGREGATOR,
        API_VERSION,
        id_traits=frozenset({IdTrait.STABLE}),
        quota=Quota(asked_a_day=1_000_000, asked_every=timedelta(0)),
    )


@hookimpl
def fetch_transactions(
    link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
) -> Iterator[Batch]:
    """Serve each account page by page; a cursor is the index of the last row given."""
    path = Path(os.environ[ENVIRONMENT])
    for number, account in enumerate(accounts, 1):
        rows = read(path).rows(account.ref)
        # The cursor is inclusive, as those of many sources: its row comes once more.
        first = int(cursor or 0)
        size = max(ROWS_A_PAGE, (len(rows) - first) // PAGES_AT_MOST)
        for start in range(first, len(rows), size):
            _mood(read(path))
            if start > first:
                _wait_at_the_gate(path)
            page = rows[start : start + size]
            last = start + size >= len(rows)
            yield Batch(
                transactions=[_fetched(account.ref, row) for row in page],
                next_cursor=str(start + len(page) - 1) if has_ids(account.ref) else None,
                complete=last and number == len(accounts),
            )


def _mood(control: Control) -> None:
    """Be late, fail, or take the whole process along; calm banks only take their usual time.

    :raises SourceUnavailable: one time in twenty.
    """
    time.sleep(USUAL_SECONDS)
    if control.calm:
        return
    drawn = random.random()
    for share, act in (
        (ERRORS, _fail),
        (SLOW, lambda: time.sleep(SLOW_SECONDS)),
        (PAUSES, lambda: time.sleep(control.pause_seconds)),
        (DEATHS, lambda: os._exit(137)),
    ):
        if drawn < share:
            act()
            return
        drawn -= share


def _wait_at_the_gate(path: Path) -> None:
    while read(path).gate:
        waiting(path).touch()
        time.sleep(USUAL_SECONDS)


def _fail() -> None:
    raise SourceUnavailable("the bank of the chaos is not in the mood")


def _fetched(ref: str, row: Row) -> FetchedTransaction:
    external_id, day, amount, memo = row
    return FetchedTransaction(
        account_ref=ref,
        external_id=external_id,
        purchased_on=day,
        booked_on=day,
        amount=Money(amount, "EUR"),
        memo=memo,
    )
