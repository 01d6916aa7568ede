"""A delivery of 200 rows, half known, into 1 000 000 stored ones and into an empty account."""

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Executable, cast, func, insert, literal, select, text
from sqlalchemy.types import String

from benchmarks.company import Company, Timing, found_company, timed, warm_up
from benchmarks.data import A_CARD, Year, purchases
from benchmarks.plans import asked_of, scans
from benchmarks.stores import MakeDatabase
from tests.support.scripted_bank import CARD
from tests.support.world import World
from webapp.domain.fates import Fate
from webapp.storage.database import Database

CARDS = 50  # of one interface
REPEATS = 5
DELIVERED = 200
MILLION = 1_000_000


@dataclass
class Delivered:
    """What the deliveries took, and the statements that went through a whole table."""

    stored: int = 0
    full: list[Timing] = field(default_factory=list)
    empty: list[Timing] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)

    @staticmethod
    def p50(timings: list[Timing]) -> Timing:
        """Return the median of each."""
        return Timing(
            statistics.median(one.wall for one in timings),
            statistics.median(one.cpu for one in timings),
        )


def measure(make_database: MakeDatabase, rows: int = MILLION) -> Delivered:
    """Deliver to full and empty accounts in turn; each has an interface of 50 cards."""
    result = Delivered()
    with make_database() as full, make_database() as empty, tempfile.TemporaryDirectory() as folder:
        for database in (full, empty):
            warm_up(database, Path(folder))
        companies = list(_fill(full, Path(folder), rows))
        with full.engine.connect() as connection:
            counted = select(func.count()).select_from(full.metadata.tables["bank_transaction"])
            result.stored = connection.execute(counted).scalar_one()
        for company in companies[:-1]:
            other = found_company(empty, Path(folder), Year(CARDS * A_CARD), slug="bench")
            result.empty.append(_deliver(other, known=0))
            result.full.append(_deliver(company, known=DELIVERED // 2))
        with asked_of(full) as asked:
            _deliver(companies[-1], known=DELIVERED // 2)
        result.scans = scans(full, asked)
    return result


def _deliver(company: Company, *, known: int) -> Timing:
    rows = purchases(CARD, A_CARD - DELIVERED // 2, DELIVERED)
    with timed() as timing:
        told = company.tell(lambda: rows, date(2026, 11, 21))
    fates = {fate: count for fate, count in told.counts.items() if count}
    expected = {Fate.NEW: DELIVERED - known, Fate.UNCHANGED: known}
    if fates != {fate: count for fate, count in expected.items() if count}:
        raise SystemExit(f"not exact: {fates}")
    return timing


def _fill(database: Database, folder: Path, rows: int) -> Iterator[Company]:
    """Fill the database; give the companies to measure, which get their rows in the middle of it.

    What the engine left of one card is copied for all others, in the order of days: the rows of a
    card lie far apart, as those of a year of nights do.
    """
    year = Year(CARDS * A_CARD)
    measured = [found_company(database, folder, year, slug="bench") for _ in range(REPEATS + 1)]
    others = max(2, rows // (CARDS * A_CARD))
    worlds = [found_company(database, folder, year, slug="bench").world for _ in range(others)]
    first = found_company(database, folder, Year(A_CARD), slug="bench")
    first.tell(lambda: purchases(CARD, 0, A_CARD), date(2026, 11, 20))
    _copy(database, first.world, worlds[: others // 2])
    for company in measured:
        company.tell(lambda: purchases(CARD, 0, A_CARD), date(2026, 11, 20))
    _copy(database, first.world, worlds[others // 2 :])
    _analyze(database)
    yield from measured


def _analyze(database: Database) -> None:
    """Have PostgreSQL know its tables, as it does by itself in an installation; else it scans."""
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def _copy(database: Database, of: World, to: list[World]) -> None:
    """Give every card of the interfaces of ``to`` all transactions of the one card of ``of``."""
    tables = database.metadata.tables
    row, expense, fate, account = (
        tables[name] for name in ("bank_transaction", "expense", "row_fate", "account")
    )
    mine = select(row, func.row_number().over(order_by=(row.c.day, row.c.id)).label("place"))
    base = mine.where(row.c.account_id == of.account_id).subquery()
    place = cast(literal(1_000_000_000) + base.c.place, String)
    new: dict[str, ColumnElement[Any]] = {
        "id": place + func.substr(account.c.id, 11),
        "account_id": account.c.id,
        "account_identity_id": account.c.identity_id,
        "legal_entity_id": account.c.legal_entity_id,
        "identity_key": base.c.identity_key + "-" + func.substr(account.c.id, 11),
    }
    names = [column.name for column in row.columns]
    interfaces = [world.interface_id for world in to]
    cards = (
        select(*(new.get(name, base.c[name]) for name in names))
        .select_from(base.join(account, account.c.interface_id.in_(interfaces)))
        .order_by(base.c.place, account.c.id)
    )
    made = row.c.id.like("1000000%") & row.c.legal_entity_id.in_([w.entity_id for w in to])
    one = select(expense).where(expense.c.account_id == of.account_id).limit(1).subquery()
    given = {"id": row.c.id, "transaction_id": row.c.id, "account_id": row.c.account_id}
    given |= {"legal_entity_id": row.c.legal_entity_id, "day": row.c.day}
    kept = select(fate).where(fate.c.account_id == of.account_id).limit(1).subquery()
    number = func.row_number().over(order_by=row.c.id)
    told = {"position": number + _last_position(database), "transaction_id": row.c.id}
    told["account_id"] = row.c.account_id
    _run(database, insert(row).from_select(names, cards))
    for table, base_row, values in ((expense, one, given), (fate, kept, told)):
        columns = [column.name for column in table.columns]
        query = select(*(values.get(name, base_row.c[name]) for name in columns))
        query = query.select_from(row.join(base_row, made)).order_by(row.c.id)
        _run(database, insert(table).from_select(columns, query))


def _run(database: Database, statement: Executable) -> None:
    """Run one large statement, its tables known: else each foreign key is looked for in a scan."""
    _analyze(database)
    with database.engine.begin() as connection:
        connection.execute(statement)


def _last_position(database: Database) -> int:
    fate = database.metadata.tables["row_fate"]
    with database.engine.connect() as connection:
        return int(connection.execute(select(func.max(fate.c.position))).scalar_one())
