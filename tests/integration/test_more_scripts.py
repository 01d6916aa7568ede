"""More stories of the adversity bank's kinds hold too, on SQLite and on PostgreSQL (I1-I12)."""

from pathlib import Path

import pytest

from cardsync_sdk.testing.adversity.story import Script
from tests.support.more_scripts import MORE_SCRIPTS
from webapp.adversity.player import play
from webapp.storage.database import Database


@pytest.mark.parametrize("script", MORE_SCRIPTS, ids=lambda script: script.name)
def test_stories_of_other_numbers_hold_too(
    script: Script, database: Database, tmp_path: Path
) -> None:
    verdict = play(script, database, tmp_path)
    assert verdict.ok, "\n".join([script.story, *verdict.misses])


def test_there_are_stories_enough() -> None:
    assert len(MORE_SCRIPTS) >= 40
