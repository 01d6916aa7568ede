"""Whose turn it is: which of the interfaces that are due a worker takes next. Pure.

People who wait come first; then the groups in turn, so that one with thousands of interfaces does
not keep another's single one waiting; and no source is asked by more at once than it bears.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Of the seats of a worker, one group never takes the last quarter from the others.
SHARE_OF_A_GROUP = 0.75


@dataclass(frozen=True, slots=True)
class Due:
    """An interface that is due and free.

    ``awaited``: a person waits for it. ``alone``: its last run ended without a word, so it runs in
    a process of its own.
    """

    interface_id: str
    legal_entity_id: str
    group_id: str
    connector: str
    awaited: bool = False
    alone: bool = False


def share_of(seats: int, groups: int) -> int:
    """Return how many of a worker's seats one group may hold, where there are ``groups``."""
    return seats if groups < 2 else max(1, int(seats * SHARE_OF_A_GROUP))


def take_turns(
    due: Sequence[Due],
    *,
    seats: int,
    share: int,
    held: Mapping[str, int],
    room: Mapping[str, int],
) -> list[Due]:
    """Return which of ``due`` to take now, in their order: people first, then the groups in turn.

    :param seats: how many can be taken at all.
    :param share: the most that one group may hold of this worker's seats; who is awaited is taken
        beyond it.
    :param held: seats held already, by group.
    :param room: how many more fetches each connector's source bears; one not named bears any.
    """
    left, holding = dict(room), dict(held)
    chosen: list[Due] = []
    for one in _in_turn(due):
        if len(chosen) == seats:
            break
        full = left.get(one.connector, 1) < 1
        greedy = holding.get(one.group_id, 0) >= share and not one.awaited
        if full or greedy:
            continue
        chosen.append(one)
        holding[one.group_id] = holding.get(one.group_id, 0) + 1
        if one.connector in left:
            left[one.connector] -= 1
    return chosen


def _in_turn(due: Sequence[Due]) -> list[Due]:
    """Order by: awaited, then the first of each group, the second of each, and so on."""
    number: dict[str, int] = {}
    ranked: list[tuple[bool, int, int, Due]] = []
    for place, one in enumerate(due):
        rank = number[one.group_id] = number.get(one.group_id, 0) + 1
        ranked.append((not one.awaited, 0 if one.awaited else rank, place, one))
    return [one for *_key, one in sorted(ranked, key=lambda entry: entry[:3])]
