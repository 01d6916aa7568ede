"""The guided path to automatic bank sync: which step is next, from what is stored (R59, R61).

Nothing of the path itself is kept: closed half way and opened again, it goes on where it stood.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps, in their order."""

    INFORM = "inform"
    BANKS = "banks"
    ACCOUNTS = "accounts"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Connection:
    """One interface as the path sees it.

    :param finished: the bank's identifiers were given at the partner, so that it can be fetched.
    :param syncing: a sync is planned, or under way.
    :param accounts: what it shares. :param ready: how many of them have a holder and a mode.
    """

    finished: bool
    syncing: bool
    accounts: int
    ready: int


def next_step(connections: Sequence[Connection], *, set_out: bool) -> Step:
    """Return the step to go on with.

    :param set_out: somebody left for the partner's page and has not come back yet.
    """
    live = [one for one in connections if not one.finished or one.accounts]
    if not live:
        return Step.BANKS if set_out else Step.INFORM
    if not any(one.finished for one in live):
        return Step.BANKS
    if any(one.ready < one.accounts for one in live):
        return Step.ACCOUNTS
    return Step.DONE


def is_on(connections: Sequence[Connection]) -> bool:
    """Say whether anything is synchronised by itself."""
    return any(one.syncing and one.accounts for one in connections)
