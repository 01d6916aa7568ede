"""A sync that dies at every point there is, and one whose disk is full (F10, F12; I1 to I7).

Each time a good run follows: nothing may be lost, nothing doubled, and all counts add up.
"""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from cardsync_sdk.types import IdTrait
from tests.support.crashing import CRASHED, FAILED, NOW, bank_of, crash_at, fill_disk_at, log_of
from tests.support.world import World, make_world
from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import Interface
from webapp.storage.runs import RowFate, SyncRun, counts_of
from webapp.storage.transactions import BankTransaction

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROWS = 5
# Steps that every sync of three pages has at least: fetches, and commits of claim, pages, end.
LEAST_STEPS = 3 + 2 * 5


def take_up(world: World) -> None:
    """Have the next worker sync once the lease of the dead one has run out."""
    if world.interface().lease_until is not None:
        world.change(Interface, world.interface_id, lease_until=LONG_AGO)
    due = world.interface().next_due_at
    assert due is not None
    world.sync_at(max(due, NOW))


def amounts(world: World) -> list[int]:
    """Return the amounts stored for this world, sorted."""
    with world.database.read() as session:
        query = select(BankTransaction.amount_minor).where(
            BankTransaction.account_id == world.account_id
        )
        return sorted(session.exec(query))


def check(world: World) -> None:
    """Say that everything is there once, has its expense, and is accounted for."""
    assert amounts(world) == sorted(row.amount.minor for row in bank_of(IdTrait.NONE).rows)
    with world.database.read() as session:
        made = session.exec(select(Expense).where(Expense.account_id == world.account_id)).all()
        assert len(made) == ROWS
        query = select(SyncRun).where(SyncRun.interface_id == world.interface_id)
        runs = session.exec(query.order_by(col(SyncRun.started_at), col(SyncRun.id))).all()
        born = 0
        for run in runs:
            counts = counts_of(run)
            fates = session.exec(select(RowFate.fate).where(RowFate.run_id == run.id)).all()
            assert run.outcome != Outcome.RUNNING
            assert run.rows_seen == sum(counts.values()) == len(fates)
            born += counts[Fate.NEW]
        assert born == ROWS
        assert runs[-1].outcome == Outcome.OK
        assert sum(run.expenses_made for run in runs) == ROWS


@pytest.mark.parametrize("trait", [IdTrait.STABLE, IdTrait.NONE])
def test_F10_a_sync_may_die_at_any_step(database: Database, trait: IdTrait) -> None:
    step, code = 0, CRASHED
    while code == CRASHED:
        step += 1
        world = make_world(database, bank_of(trait).connector())
        url = database.engine.url.render_as_string(hide_password=False)
        code = crash_at(step, url, world.interface_id, trait) or 0
        due = world.interface().next_due_at
        if due is not None and due <= NOW:
            take_up(world)
        check(world)
    assert code == 0
    assert step > LEAST_STEPS


@pytest.mark.parametrize("room", [0, 8_192, 32_768, 65_536, 131_072, 196_608])
def test_F12_a_full_disk_leaves_whole_pages_and_recovers(sqlite_url: str, room: int) -> None:
    database = Database(sqlite_url)
    world = make_world(database, bank_of(IdTrait.STABLE).connector())
    limit = log_of(sqlite_url).stat().st_size + room
    assert fill_disk_at(limit, sqlite_url, world.interface_id, IdTrait.STABLE) == FAILED
    assert len(amounts(world)) in (0, 2, 4, ROWS)
    with database.read() as session:
        assert session.connection().execute(text("PRAGMA integrity_check")).scalar_one() == "ok"

    take_up(world)
    check(world)
    database.dispose()
