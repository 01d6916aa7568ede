"""The walls in the database and in the lease, and what each keeps out (I2, I5, I7).

Each story is told with every wall in place, with one taken out, and with all of them taken out:
only then is there damage, and the checker sees it.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from cardsync_sdk.testing.adversity.acts import Ends, NextDay, Sync
from cardsync_sdk.testing.adversity.setting import STABLE, Order, Serving
from cardsync_sdk.testing.adversity.steps import Buy, Serve
from tests.support.judge import misses_now
from tests.support.told_story import Overtake, Story
from tests.support.walls import drop_constraint
from webapp.domain.planning import RowOutcome
from webapp.storage.database import Database
from webapp.sync import apply, settling
from webapp.sync.state import Tally

ONE_KEY = "uq_bank_transaction_account_identity_id_identity_key"
COUNTS = "ck_sync_run_counts_add_up"


def not_asked(*_any: object) -> None:
    """Stand where the fence was checked."""


@pytest.mark.parametrize(
    ("fence", "unique", "doubled"),
    [(True, True, 0), (False, True, 0), (True, False, 0), (False, False, 1)],
    ids=["all walls", "no fence", "no unique key", "neither"],
)
def test_I2_I5_two_workers_at_once_double_nothing_while_one_wall_stands(
    fence: bool,
    unique: bool,
    doubled: int,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not unique:
        drop_constraint(database, "bank_transaction", ONE_KEY)
    story = Story(database, tmp_path, STABLE)
    for step in (Buy("coffee"), Sync(), NextDay(), Buy("equal coffee")):
        story.take(step)
    if not fence:
        for module in (apply, settling):
            monkeypatch.setattr(module, "renew", not_asked)
    # The equal coffee waits for the end of its walk; meanwhile another worker stores it.
    story.take(Serve(Serving(page_size=1, order=Order.NEWEST, vouches=False)))
    story.take(Overtake())
    story.take(Sync(Ends.ANY))

    misses = misses_now(story.player, in_the_end=True)
    assert len(misses) == doubled
    assert all(miss.startswith("doubled: equal coffee") for miss in misses)


def swallow_one(self: Tally, outcomes: Iterable[RowOutcome]) -> None:
    """Count the rows, but of their fates all except the first."""
    fates = [outcome.fate for outcome in outcomes]
    self.outcomes += len(fates)
    for fate in fates[1:]:
        self.counts[fate] = self.counts.get(fate, 0) + 1


@pytest.mark.parametrize("checked", [True, False], ids=["with the check", "without"])
def test_I7_a_fate_that_is_swallowed_is_refused_by_the_database_or_seen_by_the_checker(
    checked: bool, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not checked:
        drop_constraint(database, "sync_run", COUNTS)
    story = Story(database, tmp_path, STABLE)
    for step in (Buy("lunch"), Buy("taxi", "-31.00")):
        story.take(step)
    with monkeypatch.context() as damaged:
        damaged.setattr(Tally, "add", swallow_one)
        story.take(Sync(Ends.ANY))
    misses = misses_now(story.player, in_the_end=True)
    if checked:
        # Nothing of the batch was written, and no mark moved: the next sync brings it all.
        assert misses == ["lost: lunch", "lost: taxi"]
        story.settle()
    else:
        assert misses == [
            "counts: 2 rows seen, 1 have a fate",
            "counts: the run says {'new': 1}, its rows say {'new': 2}",
        ]


def test_a_wall_is_not_taken_out_by_a_wrong_name(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with pytest.raises(LookupError, match="no constraint"):
        drop_constraint(database, "sync_run", "ck_sync_run_of_another_name")
    database.dispose()
