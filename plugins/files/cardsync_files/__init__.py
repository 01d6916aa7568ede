"""The files connector: statements that a person exported, read through the same contract as a bank.

A file is a link whose ``upload`` is set; the cursor it ends with is the upload's id. The whole file
is read and checked before its first row is handed over, so a bad line leaves nothing half-done. The
window is the host's business: every row of the file is given. Bank files carry no ids that can be
believed (``IdTrait.NONE``): content and occurrence tell equal rows apart, so export whole days.

``link.settings`` may hold what a file does not say about itself: ``date_order`` (``day_first`` or
``month_first``) and ``positive_is`` (``spend`` or ``income``).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cardsync_files.reading import read_upload
from cardsync_files.statement import refuse
from cardsync_sdk import (
    API_VERSION,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    IdTrait,
    Link,
    hookimpl,
)

_BATCH: Final = 1000


@hookimpl
def describe_connector() -> ConnectorInfo:
    """Introduce the files connector."""
    return ConnectorInfo(
        slug="files",
        label="Files",
        kind=ConnectorKind.FILES,
        api_version=API_VERSION,
        id_traits=frozenset({IdTrait.NONE}),
        reads_files=True,
        file_suffixes=(".ofx", ".qfx", ".csv", ".tsv", ".txt", ".jsonl"),
    )


@hookimpl
def fetch_transactions(link: Link, accounts: Sequence[AccountRef]) -> Iterator[Batch]:
    """Yield every transaction of the uploaded file, as rows of the one account it is for.

    The cursor is not looked at: a file handed in again is read again from its first line.

    :raises SourceRejected: before the first batch, if any line cannot be read for certain.
    """
    if link.upload is None:
        refuse("no_file", "there is no file to read: hand one in")
    if len(accounts) != 1:
        refuse("one_account", f"a file is imported into one account, not into {len(accounts)}")
    statement = read_upload(link.upload, accounts[0], link.settings)
    rows = statement.rows
    last = max(len(rows) - 1, 0) // _BATCH * _BATCH
    for start in range(0, last, _BATCH):
        yield Batch(transactions=rows[start : start + _BATCH])
    yield Batch(
        transactions=rows[last:],
        next_cursor=link.upload.id,
        complete=True,
        warnings=statement.warnings,
    )
