"""Hand a file in, the way the host does: through the loaded connector, to its last batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cardsync_files
from cardsync_sdk import (
    AccountRef,
    Batch,
    FetchedTransaction,
    FetchWindow,
    Link,
    Settings,
    TransactionStatus,
    Upload,
)
from cardsync_sdk.registry import load_connector

CONNECTOR = load_connector(cardsync_files)
ANY_DAY = FetchWindow(date(2026, 3, 1), date(2026, 3, 31))


@dataclass(frozen=True)
class Reading:
    """What came of a file."""

    batches: Sequence[Batch]

    @property
    def rows(self) -> list[FetchedTransaction]:
        """Return every row."""
        return [row for batch in self.batches for row in batch.transactions]

    @property
    def booked(self) -> list[FetchedTransaction]:
        """Return the rows that are posted."""
        return [row for row in self.rows if row.status is TransactionStatus.BOOKED]

    @property
    def minor(self) -> list[int]:
        """Return the amounts, signed, in minor units."""
        return [row.amount.minor for row in self.rows]

    @property
    def warnings(self) -> list[str]:
        """Return what the connector tells beside the rows."""
        return [words for batch in self.batches for words in batch.warnings]


def hand_in(
    path: Path, *, currency: str = "EUR", last4: str | None = None, name: str = "", **said: str
) -> Reading:
    """Read ``path`` as the statement of an account.

    :param name: what the person called the file. :param said: hints, as the settings of the link.
    :raises SourceRejected: as the connector does.
    """
    upload = Upload(id="upload-1", name=name or path.name, path=path)
    batches = CONNECTOR.call(
        "fetch_transactions",
        link=Link(ref="files", settings=Settings(said), upload=upload),
        accounts=(AccountRef("acc-1", currency, last4),),
        cursor=None,
        window=ANY_DAY,
    )
    return Reading(list(batches))
