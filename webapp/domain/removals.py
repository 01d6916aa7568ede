"""What a source gave whole days without: which transactions are gone, and whether to believe it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from webapp.domain.likeness import Candidate
from webapp.domain.transactions import is_content_key

# A bank takes a booked row back now and then; more than that, and half of the days' rows with it,
# is an answer cut short (C06, and providers that lose history for a night).
BOOKED_AT_ONCE: Final = 3


@dataclass(frozen=True, slots=True)
class Missing:
    """How many live transactions the days have, and how many booked ones of them are missing."""

    held: int
    booked: int


def believable(missing: Missing) -> bool:
    """Say whether so much may really be gone."""
    return missing.booked <= BOOKED_AT_ONCE or 2 * missing.booked <= missing.held


def victims(
    missing: Sequence[Candidate], shown: Sequence[Candidate]
) -> tuple[list[tuple[Candidate, Candidate]], list[Candidate]]:
    """Return which of equal rows without ids is gone: one that nobody has worked on (A10).

    Equal rows are numbered, so the last number is missing whichever the bank took back.

    :returns: pairs that change keys (the missing one that stays, the shown one that goes), and the
        transactions to cancel.
    """
    twins: dict[str, list[Candidate]] = {}
    for one in shown:
        if is_content_key(one.known.identity_key) and not one.worked:
            twins.setdefault(_content(one), []).append(one)
    swaps, gone = [], []
    for one in missing:
        untouched = twins.get(_content(one)) if one.worked else None
        if untouched:
            other = untouched.pop()
            swaps.append((one, other))
            gone.append(other)
        else:
            gone.append(one)
    return swaps, gone


def _content(one: Candidate) -> str:
    key = one.known.identity_key
    return key.rpartition(":")[0] if is_content_key(key) else key
