"""The files of receipts: kept in a folder of the installation, under ids of ours.

A file is whole on the disk before a row names it, and a row is gone before its file is: whatever
stops in between, no row ever names a missing file.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from webapp.domain.receipts import MediaType, clean_receipt
from webapp.storage.columns import new_id
from webapp.storage.expenses import Receipt
from webapp.storage.whole_files import discard, write_whole

# A decoded photo takes up to some hundred megabytes: one at a time in each process.
_DECODING = threading.Lock()


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file on the disk that no row names yet."""

    id: str
    media_type: MediaType
    size: int
    sha256: str


class ReceiptStore:
    """The folder in which one installation keeps its receipts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, content: bytes) -> KeptFile:
        """Clean what a person handed in and write it down, safe from a power cut.

        :raises ReceiptRefused: naming the reason; nothing is written then.
        """
        with _DECODING:
            receipt = clean_receipt(content)
        file_id = new_id()
        write_whole(self.path(file_id), receipt.content)
        return KeptFile(file_id, receipt.media_type, len(receipt.content), receipt.sha256)

    def path(self, file_id: str) -> Path:
        """Return where the file ``file_id`` lies, spread over folders by its random end.

        :raises ValueError: if it is no id of ours, so that no id ever leads out of the folder.
        """
        if not (file_id.isascii() and file_id.isalnum()):
            raise ValueError("not an id of a receipt")
        return self.folder / file_id[-2:] / file_id

    def discard(self, file_ids: Iterable[str]) -> None:
        """Delete files that no row names; one that cannot be deleted stops nothing."""
        discard(self.path(file_id) for file_id in file_ids)


def find(session: Session, receipt_id: str, entities: frozenset[str]) -> Receipt | None:
    """Return a receipt of one of ``entities``, whoever's it is: the page checks the holder."""
    query = select(Receipt).where(
        Receipt.id == receipt_id, col(Receipt.legal_entity_id).in_(entities)
    )
    return session.exec(query).one_or_none()


def of_expense(session: Session, expense_id: str) -> list[Receipt]:
    """Return the receipts of an expense, the oldest first."""
    query = select(Receipt).where(Receipt.expense_id == expense_id).order_by(col(Receipt.id))
    return list(session.exec(query))


def of_expenses(session: Session, expense_ids: Sequence[str]) -> dict[str, list[Receipt]]:
    """Return the receipts of several expenses by the expense's id, the oldest first."""
    query = select(Receipt).where(col(Receipt.expense_id).in_(expense_ids))
    found: dict[str, list[Receipt]] = {}
    for receipt in session.exec(query.order_by(col(Receipt.id))):
        found.setdefault(receipt.expense_id, []).append(receipt)
    return found
