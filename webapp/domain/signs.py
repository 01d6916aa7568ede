"""Purchases that come as income: a source that turned its signs round is not believed."""

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
