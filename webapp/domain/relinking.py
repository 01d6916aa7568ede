"""Which row of a new link is which transaction of the one before, where ids were issued anew.

Day, exact amount and wording decide, each transaction for one row: two equal purchases stay two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from webapp.domain.planning import KeyedRow, Known
from webapp.domain.transactions import normal_memo


@dataclass(frozen=True, slots=True)
class Before:
    """A transaction as another link told it last; the amount is signed minor units."""

    known: Known
    day: date
    amount_minor: int
    currency: str
    memo: str


def found_again(before: Sequence[Before], unknown: Iterable[KeyedRow]) -> dict[str, Known]:
    """Return, by the key of each row told before, the transaction it is, under its new key.

    :param before: transactions that the present link has not told yet, the oldest first.
    :param unknown: rows whose key is not known, in the order they came.
    """
    left: dict[tuple[date, int, str, str], list[Before]] = {}
    for one in reversed(before):
        left.setdefault(
            (one.day, one.amount_minor, one.currency, normal_memo(one.memo)), []
        ).append(one)
    found: dict[str, Known] = {}
    for keyed in unknown:
        row = keyed.row
        same = left.get((row.day, row.amount.minor, row.amount.currency, normal_memo(row.memo)))
        if same and keyed.key not in found:
            found[keyed.key] = replace(same.pop().known, identity_key=keyed.key)
    return found
