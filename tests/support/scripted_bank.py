"""A real connector plugin that serves a script: the truth is in memory, so a test can compare."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

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
from cardsync_sdk.quota import Quota
from cardsync_sdk.registry import Connector, load_connector

CARD = "card-1"
# A source that may be asked as often as anybody likes.
PATIENT = Quota(asked_a_day=10_000, asked_every=timedelta(0))


def purchase(
    external_id: str | None, amount: int = -1250, day: date = date(2026, 3, 10), **values: Any
) -> FetchedTransaction:
    """Build a row with defaults for everything but what the case is about (minor units, EUR)."""
    defaults: dict[str, Any] = {
        "account_ref": CARD,
        "amount": Money(amount, "EUR"),
        "memo": "CARTE BOULANGERIE EXEMPLE",
        "purchased_on": day,
        "external_id": external_id,
    }
    return FetchedTransaction(**{**defaults, **values})


@dataclass
class ScriptedBank:
    """Serves ``rows`` in pages of ``page_size``; ``before_page(n)`` may raise, or do anything.

    ``cursor`` is the index of the next row, given with every page, so that a run can resume in the
    middle where ids are stable.
    """

    rows: list[FetchedTransaction] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    page_size: int = 100
    traits: frozenset[IdTrait] = frozenset({IdTrait.STABLE})
    before_page: Callable[[int], None] = lambda _page: None
    asked: list[tuple[str | None, FetchWindow]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    slug: str = "scripted"
    quota: Quota = PATIENT

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the bank."""
        return ConnectorInfo(
            self.slug,
            "Scripted bank",
            ConnectorKind.AGGREGATOR,
            API_VERSION,
            id_traits=self.traits,
            quota=self.quota,
        )

    @hookimpl
    def fetch_transactions(
        self, link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
    ) -> Iterator[Batch]:
        """Serve every row there is, page by page."""
        self.asked.append((cursor, window))
        pages = [
            self.rows[start : start + self.page_size]
            for start in range(0, len(self.rows), self.page_size)
        ] or [[]]
        for number, page in enumerate(pages, 1):
            self.before_page(number)
            last = number == len(pages)
            yield replace(
                Batch(transactions=page, next_cursor=str(number), complete=last),
                removed_ids=self.removed if last else (),
                **(self.extra if last else {}),
            )

    def connector(self) -> Connector:
        """Load the bank as the product loads any plugin."""
        return load_connector(self)
