"""Control totals: the bank's balance beside what the transactions add up to (I8)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.totals import Movement, Standing, Told, Total, WhyNotKnown, compare

EPOCH = date(2026, 11, 9)


def day(number: int) -> date:
    """The n-th day of a fortnight."""
    return EPOCH + timedelta(days=number)


def at(number: int, hour: int = 6) -> datetime:
    on = day(number)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def told(number: int, minor: int) -> Told:
    """A balance told at six in the morning."""
    return Told(day(number), minor, at(number))


def moved(number: int, minor: int, known: int | None = None, hour: int = 5) -> Movement:
    """Booked on a day, and told before that day's balance unless said otherwise."""
    return Movement(day(number), minor, at(number if known is None else known, hour))


@pytest.mark.parametrize(
    ("balances", "why"),
    [((), WhyNotKnown.NO_BALANCE), ((told(1, 5000),), WhyNotKnown.ONE_BALANCE)],
)
def test_I8_without_two_balances_nothing_is_known(
    balances: Sequence[Told], why: WhyNotKnown
) -> None:
    assert compare(balances, [moved(1, -100)]) == Total(Standing.NOT_KNOWN, why)


@pytest.mark.parametrize(
    ("balances", "movements", "difference", "since"),
    [
        pytest.param([told(1, 0), told(3, 0)], [], 0, None, id="nothing moved"),
        pytest.param(
            [told(1, 5000), told(3, 3800)],
            [moved(1, -700), moved(2, -1000), moved(3, -200), moved(4, -50, known=5)],
            0,
            None,
            id="what was booked after the first day, up to the last",
        ),
        pytest.param([told(1, 5000), told(3, 1850)], [moved(2, -0)], -3150, 1, id="one is missing"),
        pytest.param(
            [told(1, 5000), told(3, 850)],
            [moved(1, -1000, hour=18)],
            -3150,
            1,
            id="one is missing, and another came after the first balance",
        ),
        pytest.param(
            [told(1, 5000), told(2, 4000), told(3, 850)],
            [moved(2, -1000)],
            -3150,
            2,
            id="since the last day on which they agreed",
        ),
        pytest.param(
            [told(1, 5000), told(2, 1850), told(3, 850)],
            [moved(2, -3150, known=4), moved(3, -1000)],
            0,
            None,
            id="it clears once what was missing is told",
        ),
        pytest.param(
            [told(1, 5000), told(2, 4100)],
            [moved(1, -900, known=1, hour=18)],
            0,
            None,
            id="booked on the first day after its balance was told",
        ),
        pytest.param(
            [told(1, 5000), told(3, 4100)],
            [moved(0, -900, known=2)],
            0,
            None,
            id="dated back by the bank",
        ),
        pytest.param(
            [told(1, 5000), told(3, 5000)],
            [moved(3, -900, known=3, hour=18)],
            0,
            None,
            id="booked on the last day after its balance was told",
        ),
        pytest.param(
            [told(1, 5000), told(3, 4000)],
            [moved(2, -1000), moved(2, -1000)],
            1000,
            1,
            id="one too many",
        ),
    ],
)
def test_I8_balance_and_transactions_agree_or_differ_by_so_much(
    balances: list[Told], movements: list[Movement], difference: int, since: int | None
) -> None:
    total = compare(balances, movements)
    assert total.difference == difference
    assert total.since == (None if since is None else day(since))
    assert total.standing is (Standing.DIFFERS if difference else Standing.AGREES)


moves = st.lists(
    st.tuples(st.integers(2, 12), st.integers(-5000, 5000).filter(bool)), min_size=1, max_size=12
)


@given(moves, st.integers(-100_000, 100_000), st.sets(st.integers(1, 13), min_size=2))
def test_I8_what_the_bank_booked_adds_up_from_any_day_to_any_day(
    script: list[tuple[int, int]], opening: int, days: set[int]
) -> None:
    movements = [moved(number, minor) for number, minor in script]
    balances = [
        told(number, opening + sum(minor for on, minor in script if on <= number))
        for number in sorted(days)
    ]
    assert compare(balances, movements).standing is Standing.AGREES


@given(moves, st.data())
def test_I8_a_transaction_that_is_lost_is_always_seen_and_by_how_much(
    script: list[tuple[int, int]], data: st.DataObject
) -> None:
    lost = data.draw(st.integers(0, len(script) - 1))
    held = [moved(on, minor) for number, (on, minor) in enumerate(script) if number != lost]
    balances = [
        told(number, sum(minor for on, minor in script if on <= number)) for number in range(1, 14)
    ]
    total = compare(balances, held)
    on, minor = script[lost]
    assert (total.standing, total.difference) == (Standing.DIFFERS, minor)
    assert total.since is not None
    assert total.since >= day(on - 1)
