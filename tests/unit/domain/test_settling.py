"""Once a walk is whole, each held row is known, new, asked about or kept out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import FetchedTransaction, IdTrait, Money
from webapp.domain.likeness import Candidate, Policy
from webapp.domain.planning import KeyedRow, Known
from webapp.domain.questions import Doubt
from webapp.domain.settling import HeldBack, Settled, settle

DAY = date(2026, 3, 16)
RENAMES = Policy("bank", frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_BOOKING}))
STABLE = Policy("bank", frozenset({IdTrait.STABLE}))


def row(name: str, minor: int = -250, day: int = 0, memo: str = "CAFE") -> HeldBack:
    fetched = FetchedTransaction(
        account_ref="card",
        amount=Money(minor, "EUR"),
        memo=memo,
        purchased_on=DAY + timedelta(days=day),
        booked_on=DAY + timedelta(days=day),
        external_id=name,
    )
    return HeldBack(KeyedRow(fetched, f"bank:{name}", 1))


def hold(
    name: str, minor: int = -250, day: int = 0, memo: str = "CAFE", *, worked: bool = False
) -> Candidate:
    known = Known(name, f"bank:{name}", "announced", "content", name, minor)
    return Candidate(known, DAY + timedelta(days=day), None, "EUR", memo, "bank", worked=worked)


def booked(name: str, minor: int = -250, day: int = 0, memo: str = "CAFE") -> Candidate:
    one = hold(name, minor, day, memo)
    known = replace(one.known, status="booked")
    return replace(one, known=known, booked_on=one.day)


def decide(
    rows: Sequence[HeldBack],
    candidates: Sequence[Candidate],
    policy: Policy = RENAMES,
    *,
    gone: bool = True,
    new_rows: int = 0,
) -> Settled:
    return settle(rows, candidates, policy, gone=lambda _one: gone, new_rows=new_rows)


def pairs(settled: Settled) -> dict[str, str]:
    return {key.partition(":")[2]: one.known.id for key, one in settled.adopted.items()}


@pytest.mark.parametrize(
    ("rows", "holds", "expected"),
    [
        pytest.param([row("b")], [hold("a")], {"b": "a"}, id="A02 the only one"),
        pytest.param(
            [row("b1"), row("b2", day=1)],
            [hold("a2", day=1), hold("a1")],
            {"b1": "a1", "b2": "a2"},
            id="two days, each its own",
        ),
        pytest.param(
            [row("b1"), row("b2")],
            [hold("a1"), hold("a2")],
            {"b1": "a1", "b2": "a2"},
            id="equal twins are interchangeable",
        ),
        pytest.param(
            [row("b")],
            [hold("a1"), hold("a2", worked=True)],
            {"b": "a2"},
            id="the worked one stays",
        ),
        pytest.param([row("b", -990)], [hold("a")], {}, id="another amount is not adopted"),
    ],
)
def test_held_rows_are_what_they_are_nearest_to(
    rows: list[HeldBack], holds: list[Candidate], expected: dict[str, str]
) -> None:
    assert pairs(decide(rows, holds)) == expected


def test_I11_where_several_fit_a_person_is_asked() -> None:
    settled = decide([row("b")], [hold("a1", memo="CAFE LYON"), hold("a2", memo="CAFE NICE")])
    assert settled.adopted == {}
    assert [one.doubt for one in settled.asked] == [Doubt.SEVERAL_FIT]
    assert [one.key for one in settled.fresh] == ["bank:b"]


def test_a_hold_that_nobody_says_is_gone_is_asked_about() -> None:
    settled = decide([row("b", day=1)], [hold("a")], gone=False)
    assert [one.doubt for one in settled.asked] == [Doubt.STILL_SHOWN]
    assert pairs(decide([row("b")], [hold("a")], gone=False)) == {"b": "a"}
    assert decide([row("b", -200)], [hold("a")], gone=False).asked == []


def equal(count: int, policy: Policy = STABLE, **options: object) -> Settled:
    rows = [row(f"new{n}", day=n) for n in range(count)]
    known = [booked(f"old{n}", day=n) for n in range(count)]
    return decide(rows, known, policy, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "options", "stops"),
    [
        pytest.param(2, {}, False, id="two: people buy the same twice"),
        pytest.param(3, {}, True, id="three, and their ids are gone"),
        pytest.param(3, {"new_rows": 4}, False, id="three among many new ones"),
        pytest.param(4, {"gone": False}, False, id="four, and nobody says they are gone"),
        pytest.param(5, {"gone": False}, True, id="five, and nothing else is new"),
    ],
)
def test_C16_a_flood_of_new_ids_is_kept_out(
    count: int, options: dict[str, object], stops: bool
) -> None:
    settled = equal(count, **options)
    assert len(settled.stopped) == (count if stops else 0)
    assert len(settled.fresh) == (0 if stops else count)


def test_ids_proved_to_wander_leave_the_decision_to_the_content() -> None:
    """Ids that are numbers of lines: each names the purchase before it once a new one comes."""
    taxi, lunch = booked("1", -990, memo="TAXI"), booked("2", -1400, memo="LUNCH")
    rows = [
        HeldBack(replace(row("1", -500, memo="BOOKS").keyed, key="bank:1#a"), taxi),
        HeldBack(replace(row("2", -990, memo="TAXI").keyed, key="bank:2#b"), lunch),
        row("3", -1400, memo="LUNCH"),
    ]
    settled = decide(rows, [taxi, lunch], STABLE, gone=False)
    assert {key: one.known.id for key, one in settled.adopted.items()} == {
        "bank:2#b": "1",
        "bank:3": "2",
    }
    assert [one.key for one in settled.fresh] == ["bank:1#a"]


amounts = st.integers(-3, -1)
held_rows = st.lists(st.tuples(amounts, st.integers(0, 2), st.sampled_from(["CAFE", "TAXI"])))
names = st.booleans()


@given(held_rows, held_rows, st.booleans(), st.sampled_from([RENAMES, STABLE]))
def test_always_each_row_ends_once_and_each_transaction_stands_for_one_at_most(
    new: list[tuple[int, int, str]],
    old: list[tuple[int, int, str]],
    gone: bool,
    policy: Policy,
) -> None:
    rows = [row(f"n{number}", *one) for number, one in enumerate(new)]
    candidates = [hold(f"o{number}", *one) for number, one in enumerate(old)]
    settled = decide(rows, candidates, policy, gone=gone)
    ends = [*settled.adopted, *(one.key for one in settled.fresh)]
    ends += [keyed.key for keyed, _one in settled.stopped]
    assert sorted(ends) == sorted(one.keyed.key for one in rows)
    used = [one.known.id for one in settled.adopted.values()]
    used += [one.candidate.known.id for one in settled.asked]
    assert len(used) == len(set(used))
    assert {one.keyed.key for one in settled.asked} <= {one.key for one in settled.fresh}
