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


def holds(
    chain: Chain, amounts: Sequence[int | None], balances: Sequence[int | None], row: int
) -> bool | None:
    """Say whether the step from the row before ``row`` to ``row`` fits; ``None`` if unknown."""
    before, after = balances[row - 1], balances[row]
    own, other = amounts[row], amounts[row - 1]
    if before is None or after is None or own is None or other is None:
        return None
    step = after - before
    moved = {
        Chain.OLDEST_FIRST: own,
        Chain.NEWEST_FIRST: -other,
        Chain.OLDEST_FIRST_BEFORE: other,
        Chain.NEWEST_FIRST_BEFORE: -own,
    }
    return step == moved[chain]


def proven(
    amounts: Sequence[int | None], balances: Sequence[int | None], chains: Sequence[Chain] = AFTER
) -> Chain | None:
    """Return the chain in which the balances follow from ``amounts``, ``None`` if in none.

    All steps must fit, or four out of five where there are many: banks leave rows out.
    """
    for chain in chains:
        steps = [holds(chain, amounts, balances, row) for row in range(1, len(amounts))]
        known = [step for step in steps if step is not None]
        if known and (all(known) or (len(known) >= 5 and sum(known) * 5 >= len(known) * 4)):
            return chain
    return None


def chains_for(days: Sequence[date]) -> Sequence[Chain]:
    """Return the chains with the balance after each row that the order of the days allows."""
    rising = any(later > earlier for earlier, later in pairwise(days))
    falling = any(later < earlier for earlier, later in pairwise(days))
    if rising and not falling:
        return (Chain.OLDEST_FIRST,)
    if falling and not rising:
        return (Chain.NEWEST_FIRST,)
    return AFTER
