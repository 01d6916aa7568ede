"""A whole night at once: every interface due, against a local source that takes 300 ms a call.

Real worker processes, a real Redis, a real clock. In the rush a person asks for a sync, and a group
with a single interface becomes due after one with thousands. Printed: how long it took, how long
those two waited, what the workers held in memory, and whether every row is there once.

Run with ``make night`` (``CARDS=10000 HANG=0`` are the defaults; ``HANG=100``: so many are never
answered).
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, insert, select, update
from sqlmodel import SQLModel, col

from benchmarks.stores import on_each_store
from tests.support.redis_server import running_redis
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.jobs.doorbell import Doorbell
from webapp.storage import leases
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id, new_ids
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction

HERE = Path(__file__).parent / "night_source"
RESULTS = Path(__file__).parent / "results"
WORKERS = 2
ROWS = 20
IN_ONE_ENTITY = 5
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2036, 1, 1, tzinfo=UTC)
BEGUN = datetime.now(UTC)
DUE = {
    "connector": "night",
    "state": InterfaceState.ACTIVE,
    "activated_on": date(2026, 3, 1),
    "next_due_at": BEGUN,
    "last_ok_at": BEGUN - timedelta(hours=23),
    "due_reason": DueReason.SCHEDULE,
}
CARD = {
    "kind": "card",
    "name": "card",
    "currency": "EUR",
    "payment_mode": "company",
    "import_mode": "all_available",
    # A night like any other: the first one was long ago.
    "import_from": date(2026, 1, 1),
    "complete_until": date(2026, 3, 1),
    "deep_read_on": BEGUN.date(),
}


@dataclass
class Night:
    """What one night came to. Seconds and MB."""

    seconds: float = 0.0
    click_waited: float = 0.0
    single_waited: float = 0.0
    resident: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    failed: int = 0
    why: dict[str, int] = field(default_factory=dict)


def build(database: Database, cards: int, hang: int) -> tuple[str, str]:
    """Insert ``cards`` cards that are due, half of them of one group; return the two that are not.

    The first is for the click, the second is the single interface of another group.
    """
    groups = [_group(database) for _number in range(max(2, cards // 100))]
    places = [(groups[0], number) for number in range(cards // 2)]
    places += [(groups[1 + number % (len(groups) - 2)], number) for number in range(cards // 2)]
    made = [
        _cards(database, group, [f"card{group[-4:]}{number}" for _group, number in some])
        for group, some in _by_group(places)
    ]
    ids = [one for some in made for one in some]
    with database.write() as session:
        session.connection().execute(
            update(Account)
            .where(
                col(Account.interface_id).in_(
                    ids[:: max(1, len(ids) // hang)][:hang] if hang else []
                )
            )
            .values(external_ref="hang")
        )
    quiet = [*_cards(database, groups[0], ["click"]), *_cards(database, groups[-1], ["single"])]
    with database.write() as session:
        session.connection().execute(
            update(Interface).where(col(Interface.id).in_(quiet)).values(next_due_at=FAR)
        )
    return quiet[0], quiet[1]


def _by_group(places: list[tuple[str, int]]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    for group in dict.fromkeys(group for group, _number in places):
        yield group, [place for place in places if place[0] == group]


def _group(database: Database) -> str:
    with database.write() as session:
        group = Group(name="Night", created_at=LONG_AGO)
        session.add(group)
        session.flush()
        return group.id


def _cards(database: Database, group_id: str, refs: list[str]) -> list[str]:
    """Add an interface with one attached card for each of ``refs``; return the interfaces."""
    count = len(refs)
    entities, user = new_ids(-(-count // IN_ONE_ENTITY)), new_id()
    interfaces, identities, accounts = new_ids(count), new_ids(count), new_ids(count)
    places = [entities[number // IN_ONE_ENTITY] for number in range(count)]
    email = f"{user.lower()}@night.example"
    rows: list[tuple[type[SQLModel], list[dict[str, Any]]]] = [
        (User, [{"id": user, "group_id": group_id, "name": "N", "email": email}]),
        (LegalEntity, [{"id": one, "group_id": group_id, "name": one} for one in entities]),
        (
            Interface,
            [
                {"id": one, "legal_entity_id": entity, **DUE}
                for one, entity in zip(interfaces, places, strict=True)
            ],
        ),
        (
            AccountIdentity,
            [
                {"id": one, "legal_entity_id": entity, "key": one}
                for one, entity in zip(identities, places, strict=True)
            ],
        ),
        (
            Account,
            [
                {
                    "id": accounts[number],
                    "legal_entity_id": places[number],
                    "interface_id": interfaces[number],
                    "identity_id": identities[number],
                    "external_ref": refs[number],
                    **CARD,
                }
                for number in range(count)
            ],
        ),
        (
            Attachment,
            [{"id": new_id(), "account_id": one, "user_id": user} for one in accounts],
        ),
    ]
    with database.write() as session:
        for model, values in rows:
            session.connection().execute(
                insert(model), [{"created_at": LONG_AGO, **one} for one in values]
            )
    return interfaces


@contextmanager
def source() -> Iterator[str]:
    """Run the local source and give its address."""
    process = subprocess.Popen([sys.executable, HERE / "server.py"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()


@contextmanager
def processes(database: Database, redis_url: str, address: str) -> Iterator[list[int]]:
    """Run the workers and the clock; give the process ids of the workers."""
    with tempfile.TemporaryDirectory(prefix="cardsync-night-") as folder:
        offered = Path(folder) / "cardsync_night-1.0.dist-info"
        offered.mkdir()
        (offered / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: cardsync-night\nVersion: 1.0\n"
        )
        (offered / "entry_points.txt").write_text("[cardsync.connectors]\nnight = cardsync_night\n")
        environment = {
            **os.environ,
            "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "REDIS_URL": redis_url,
            "CARDSYNC_INSTANCE": f"{folder}/instance",
            "CARDSYNC_LOG_LEVEL": "error",
            "PYTHONPATH": os.pathsep.join([folder, str(HERE)]),
            "NIGHT_SOURCE": address,
        }
        started = [
            subprocess.Popen([sys.executable, "-m", "webapp.cli", name], env=environment)
            for name in ["worker"] * WORKERS + ["clock"]
        ]
        try:
            yield [process.pid for process in started[:WORKERS]]
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()


def measure(database: Database, cards: int, hang: int) -> Night:
    """Build, run and check one night."""
    night = Night()
    clicked, single = build(database, cards, hang)
    with ExitStack() as stack:
        redis_url = stack.enter_context(running_redis())
        address = stack.enter_context(source())
        began = time.monotonic()
        workers = stack.enter_context(processes(database, redis_url, address))
        _wait(database, lambda: _done(database) > cards // 10, night, workers)
        night.click_waited = _waited(database, clicked, redis_url)
        night.single_waited = _waited(database, single, None)
        _wait(database, lambda: _done(database) >= cards + 2 - hang, night, workers)
        night.seconds = time.monotonic() - began
    with database.read() as session:
        counted = select(func.count()).select_from(BankTransaction)
        night.rows = session.connection().execute(counted).scalar_one()
        failed = select(func.count()).where(col(SyncRun.outcome) == "failed")
        night.failed = session.connection().execute(failed).scalar_one()
        why = select(col(SyncRun.error), func.count()).group_by(col(SyncRun.error))
        night.why = {row[0]: row[1] for row in session.connection().execute(why) if row[0]}
    expected = (cards + 2 - hang) * ROWS
    if night.rows != expected:
        raise SystemExit(f"{night.rows} rows are there, {expected} should be")
    return night


def _done(database: Database) -> int:
    with database.read() as session:
        counted = select(func.count()).where(col(Interface.last_ok_at) > BEGUN)
        return int(session.connection().execute(counted).scalar_one())


def _waited(database: Database, interface_id: str, redis_url: str | None) -> float:
    """Make an interface due now, by a click if there is a ``redis_url``; return its wait."""
    with database.write() as session:
        reason = DueReason.DEMAND if redis_url else DueReason.SCHEDULE
        asked = datetime.now(UTC)
        leases.ask(session, interface_id, at=asked, reason=reason)
    if redis_url:
        Doorbell(redis_url).ring()
    begun = select(SyncRun.started_at).where(col(SyncRun.interface_id) == interface_id)
    while True:
        with database.read() as session:
            started = session.connection().execute(begun).scalars().first()
        if started is not None:
            return float((started - asked).total_seconds())
        time.sleep(0.1)


def _wait(database: Database, is_so: Callable[[], bool], night: Night, workers: list[int]) -> None:
    while not is_so():
        for pid in workers:
            for name, resident in _resident(pid).items():
                night.resident[name] = max(resident, night.resident.get(name, 0))
        time.sleep(1.0)


def _resident(worker: int) -> dict[str, int]:
    """Return the resident MB of a worker and of its child that does the work."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            resident = int((entry / "statm").read_text().split()[1]) * 4096 >> 20
        except OSError:
            continue
        if int(entry.name) == worker:
            found["worker"] = resident
        elif int(fields[1]) == worker:
            found["shift"] = resident
    return found


@click.command()
@click.option("--cards", default=10_000, help="Interfaces that are due, with one card each.")
@click.option("--hang", default=0, help="Of them, those whose source never answers.")
@click.option("--store", default="", help="sqlite or postgresql; both by default.")
def main(cards: int, hang: int, store: str) -> None:
    """Print one line per database, and keep it with its date."""
    lines = []
    for name, make_database in on_each_store():
        if store and store != name.lower():
            continue
        with make_database() as database:
            night = measure(database, cards, hang)
        lines.append(
            f"{name:<11}{cards:>7,} interfaces ({hang} hang) in {night.seconds:6.1f} s: "
            f"{cards / night.seconds:5.1f}/s, {night.rows:,} rows, {night.failed} failed; "
            f"a click waited {night.click_waited:.2f} s, "
            f"a single interface {night.single_waited:.2f} s; MB {night.resident} {night.why or ''}"
        )
        click.echo(lines[-1])
    kept = RESULTS / f"night-{BEGUN:%Y-%m-%d}.txt"
    before = kept.read_text(encoding="utf-8") if kept.exists() else ""
    head = f"{BEGUN:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {WORKERS} workers"
    kept.write_text("\n".join([before + head, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
