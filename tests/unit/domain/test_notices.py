"""Who is told of a feed that fails, and how often: one failure, one notice, one "works again"."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.freshness import Trouble
from webapp.domain.notices import GATHER, QUIET, STALE, Open, Turn, again_at, send_at, turn

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)
BROKEN = Open(Trouble.NEEDS_USER, BEFORE)


@pytest.mark.parametrize(
    ("episode", "trouble", "last_ok", "stopped", "follows"),
    [
        pytest.param(None, None, BEFORE, False, Turn.NOTHING, id="all is well"),
        pytest.param(None, Trouble.LATE, BEFORE, False, Turn.BEGIN, id="it becomes late"),
        pytest.param(BROKEN, Trouble.NEEDS_USER, BEFORE, False, Turn.NOTHING, id="fails again"),
        pytest.param(BROKEN, Trouble.REJECTED, BEFORE, False, Turn.CHANGE, id="fails otherwise"),
        pytest.param(BROKEN, None, BEFORE, False, Turn.NOTHING, id="connected, no success yet"),
        pytest.param(BROKEN, None, NOW, False, Turn.MEND, id="a success"),
        pytest.param(BROKEN, None, BEFORE, True, Turn.STOP, id="stopped on purpose"),
        pytest.param(Open(Trouble.LATE, None), None, NOW, False, Turn.MEND, id="the first success"),
    ],
)
def test_R24_what_follows_from_how_a_feed_stands(
    episode: Open | None,
    trouble: Trouble | None,
    last_ok: datetime | None,
    stopped: bool,
    follows: Turn,
) -> None:
    assert turn(episode, trouble, last_ok, stopped=stopped) is follows


class Ledger:
    """Plays one interface: remembers its episode and counts what is told."""

    def __init__(self) -> None:
        self.open: Open | None = None
        self.told: list[str] = []

    def see(self, trouble: Trouble | None, last_ok: datetime | None) -> None:
        """Follow one end of a run."""
        match turn(self.open, trouble, last_ok):
            case Turn.BEGIN:
                assert trouble is not None
                self.open = Open(trouble, last_ok)
                self.told.append("failing")
            case Turn.CHANGE:
                assert trouble is not None
                assert self.open is not None
                self.open = Open(trouble, self.open.ok_before)
            case Turn.MEND:
                self.open = None
                self.told.append("mended")


ends = st.lists(st.sampled_from(["ok", "passing", *Trouble]), max_size=40)


@given(ends)
def test_R24_each_episode_is_told_once_and_ends_with_one_works_again(script: list[str]) -> None:
    """For any sequence of run ends: failing and mended take turns, and a success ends it."""
    ledger, last_ok, at = Ledger(), None, NOW
    for end in script:
        at += timedelta(hours=1)
        if end == "ok":
            last_ok = at
        trouble = Trouble(end) if end in list(Trouble) else None
        ledger.see(trouble, last_ok)
        if end == "ok":
            assert ledger.open is None

    assert ledger.told == ["failing", "mended"] * (len(ledger.told) // 2) + ["failing"] * (
        ledger.open is not None
    )


@pytest.mark.parametrize(
    ("last_sent", "wait"),
    [
        pytest.param(None, GATHER, id="what fails meanwhile goes along"),
        pytest.param(NOW - timedelta(days=1), GATHER, id="not written to lately"),
        pytest.param(NOW - timedelta(minutes=10), QUIET - timedelta(minutes=10), id="just now"),
    ],
)
def test_nobody_is_flooded(last_sent: datetime | None, wait: timedelta) -> None:
    assert send_at(NOW, last_sent) == NOW + wait


def test_a_message_is_tried_ever_less_often_until_it_is_stale() -> None:
    waits = [again_at(NOW, attempts) - NOW for attempts in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] < STALE
