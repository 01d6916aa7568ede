"""A company whose cards everything belongs to, and the deliveries and files it is given."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

import cardsync_files
from benchmarks.data import A_CARD, Year
from cardsync_sdk import (
    API_VERSION,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchedTransaction,
    IdTrait,
    hookimpl,
)
from cardsync_sdk.registry import Connector, Registry, load_connector
from tests.support.scripted_bank import PATIENT
from tests.support.world import BOX, EPOCH, World, make_world
from webapp.domain.interfaces import ImportMode
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.sync.files import StatementFile, import_file
from webapp.sync.job import Engine
from webapp.sync.run import Result

PAGE = 1_000
ACCOUNT = {"import_mode": ImportMode.ALL_AVAILABLE.value}
OVERLAP = "10 % overlap"
# What a company is told, and the night in which it is.
NIGHTS = {
    "first import": date(2026, 10, 15),
    OVERLAP: date(2026, 11, 20),
    "the same again": date(2026, 11, 21),
}
DELIVERIES = tuple(NIGHTS)
FILES = ("one file", "the file again")
LATER = EPOCH.replace(month=12)


@dataclass
class Timing:
    """Seconds of wall and CPU time."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed() -> Iterator[Timing]:
    """Measure a block; what was there before is out of the sight of Python's collector."""
    gc.collect()
    gc.freeze()
    timing = Timing()
    wall, cpu = time.perf_counter(), time.process_time()
    yield timing
    timing.wall, timing.cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.unfreeze()


class Source:
    """A bank whose ids are stable; it tells ``rows``, page by page."""

    def __init__(self, slug: str = "scripted") -> None:
        self.slug = slug
        self.rows: Callable[[], Iterable[FetchedTransaction]] = tuple

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the bank."""
        traits = frozenset({IdTrait.STABLE})
        return ConnectorInfo(
            self.slug,
            "A bank",
            ConnectorKind.AGGREGATOR,
            API_VERSION,
            id_traits=traits,
            quota=PATIENT,
        )

    @hookimpl
    def fetch_transactions(self) -> Iterator[Batch]:
        """Serve every row there is; none of a page is held once it is given."""
        rows = iter(self.rows())
        while page := list(islice(rows, PAGE)):
            yield Batch(transactions=page)
        yield Batch(complete=True)


@dataclass
class Company:
    """A legal entity with one interface of many cards, told ``year`` by its source or in a file."""

    world: World
    source: Source
    folder: Path
    year: Year
    by_file: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        """What it is given, in this order."""
        return FILES if self.by_file else DELIVERIES

    def prepared(self, step: str) -> Callable[[], Result]:
        """Return what does ``step`` with everything it is given already at hand."""
        if self.by_file:
            content = self.year.file()
            return lambda: self.hand_in(content)
        rows = list(self._rows(step)())
        return lambda: self.tell(lambda: rows, NIGHTS[step])

    def do(self, step: str) -> Result:
        """Do ``step``; its rows are made up on the way, and none is held by the source."""
        if self.by_file:
            return self.hand_in(self.year.file())
        return self.tell(self._rows(step), NIGHTS[step])

    def _rows(self, step: str) -> Callable[[], Iterable[FetchedTransaction]]:
        return self.year.second if step == OVERLAP else self.year.first

    def tell(self, rows: Callable[[], Iterable[FetchedTransaction]], day: date) -> Result:
        """Have one delivery come in."""
        self.source.rows = rows
        self.world.change(Interface, self.world.interface_id, next_due_at=EPOCH)
        return _good(self.world.sync(day))

    def hand_in(self, content: bytes) -> Result:
        """Have one statement file come in, for the first card."""
        file = StatementFile("year.jsonl", content, everything=True)
        engine, account = self.world.engine, self.world.account_id
        return _good(import_file(engine, self.folder, account, file, owner="bench", now=LATER))


def found_company(
    database: Database, folder: Path, year: Year, *, slug: str, by_file: bool = False
) -> Company:
    """Insert a company whose cards are all attached to one employee."""
    source = Source(slug)
    world = make_world(database, *_connectors(source), account=ACCOUNT)
    if not by_file:
        add_cards(world, year.cards[1:])
    return Company(world, source, folder, year, by_file)


def load_engine(database: Database, source: Source) -> Engine:
    """Return the engine of a company that is there already."""
    connectors = {one.info.slug: one for one in _connectors(source)}
    return Engine(database, Registry(connectors), BOX)


def _connectors(source: Source) -> tuple[Connector, Connector]:
    return load_connector(source), load_connector(cardsync_files)


def add_cards(world: World, cards: Iterable[str]) -> None:
    """Add cards to the interface of ``world``, attached for ever."""
    common = {"legal_entity_id": world.entity_id, "created_at": EPOCH}
    card = {"kind": "card", "name": "card", "currency": "EUR", "payment_mode": "company", **ACCOUNT}
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {
        AccountIdentity: [],
        Account: [],
        Attachment: [],
    }
    for name in cards:
        ids = {"identity_id": new_id(), "interface_id": world.interface_id, "id": new_id()}
        rows[AccountIdentity].append({"id": ids["identity_id"], "key": name, **common})
        rows[Account].append({**ids, "external_ref": name, **card, **common})
        rows[Attachment].append(
            {
                "id": new_id(),
                "account_id": ids["id"],
                "user_id": world.user_id,
                "created_at": EPOCH,
            }
        )
    with world.database.write() as session:
        for model, values in rows.items():
            if values:
                session.connection().execute(insert(model), values)


def warm_up(database: Database, folder: Path) -> None:
    """Do everything once in a small company of its own: a worker has done so long before."""
    for company in found_companies(database, folder, Year(A_CARD), "warm"):
        for step in company.steps:
            company.do(step)


def found_companies(
    database: Database, folder: Path, year: Year, name: str = "bench"
) -> tuple[Company, Company]:
    """Insert one company that is told ``year`` by its source, and one that gets it as a file."""
    told = found_company(database, folder, year, slug=name)
    return told, found_company(database, folder, year, slug=f"{name}_file", by_file=True)


def _good(result: Result | None) -> Result:
    if result is None or result.failure:
        raise SystemExit(f"the run failed: {result}")
    return result
