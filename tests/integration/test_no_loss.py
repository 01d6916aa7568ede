"""For any script of failures the stored set ends as the bank's set (R25, I1, I2)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cardsync_sdk import IdTrait, SourceUnavailable
from tests.support.databases import SqliteTemplate
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, make_world
from webapp.domain.interfaces import Outcome
from webapp.jobs.queue import TimeIsUp
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.runs import SyncRun

DAY = date(2026, 3, 18)

trouble = st.sampled_from([SourceUnavailable("cut"), ZeroDivisionError("bug"), TimeIsUp("killed")])
# The trouble that strikes before the n-th page ever served.
scripts = st.dictionaries(st.integers(1, 12), trouble, max_size=6)


class Saboteur:
    """Raises what the script says before a page; counts pages over all runs."""

    def __init__(self, script: dict[int, BaseException]) -> None:
        self.script = script
        self.pages = 0

    def __call__(self, _page: int) -> None:
        self.pages += 1
        if error := self.script.get(self.pages):
            raise error


def sync_until_good(world: World) -> None:
    """Let business time pass each retry; a killed worker's lease is made to run out."""
    now = datetime(DAY.year, DAY.month, DAY.day, 5, tzinfo=UTC)
    while world.interface().last_ok_at is None:
        now += timedelta(hours=5)
        try:
            world.sync(now.date(), now.hour)
        except TimeIsUp:
            world.change(
                Interface, world.interface_id, lease_until=datetime(2020, 1, 1, tzinfo=UTC)
            )


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amounts=st.lists(st.sampled_from([-100, -200]), min_size=1, max_size=6),
    page_size=st.integers(1, 3),
    trusted=st.booleans(),
    script=scripts,
)
def test_R25_I1_I2_for_any_script_of_failures_nothing_is_lost_and_nothing_doubled(
    sqlite_template: SqliteTemplate,
    tmp_path_factory: pytest.TempPathFactory,
    amounts: list[int],
    page_size: int,
    trusted: bool,
    script: dict[int, BaseException],
) -> None:
    bank = ScriptedBank(
        [purchase(str(n) if trusted else None, amount) for n, amount in enumerate(amounts)],
        page_size=page_size,
        traits=frozenset({IdTrait.STABLE if trusted else IdTrait.NONE}),
        before_page=Saboteur(script),
    )
    folder: Path = tmp_path_factory.mktemp("example")
    database = Database(sqlite_template.create(folder))
    world = make_world(database, bank.connector())

    sync_until_good(world)

    assert sorted(row.amount_minor for row in world.transactions()) == sorted(amounts)
    assert len(world.expenses()) == len(amounts)
    with database.read() as session:
        runs = session.exec(select(SyncRun)).all()
    assert all(run.outcome != Outcome.RUNNING for run in runs)
    database.dispose()
