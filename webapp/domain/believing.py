"""Batches that are not believed: most signs turned round, or most rows unreadable."""

from collections.abc import Mapping, Sequence
from typing import Final

from webapp.domain.planning import KeyedRow, Known

# One row may be corrected from a purchase to a refund; these many at once are a misreading.
AT_ONCE: Final = 3


class SignsFlipped(Exception):
    """The source shows known amounts with the other sign; nothing of the batch is taken."""


def check_signs(rows: Sequence[KeyedRow], known: Mapping[str, Known]) -> None:
    """Refuse a batch in which most of the known amounts have changed their sign.

    :raises SignsFlipped: naming how many; new rows of such a batch would be booked wrongly.
    """
    held = [
        (one.row.amount.minor, before.amount_minor)
        for one in rows
        if (before := known.get(one.key)) is not None and before.amount_minor
    ]
    flipped = sum(now == -was for now, was in held if was is not None)
    if flipped >= AT_ONCE and 2 * flipped >= len(held):
        raise SignsFlipped(f"{flipped} of {len(held)} known amounts came with the other sign")


class Unreadable(Exception):
    """The connector cannot read most of what the source gives; nothing of the batch is taken."""


def check_readable(rejected: int, rows: int) -> None:
    """Refuse a batch most of whose rows cannot be read; single ones are quarantined (C13, C14).

    :param rows: how many could be read.
    :raises Unreadable: naming how many.
    """
    if rejected >= AT_ONCE and rejected > rows:
        raise Unreadable(f"{rejected} of {rejected + rows} rows cannot be read")
