"""A host in little: what it would hold after each fetch from the practice bank."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from cardsync_sdk import AccountRef, Batch, FetchWindow, Link
from tests.support.practice_bank import ALWAYS, PracticeBank

MARCH = FetchWindow(date(2026, 3, 1), date(2026, 3, 17))


class Book:
    """What a host would hold: rows by id, removals taken out, the cursor of a complete walk."""

    def __init__(self, bank: PracticeBank, link: Link) -> None:
        self.bank, self.link = bank, link
        self.cursor: str | None = None
        self.rows: dict[str, tuple[str, int]] = {}
        self.removed: set[str] = set()

    def sync(self, window: FetchWindow = ALWAYS) -> int:
        """Fetch, keep what comes batch by batch, and return how many rows came."""
        accounts = self.bank.shared(self.link)
        came = 0
        for batch in self.bank.connector.call(
            "fetch_transactions",
            link=self.link,
            accounts=accounts,
            cursor=self.cursor,
            window=window,
        ):
            came += len(batch.transactions)
            self._keep(batch)
        return came

    def _keep(self, batch: Batch) -> None:
        for row in batch.transactions:
            assert row.external_id is not None
            self.rows[row.external_id] = (row.account_ref, row.amount.minor)
            self.removed.discard(row.external_id)
        self.removed |= {external_id for _, external_id in batch.removed_ids}
        if batch.next_cursor is not None:
            self.cursor = batch.next_cursor

    @property
    def content(self) -> dict[str, tuple[str, int]]:
        return {name: row for name, row in self.rows.items() if name not in self.removed}


def truth(bank: PracticeBank, link: Link) -> dict[str, tuple[str, int]]:
    return {
        str(line["id"]): (str(line["id_account"]), int(Decimal(line["value"]).scaleb(2)))
        for line in bank.truth(link)
        if not line["deleted"]
    }


def fetch(
    bank: PracticeBank,
    link: Link,
    accounts: Sequence[AccountRef],
    cursor: str | None = None,
    window: FetchWindow = ALWAYS,
) -> list[Batch]:
    return list(
        bank.connector.call(
            "fetch_transactions", link=link, accounts=accounts, cursor=cursor, window=window
        )
    )
