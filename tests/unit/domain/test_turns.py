"""Whose turn it is: people first, the groups in turn, no source asked by more than it bears."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.turns import Due, share_of, take_turns

GROUPS = ["big", "small", "other"]
CONNECTORS = ["powens", "fuel"]


def due(
    number: int, group: str = "big", connector: str = "powens", *, awaited: bool = False
) -> Due:
    return Due(f"{group}-{number}", "entity", group, connector, awaited)


DUE = st.builds(
    due,
    st.integers(0, 10_000),
    st.sampled_from(GROUPS),
    st.sampled_from(CONNECTORS),
    awaited=st.booleans(),
)
LISTS = st.lists(DUE, max_size=60, unique_by=lambda one: one.interface_id)


def names(chosen: list[Due]) -> list[str]:
    return [one.interface_id for one in chosen]


def test_one_of_a_small_group_comes_with_the_first_of_a_big_one() -> None:
    many = [due(number) for number in range(5000)]
    chosen = take_turns([*many, due(1, "small")], seats=3, share=32, held={}, room={})
    assert names(chosen) == ["big-0", "small-1", "big-1"]


def test_who_is_awaited_comes_before_all_others() -> None:
    waiting = [*(due(number) for number in range(50)), due(99, awaited=True)]
    assert names(take_turns(waiting, seats=1, share=32, held={}, room={})) == ["big-99"]


def test_a_group_leaves_the_last_quarter_to_others_but_not_to_a_person_of_its_own() -> None:
    waiting = [due(number) for number in range(8)]
    held = {"big": 6}
    assert take_turns(waiting, seats=2, share=share_of(8, groups=2), held=held, room={}) == []
    asked = [*waiting, due(9, awaited=True)]
    chosen = take_turns(asked, seats=2, share=share_of(8, groups=2), held=held, room={})
    assert names(chosen) == ["big-9"]


def test_a_single_group_has_every_seat() -> None:
    assert share_of(8, groups=1) == 8


def test_a_source_that_bears_no_more_is_passed_over_for_others() -> None:
    waiting = [*(due(number) for number in range(5)), due(7, connector="fuel")]
    chosen = take_turns(waiting, seats=4, share=32, held={}, room={"powens": 1, "fuel": 5})
    assert names(chosen) == ["big-0", "big-7"]


@given(LISTS, st.integers(0, 40), st.integers(1, 40), st.integers(0, 10))
def test_whatever_is_due_the_limits_hold(
    waiting: list[Due], seats: int, share: int, room: int
) -> None:
    chosen = take_turns(waiting, seats=seats, share=share, held={}, room={"powens": room})
    assert len(chosen) <= seats
    assert len(set(names(chosen))) == len(chosen)
    assert sum(one.connector == "powens" for one in chosen) <= room
    greedy = Counter(one.group_id for one in chosen if not one.awaited)
    assert all(count <= share for count in greedy.values())


@given(LISTS, st.integers(1, 40))
def test_with_room_for_all_nobody_is_left_waiting_beside_a_free_seat(
    waiting: list[Due], seats: int
) -> None:
    chosen = take_turns(waiting, seats=seats, share=100, held={}, room={})
    assert len(chosen) == min(seats, len(waiting))
    left = [one for one in waiting if one not in chosen]
    if any(one.awaited for one in left):
        assert all(one.awaited for one in chosen)
