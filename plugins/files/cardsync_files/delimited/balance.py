"""The balance column as proof: does the balance move by exactly the amounts?"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final


class Chain(StrEnum):
    """How balances follow each other in the file, row by row."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST_BEFORE = "oldest_first_before"
    NEWEST_FIRST_BEFORE = "newest_first_before"


# The balance after each row is what banks write; the balance before it is rare.
AFTER: Final = (Chain.OLDEST_FIRST, Chain.NEWEST_FIRST)
ALL: Final = tuple(Chain)
_BY_OWN_AMOUNT: Final = (Chain.OLDEST_FIRST, Chain.NEWEST_FIRST_BEFORE)
_UPWARDS: Final = (Chain.OLDEST_FIRST, Chain.OLDEST_FIRST_BEFORE)


def proven(
    amounts: Sequence[int | None], balances: Sequence[int | None], chains: Sequence[Chain] = AFTER
) -> Chain | None:
    """Return the chain in which the balances follow from ``amounts``, ``None`` if in none.

    All steps must fit, or four out of five where there are many: banks leave rows out.
    """
    known = [
        row
        for row in range(1, len(amounts))
        if balances[row] is not None and balances[row - 1] is not None
    ]
    for chain in chains if known else ():
        fitting = sum(fits(chain, amounts, balances, row) for row in known)
        if fitting == len(known) or (len(known) >= 5 and fitting * 5 >= len(known) * 4):
            return chain
    return None


def fits(
    chain: Chain, amounts: Sequence[int | None], balances: Sequence[int | None], row: int
) -> bool:
    """Say whether the balance moves as it must from the row before ``row`` to ``row``."""
    before, after = balances[row - 1], balances[row]
    moved = amounts[row if chain in _BY_OWN_AMOUNT else row - 1]
    if before is None or after is None or moved is None:
        return False
    return after - before == (moved if chain in _UPWARDS else -moved)


def chains_for(days: Sequence[date]) -> Sequence[Chain]:
    """Return the chains with the balance after each row that the order of the days allows.

    A balance before each row, read the other way round, looks like one after it with all signs
    turned: such a chain can prove which column is the balance, but never a sign.
    """
    rising = any(later > earlier for earlier, later in pairwise(days))
    falling = any(later < earlier for earlier, later in pairwise(days))
    if rising and not falling:
        return (Chain.OLDEST_FIRST,)
    if falling and not rising:
        return (Chain.NEWEST_FIRST,)
    return AFTER
