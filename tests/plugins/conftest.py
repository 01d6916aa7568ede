"""Fixtures of the plugins' tests: a practice bank of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsync_sdk import http
from cardsync_sdk.http import Limits
from tests.support.practice_bank import PracticeBank, practice_bank


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PracticeBank]:
    """Run a practice bank on a clock that stands still until it is ticked."""
    monkeypatch.setattr(http, "DEFAULT_LIMITS", Limits(pause=0))
    with practice_bank(tmp_path / "practice") as opened:
        yield opened
