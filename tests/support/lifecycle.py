"""An interface to which everything happens that can, each event by the code that does it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from cardsync_sdk import Link, WebhookHint
from cardsync_sdk.errors import (
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.quota import Quota
from tests.support.databases import SqliteTemplate
from tests.support.scripted_bank import CARD, PATIENT, ScriptedBank, purchase
from tests.support.scripted_partner import card
from tests.support.world import BOX, World, make_world
from webapp.domain.interfaces import DueReason, InterfaceState, Trigger
from webapp.domain.lifecycle import Event, Stand, stand_of
from webapp.domain.schedule import CRASH_LOOP, planned_at
from webapp.jobs.asking import Answer, Demand, ask_for_sync
from webapp.storage import leases
from webapp.storage.accounts import Account
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.leases import Claim
from webapp.storage.people import LegalEntity
from webapp.storage.reaping import reap
from webapp.storage.runs import open_run
from webapp.storage.structure import copy_structure
from webapp.sync.attaching import Saver
from webapp.sync.nightly import set_nightly
from webapp.sync.ringing import ring
from webapp.sync.sharing import FileAccount, Sharer, open_file_interface, store_share
from webapp.sync.stopping import restore_account, stop_account

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
INTERFACE = "01J0000000000000000000000K"
LINK = Link("link-1", "Banque Exemple")
FAILURES: dict[Event, Exception] = {
    Event.FAILED_UNAVAILABLE: SourceUnavailable("down"),
    Event.FAILED_RATE_LIMITED: RateLimited("wait"),
    Event.FAILED_OUR_FAULT: OperationalError("insert", {}, Exception("database is locked")),
    Event.FAILED_PLUGIN_BUG: ZeroDivisionError("bug"),
    Event.FAILED_USER_ACTION: UserActionNeeded("consent", reason="consent_expired"),
    Event.FAILED_REJECTED: SourceRejected("never"),
}


@dataclass
class Life:
    """One interface, and the moment it is."""

    world: World
    bank: ScriptedBank
    now: datetime = NOON
    within: list[Stand] = field(default_factory=list)

    # Where it stands

    def stand(self) -> Stand:
        """Say where it stands now, by the table's own reckoning."""
        one = self.world.interface()
        return self.stand_of(one)

    def stand_of(self, one: Interface) -> Stand:
        """Say where an interface stands now."""
        with self.world.database.read() as session:
            held = leases.under_way(session, one)
        return stand_of(
            one.state,
            next_due_at=one.next_due_at,
            due_reason=one.due_reason,
            nightly=one.nightly,
            attempts=one.attempts,
            held=held,
            now=self.now,
        )

    def put(self, stand: Stand, *, nightly: bool, retry_in: timedelta = timedelta(hours=4)) -> None:
        """Have it stand there."""
        world, soon = self.world, self.now + timedelta(hours=2)
        night = planned_at(date(2026, 3, 19), PARIS, world.interface_id)
        values = {
            Stand.PLANNED: {"next_due_at": night},
            Stand.PUT_OFF: {
                "next_due_at": soon,
                "due_reason": DueReason.DEMAND,
                "asked_by": world.user_id,
            },
            Stand.DUE: {"next_due_at": self.now},
            Stand.RUNNING: {"next_due_at": self.now},
            Stand.RETRYING: {
                "next_due_at": self.now + retry_in,
                "due_reason": DueReason.RETRY,
                "attempts": 2,
            },
            Stand.INCOMPLETE: {"activated_on": None},
        }.get(stand, {})
        state = stand.value if stand in list(InterfaceState) else InterfaceState.ACTIVE.value
        usual = {"next_due_at": None, "due_reason": DueReason.SCHEDULE, "link_ref": LINK.ref}
        world.change(
            Interface, world.interface_id, **{**usual, "state": state, "nightly": nightly, **values}
        )
        if stand is Stand.STOPPED:
            world.change(Account, world.account_id, shared=False)
        if stand is Stand.RUNNING:
            self.claim()

    # What happens to it

    def claim(self) -> Claim:
        """Take it up, as a worker does that says nothing more."""
        with self.world.database.write() as session:
            claim = leases.claim(session, self.world.interface_id, owner="lost", now=self.now)
            assert claim is not None
            open_run(
                session,
                claim,
                entity_id=self.world.entity_id,
                source="scripted",
                trigger=Trigger(claim.reason.value),
            )
        return claim

    def die(self, *, often: bool) -> None:
        """End its run without a word, for the first time or once too often."""
        world, past = self.world, datetime.now(UTC) - timedelta(hours=1)
        before = CRASH_LOOP - 1 if often else 0
        world.change(Interface, world.interface_id, interrupted=before, lease_until=past)
        with world.database.write() as session:
            assert reap(session, now=self.now).interfaces == 1

    def run(self, error: Exception | None = None, *, rings: bool = False) -> None:
        """Sync it; where it stood in the middle is noted. ``rings``: its source, meanwhile."""

        def look(_page: int) -> None:
            self.within.append(self.stand())
            if rings:
                self.rang()
            if error is not None:
                raise error

        self.bank.before_page = look
        assert self.world.sync_at(self.now) is not None

    def ask(self) -> Answer:
        """Press the icon."""
        world = self.world
        with world.database.read() as session:
            entity = session.get_one(LegalEntity, world.entity_id)
        demand = Demand(world.interface_id, entity, world.user_id, self.now)
        return ask_for_sync(world.database, world.engine.registry, lambda: True, demand)

    def rang(self) -> None:
        """Have the source ring."""
        with self.world.database.write() as session:
            ring(session, "scripted", [WebhookHint(LINK.ref, new_id())], self.now)

    def save(self, act: Callable[[Saver], bool]) -> bool:
        """Do something as an admin."""
        with self.world.database.write() as session:
            return act(Saver(session, self._entity(session), self.world.user_id, self.now))

    def switch(self, *, on: bool) -> bool:
        """Switch the nights."""
        return self.save(lambda by: set_nightly(by, self.world.interface_id, on=on))

    def empty(self) -> bool:
        """Stop its only card."""
        return self.save(
            lambda by: stop_account(by, self.world.interface_id, self.world.account_id)
        )

    def restore(self) -> bool:
        """Restore its only card."""
        world = self.world
        return self.save(
            lambda by: restore_account(by, world.interface_id, world.account_id, by_file=False)
        )

    def connect(self) -> None:
        """Come back from the partner's page with the card shared."""
        with self.world.database.write() as session:
            store_share(self._sharer(session), LINK, [card(CARD)])

    def link_files(self) -> Stand:
        """Open an interface that is fed by files; returns where that one stands."""
        named = FileAccount("By file", card(CARD).kind, "EUR", "1234")
        with self.world.database.write() as session:
            interface_id = open_file_interface(self._sharer(session), named)
        with self.world.database.read() as session:
            return self.stand_of(session.get_one(Interface, interface_id))

    def copy(self, template: SqliteTemplate, folder: Path) -> Stand:
        """Copy the structure into another installation; returns where it stands there."""
        target = Database(template.create(folder))
        try:
            copy_structure(self.world.database, target)
            with target.read() as session:
                return self.stand_of(session.get_one(Interface, self.world.interface_id))
        finally:
            target.dispose()

    def _sharer(self, session: Session) -> Sharer:
        info = self.bank.describe_connector()
        return Sharer(session, BOX, info, self._entity(session), self.world.user_id, self.now)

    def _entity(self, session: Session) -> LegalEntity:
        return session.get_one(LegalEntity, self.world.entity_id)


def make_life(
    database: Database, quota: Quota = PATIENT, activated_on: date = date(2026, 3, 10)
) -> Life:
    """Begin the life of an interface at noon of a day, synced with success the night before."""
    bank = ScriptedBank([purchase("a", day=date(2026, 3, 12))], quota=quota)
    world = make_world(
        database, bank.connector(), activated_on=activated_on, interface_id=INTERFACE
    )
    world.change(Interface, world.interface_id, link_ref=LINK.ref, institution=LINK.institution)
    return Life(world, bank)
