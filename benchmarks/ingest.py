"""How fast fetched batches become stored transactions and expenses, beside a yardstick.

The yardstick, in the same run: one bulk Core insert per table of exactly the rows the engine leaves
behind, with the same indexes, one database transaction per 1 000 rows. It decides nothing, so the
ratio is what our rules cost. CPU time and the ratio are the figures to trust; wall time swings.

Run with ``make bench``: on SQLite, and on a PostgreSQL of its own where one can be started.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import click
from sqlalchemy import insert, select

from cardsync_sdk import FetchedTransaction, Merchant, Money
from tests.support.databases import PostgresTemplate
from tests.support.postgres import running_postgres
from tests.support.scripted_bank import CARD, ScriptedBank
from tests.support.world import EPOCH, World, make_world
from webapp.domain.interfaces import ImportMode
from webapp.storage import migrate
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

MakeDatabase = Callable[[], AbstractContextManager[Database]]

PAGE = 1_000
NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)
# What a run writes, parents first.
WRITTEN = ("sync_run", "bank_transaction", "expense", "row_fate", "delivery", "coverage")
MERCHANTS = ("SNCF CONNECT", "TOTALENERGIES", "IBIS LYON", "CARREFOUR CITY", "UBER TRIP", "RATP")


@dataclass
class Timing:
    """Seconds of wall and CPU time."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed() -> Iterator[Timing]:
    """Measure a block."""
    timing = Timing()
    wall, cpu = time.perf_counter(), time.process_time()
    yield timing
    timing.wall, timing.cpu = time.perf_counter() - wall, time.process_time() - cpu


def make_rows(count: int) -> list[FetchedTransaction]:
    """Make ``count`` purchases over twelve months; about 1 % are in an identical same-day pair."""
    random = Random(7)  # the same data in every run
    rows: list[FetchedTransaction] = []
    for number in range(count):
        if rows and random.random() < 0.005:
            twin = rows[-1]
            day, amount, name = twin.day, twin.amount, twin.memo
        else:
            day = date(2025, 11, 20) + timedelta(days=random.randrange(365))
            amount = Money(-random.randrange(100, 30_000), "EUR")
            name = f"CARTE {day:%d%m%y} {random.choice(MERCHANTS)} {random.randrange(500)}"
        rows.append(
            FetchedTransaction(
                account_ref=CARD,
                amount=amount,
                memo=name,
                purchased_on=day,
                booked_on=day + timedelta(days=1),
                external_id=str(900_000_000 + number),
                label=name[13:].title(),
                merchant=Merchant(name=name[13:]),
                card_last4="4821",
                raw={"id": 900_000_000 + number, "wording": name, "value": str(amount.decimal)},
            )
        )
    return rows


def build_world(database: Database, rows: Sequence[FetchedTransaction]) -> World:
    """Insert a company whose one card everything belongs to."""
    bank = ScriptedBank(list(rows), page_size=PAGE)
    return make_world(
        database, bank.connector(), account={"import_mode": ImportMode.ALL_AVAILABLE.value}
    )


def run_engine(world: World, now: datetime, count: int) -> Timing:
    """Sync once and check that every row has its fate."""
    world.change(Interface, world.interface_id, next_due_at=EPOCH)
    world.change(Account, world.account_id, cursor=None)
    with timed() as timing:
        result = world.sync(now.date())
    if result is None or result.failure or result.rows_seen != count:
        raise SystemExit(f"the run failed: {result}")
    return timing


def read_back(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return, by table, every row there is."""
    with database.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in database.metadata.sorted_tables
        }


def run_yardstick(database: Database, left: dict[str, list[dict[str, Any]]]) -> Timing:
    """Insert what the engine left behind, in bulk, one transaction per 1 000 rows."""
    tables = database.metadata.tables
    with database.engine.begin() as connection:
        for table in database.metadata.sorted_tables:
            if table.name not in WRITTEN and left[table.name]:
                connection.execute(insert(table), left[table.name])
    batches = max(1, -(-len(left["bank_transaction"]) // PAGE))
    with timed() as timing:
        for batch in range(batches):
            with database.engine.begin() as connection:
                for name in WRITTEN:
                    rows = _share(left[name], batch, batches)
                    if rows:
                        connection.execute(insert(tables[name]), rows)
    return timing


def _share(rows: list[dict[str, Any]], batch: int, batches: int) -> list[dict[str, Any]]:
    if len(rows) <= batches:
        return rows[batch : batch + 1]
    return rows[batch * PAGE : (batch + 1) * PAGE]


def measure(make_database: MakeDatabase, count: int) -> list[tuple[str, Timing]]:
    """Measure first import, re-import and yardstick for ``count`` rows."""
    rows = make_rows(count)
    with make_database() as database:
        world = build_world(database, rows)
        first = run_engine(world, NOW, count)
        left = read_back(database)
        again = run_engine(world, NOW + timedelta(days=1), count)
    with make_database() as database:
        yardstick = run_yardstick(database, left)
    return [("yardstick", yardstick), ("first import", first), ("the same again", again)]


@contextmanager
def sqlite_database() -> Iterator[Database]:
    """Give a migrated SQLite file."""
    with tempfile.TemporaryDirectory(prefix="cardsync-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        migrate.upgrade(url)
        database = Database(url)
        yield database
        database.dispose()


def main(counts: Sequence[int] = (1_000, 10_000)) -> None:
    """Print one table per database."""
    _report("SQLite", sqlite_database, counts)
    with running_postgres() as maintenance_url:
        template = PostgresTemplate(maintenance_url, "bench")

        @contextmanager
        def postgres_database() -> Iterator[Database]:
            name = template.create()
            database = Database(template.url_of(name))
            yield database
            database.dispose()
            template.drop(name)

        _report("PostgreSQL", postgres_database, counts)
        template.close()


def _report(store: str, make_database: MakeDatabase, counts: Sequence[int]) -> None:
    measure(make_database, PAGE)  # warms caches up
    click.echo(f"\n{store}: rows/s (wall), CPU microseconds a row, share of the yardstick (CPU)")
    for count in counts:
        results = measure(make_database, count)
        floor = results[0][1].cpu
        for what, timing in results:
            click.echo(
                f"{count:>8,} {what:<14}{count / timing.wall:>9,.0f}/s"
                f"{timing.cpu / count * 1e6:>8.1f} us{floor / timing.cpu:>7.2f}"
            )
