"""A worker is stopped in the middle of a walk, another finishes it, and the first wakes up."""

import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from tests.support.chaos.child import FENCE_ENVIRONMENT
from tests.support.chaos.control import Control, waiting
from tests.support.chaos.judge import Damage, judge, keep_watch
from tests.support.chaos.play import Stage, stage
from tests.support.chaos.setting import Fed, furnish
from tests.support.walls import drop_constraint
from tests.support.worker_processes import wait_until
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

ONE_KEY = "uq_bank_transaction_account_identity_id_identity_key"
LONG_LEASE_SECONDS = 50.0
REF = "c0"
# The seventeenth row and the one after it are equal but for their ids; the second walk has two
# pages, and that twin waits for its end while the gate is shut before the second page.
FIRST_WALK, SECOND_WALK = 5, 23


def overtaken(kind: str, folder: Path, *, fence: bool, unique: bool) -> tuple[Damage, int]:
    """Play it and return what is damaged, and how many workers found themselves fenced off."""
    with stage(kind, folder, lease_seconds=LONG_LEASE_SECONDS) as scene:
        if not unique:
            drop_constraint(scene.database, "bank_transaction", ONE_KEY)
        (one,) = furnish(scene.database, scene.settings, [REF])
        keep_watch(scene.database)
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        control = Control(1, yesterday.isoformat(), 0.0, FIRST_WALK, calm=True)
        control.write(scene.fleet.control)
        variables = {} if fence else {FENCE_ENVIRONMENT: "1"}
        (_, first) = scene.fleet.start("clock", "worker", **variables)
        wait_until(lambda: _interface(scene.database, one).last_ok_at is not None)

        control = replace(control, counter=SECOND_WALK, gate=True)
        control.write(scene.fleet.control)
        _change(scene.database, one, next_due_at=datetime.now(UTC) - timedelta(seconds=1))
        wait_until(waiting(scene.fleet.control).exists)
        first.signal_all(signal.SIGSTOP)

        control = replace(control, gate=False)
        control.write(scene.fleet.control)
        _let_another_finish(scene, one, variables)
        first.signal_all(signal.SIGCONT)
        wait_until(lambda: not first.horses())
        return judge(scene.database, control, [one]), scene.fleet.fenced_off


def _let_another_finish(scene: Stage, one: Fed, variables: dict[str, str]) -> None:
    """The lease of the stopped worker has run out, and a second worker does the work."""
    before = _interface(scene.database, one)
    _change(scene.database, one, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    scene.fleet.start("worker", **variables)

    def finished() -> bool:
        now = _interface(scene.database, one)
        return now.last_ok_at != before.last_ok_at and now.lease_until is None

    wait_until(finished)


def _interface(database: Database, one: Fed) -> Interface:
    with database.read() as session:
        return session.exec(select(Interface).where(Interface.id == one.interface_id)).one()


def _change(database: Database, one: Fed, **values: object) -> None:
    with database.write() as session:
        interface = session.get_one(Interface, one.interface_id)
        for name, value in values.items():
            setattr(interface, name, value)
        interface.doorbell_at = None
