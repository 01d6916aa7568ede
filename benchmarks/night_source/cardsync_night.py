"""A connector for the night benchmark: one HTTP call gives the twenty rows of one card."""

import os
from collections.abc import Iterator, Sequence
from datetime import date

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
    Quota,
    hookimpl,
)
from cardsync_sdk.http import LOOPBACK, HttpClient


@hookimpl
def describe_connector() -> ConnectorInfo:
    """Introduce the connector; its source bears everything."""
    return ConnectorInfo(
        slug="night",
        label="Night",
        kind=ConnectorKind.AGGREGATOR,
        api_version=API_VERSION,
        id_traits=frozenset({IdTrait.STABLE}),
        quota=Quota(at_once=1000),
    )


@hookimpl
def fetch_transactions(
    link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
) -> Iterator[Batch]:
    """Ask for each account with one call."""
    with HttpClient(os.environ["NIGHT_SOURCE"], allowed_hosts=LOOPBACK) as http:
        for account in accounts:
            rows = http.get(f"/rows/{account.ref}").body
            yield Batch(
                transactions=[
                    FetchedTransaction(
                        account_ref=account.ref,
                        external_id=row["id"],
                        amount=Money(row["cents"], "EUR"),
                        memo=row["memo"],
                        purchased_on=date.fromisoformat(row["day"]),
                        raw=row,
                    )
                    for row in rows
                ],
                next_cursor="read",
                finished=[account.ref],
            )
    yield Batch(complete=True)
