"""One interface of the chaos bank, real processes to sync it, and a gate to hold them at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from tests.support.chaos.control import Control, waiting
from tests.support.chaos.fleet import Fleet
from tests.support.chaos.judge import Damage, judge, keep_watch
from tests.support.chaos.play import settings_for
from tests.support.chaos.setting import furnish
from tests.support.worker_processes import wait_until
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.runs import SyncRun

LONG_LEASE_SECONDS = 50.0
REF = "c0"


class Bench:
    """An installation with one interface, which is due; its bank is calm."""

    def __init__(self, folder: Path, database: Database, redis_url: str) -> None:
        self.database = database
        self.settings = settings_for(
            folder, database.engine.url.render_as_string(hide_password=False), redis_url
        )
        self.fleet = Fleet(folder, self.settings, LONG_LEASE_SECONDS)
        (self.feed,) = furnish(database, self.settings, [REF])
        keep_watch(database)
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        self.control = Control(1, yesterday.isoformat(), 0.0, calm=True)
        self.set()

    def set(self, **values: Any) -> None:
        """Change the bank."""
        self.control = replace(self.control, **values)
        self.control.write(self.fleet.control)

    def wait_at_the_gate(self) -> None:
        """Wait until a worker waits between its first page and its second."""
        wait_until(waiting(self.fleet.control).exists)

    def interface(self) -> Interface:
        """Return the interface as it stands."""
        with self.database.read() as session:
            return session.get_one(Interface, self.feed.interface_id)

    def change(self, **values: Any) -> None:
        """Change the interface; its doorbell may be rung at once."""
        with self.database.write() as session:
            interface = session.get_one(Interface, self.feed.interface_id)
            for name, value in values.items():
                setattr(interface, name, value)

    def make_due(self) -> None:
        """Have the interface due now."""
        self.change(next_due_at=datetime.now(UTC) - timedelta(seconds=1))

    def let_lease_run_out(self) -> None:
        """Move the end of the lease into the past, as if its time had gone by."""
        self.change(lease_until=datetime.now(UTC) - timedelta(seconds=1))

    def wait_until_good(self, then: Callable[[], object] = lambda: None) -> None:
        """Wait until a run has ended well and nobody holds the interface; ``then``: meanwhile."""

        def good() -> bool:
            then()
            now = self.interface()
            done = now.last_ok_at is not None and now.lease_until is None
            return done and now.next_due_at is not None and now.next_due_at > datetime.now(UTC)

        wait_until(good)

    def keep_alive(self) -> None:
        """Start again what has ended."""
        for one in self.fleet.members:
            one.keep_alive()

    def outcomes(self) -> list[str]:
        """Return how each run ended, the first one first."""
        with self.database.read() as session:
            query = select(SyncRun.outcome).order_by(col(SyncRun.started_at), col(SyncRun.id))
            return list(session.exec(query))

    def damage(self) -> Damage:
        """Return what is damaged."""
        return judge(self.database, self.control, [self.feed])

    def close(self) -> None:
        """Kill everything."""
        self.fleet.close()
