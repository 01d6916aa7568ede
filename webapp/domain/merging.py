"""What becomes of the expenses of two transactions that are one purchase (I3, I11, A29).

People's work is never lost and never moved by guess: whatever cannot be kept by a rule is refused,
with the reason, before anything is written.
"""

from dataclasses import dataclass
from enum import StrEnum

from webapp.domain.expenses import COMMENT_MAX, NOTE_MAX, ExpenseStatus


class MergeRefusal(StrEnum):
    """Why two transactions are not made one, or not parted again.

    ``SETTLED``: one of them is merged with another already. ``TOTAL``: one is a monthly total and
    the other a purchase. ``CONTRADICTION``: one is said to be no expense, and somebody worked on
    the other. ``TOO_LONG``: the two comments do not fit into one. ``LATER_MERGE``: another row was
    merged into the same one after it, and must be parted first.
    """

    SAME_ROW = "same_row"
    SETTLED = "settled"
    OTHER_ENTITY = "other_entity"
    TOTAL = "total"
    BOTH_LOCKED = "both_locked"
    CONTRADICTION = "contradiction"
    TOO_LONG = "too_long"
    NOT_MERGED = "not_merged"
    LATER_MERGE = "later_merge"


class MergeRefused(Exception):
    """Two transactions are not merged or parted; ``why`` says why. Nothing was changed."""

    def __init__(self, why: MergeRefusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Work:
    """What people did with an expense; ``note``: why it is none."""

    status: ExpenseStatus = ExpenseStatus.TO_COMPLETE
    category_id: str | None = None
    comment: str = ""
    receipts: int = 0
    locked: bool = False
    version: int = 1
    note: str = ""

    @property
    def untouched(self) -> bool:
        """Say whether nobody has done anything with it: it may go without a loss."""
        fresh = self.status is ExpenseStatus.TO_COMPLETE and self.version == 1
        return fresh and not (self.locked or self.category_id or self.comment or self.receipts)


class Survivor(StrEnum):
    """Whose expense becomes that of the one purchase."""

    STAYS = "stays"
    GOES = "goes"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The expense that survives and what it says then; receipts of both are its receipts."""

    survivor: Survivor | None = None
    category_id: str | None = None
    comment: str = ""
    note: str = ""


def settle(stays: Work | None, goes: Work | None) -> Settlement:
    """Decide which expense survives, and what of the other it takes over.

    A locked one says what it said when its report was submitted (I12): it takes receipts only.

    :raises MergeRefused: if some work of a person would be lost or overruled.
    """
    survivor = _survivor(stays, goes)
    kept, other = (stays, goes) if survivor is Survivor.STAYS else (goes, stays)
    if survivor is None or kept is None:
        return Settlement()
    if kept.locked or other is None or other.untouched:
        return Settlement(survivor, kept.category_id, kept.comment, kept.note)
    return Settlement(
        survivor,
        kept.category_id or other.category_id,
        joined(kept.comment, other.comment, COMMENT_MAX),
        joined(kept.note, other.note, NOTE_MAX),
    )


def _survivor(stays: Work | None, goes: Work | None) -> Survivor | None:
    if stays is None or goes is None:
        found = {Survivor.STAYS: stays, Survivor.GOES: goes}
        return next((which for which, work in found.items() if work is not None), None)
    if stays.locked and goes.locked:
        raise MergeRefused(MergeRefusal.BOTH_LOCKED)
    if goes.untouched:
        return Survivor.STAYS
    if stays.untouched:
        return Survivor.GOES
    none = ExpenseStatus.NOT_EXPENSE
    if (stays.status is none) is not (goes.status is none):
        raise MergeRefused(MergeRefusal.CONTRADICTION)
    return Survivor.GOES if goes.locked else Survivor.STAYS


def joined(kept: str, other: str, limit: int) -> str:
    """Return two texts as one, neither twice.

    :raises MergeRefused: if that is longer than ``limit`` characters.
    """
    if not other or other in kept:
        return kept
    text = f"{kept}\n{other}" if kept else other
    if len(text) > limit:
        raise MergeRefused(MergeRefusal.TOO_LONG)
    return text
