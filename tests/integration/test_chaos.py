"""Chaos: real processes under random faults, and what happens with a wall taken out (I1, I2, I5).

``make chaos`` plays the same for ten minutes.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chaos.bench import Bench
from tests.support.chaos.overtaken import overtaken
from tests.support.chaos.play import play
from tests.support.chaos.table import lines
from tests.support.scratch import scratch_folder
from webapp.storage.database import Database

SECONDS = 30
SEED = 1
# A storm with all the machine's noise around it has two cores at most: never two at a time.
pytestmark = pytest.mark.xdist_group("chaos")


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as folder:
        yield folder


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_R25_I1_I2_I5_after_a_storm_nothing_is_lost_doubled_or_stale(
    kind: str, folder: Path
) -> None:
    report = play(kind, folder, seconds=SECONDS, seed=SEED)
    told = "\n".join([*lines(report), *report.damage.wrong, *report.damage.examples])

    assert report.caught_up_after is not None, told
    assert report.damage.none, told
    # A storm that hardly blew proves nothing.
    assert report.faults.total() > 10 and report.outcomes["interrupted"] > 0, told
    assert report.damage.rows > 0 and report.answered > 0, told


@pytest.mark.parametrize(
    ("fence", "unique", "stale", "doubled"),
    [
        pytest.param(True, True, False, False, id="all walls"),
        pytest.param(False, True, True, False, id="no fence"),
        pytest.param(True, False, False, False, id="no unique key"),
        pytest.param(False, False, True, True, id="neither"),
    ],
)
def test_F05_I5_a_worker_that_wakes_late_does_damage_only_without_the_walls(
    database: Database,
    redis_url: str,
    folder: Path,
    fence: bool,
    unique: bool,
    stale: bool,
    doubled: bool,
) -> None:
    """The fence alone keeps its writes out; the unique key alone keeps the double out."""
    bench = Bench(folder, database, redis_url)
    try:
        damage, fenced_off = overtaken(bench, fence=fence, unique=unique)
    finally:
        bench.close()

    assert fenced_off == (1 if fence else 0)
    assert (damage.stale > 0, damage.doubled > 0) == (stale, doubled), damage
    assert damage.missing == 0
    assert damage.none == fence, damage
