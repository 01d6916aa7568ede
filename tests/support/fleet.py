"""Many interfaces of several groups, and a source that does to each what a test says."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import select

from cardsync_sdk import (
    API_VERSION,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchWindow,
    IdTrait,
    Link,
    Quota,
    hookimpl,
)
from cardsync_sdk.registry import Registry, load_connector
from tests.support.scripted_bank import purchase
from tests.support.world import BOX, EPOCH
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction
from webapp.sync.job import Engine
from webapp.sync.run import sync_interface
from webapp.sync.shift import Crew, Process, Shift

NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)
Behaviour = Callable[[AccountRef], Iterator[Batch]]


def usual(account: AccountRef) -> Iterator[Batch]:
    """Give two purchases."""
    rows = [purchase(f"{account.ref}-{number}", account_ref=account.ref) for number in range(2)]
    yield Batch(transactions=rows, next_cursor="read", complete=True)


@dataclass
class FleetSource:
    """Serves each account as ``behaves`` says by its ref; notes who asked when, and how many."""

    slug: str = "fleet"
    quota: Quota = field(default_factory=Quota)
    behaves: dict[str, Behaviour] = field(default_factory=dict)
    gate: threading.Event | None = None
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the source."""
        return ConnectorInfo(
            self.slug,
            "Fleet",
            ConnectorKind.AGGREGATOR,
            API_VERSION,
            id_traits=frozenset({IdTrait.STABLE}),
            quota=self.quota,
        )

    @hookimpl
    def fetch_transactions(
        self, link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
    ) -> Iterator[Batch]:
        """Do what was said for the account."""
        (account,) = accounts
        with self.lock:
            self.asked.append(account.ref)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.gate is not None:
                assert self.gate.wait(30)
            yield from self.behaves.get(account.ref, usual)(account)
        finally:
            with self.lock:
                self.at_once -= 1


@dataclass
class Fleet:
    """The interfaces by the ref of their one account, and short ways to work them off."""

    database: Database
    engine: Engine
    source: FleetSource
    interfaces: dict[str, str] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)

    def add(self, ref: str, *, group: str, **values: Any) -> str:
        """Add an interface that is due, with one attached card; return its id."""
        interface = Interface(
            legal_entity_id=self._entity_of(group),
            connector=self.source.slug,
            **{
                "state": InterfaceState.ACTIVE,
                "activated_on": date(2026, 3, 1),
                "created_at": EPOCH,
                "next_due_at": EPOCH,
                "due_reason": DueReason.SCHEDULE,
                **values,
            },
        )
        with self.database.write() as session:
            session.add(interface)
            session.flush()
            _add_card(session, interface, ref)
        self.interfaces[ref] = interface.id
        return interface.id

    def _entity_of(self, group: str) -> str:
        with self.database.write() as session:
            found = session.exec(select(LegalEntity).where(LegalEntity.name == group)).first()
            if found is None:
                owner = Group(name=group, created_at=EPOCH)
                session.add(owner)
                session.flush()
                found = LegalEntity(group_id=owner.id, name=group, created_at=EPOCH)
                session.add(found)
            return found.id

    def shift(self, crew: Crew | None = None, *, owner: str = "one", **values: Any) -> Shift:
        """Make a shift on the fleet's own time; what runs alone, runs in a thread here."""
        crew = crew or Crew(threads=8, look_every=0.01)
        return Shift(
            self.engine, owner=owner, clock=lambda: NOW, alone=self._alone, crew=crew, **values
        )

    def _alone(self, interface_id: str) -> Process:
        self.alone.append(interface_id)
        sync_interface(self.engine, interface_id, owner="alone", now=NOW)
        return Ended()

    def runs(self, ref: str) -> list[SyncRun]:
        """Return the runs of an interface, the oldest first."""
        with self.database.read() as session:
            query = select(SyncRun).where(SyncRun.interface_id == self.interfaces[ref])
            return sorted(session.exec(query), key=lambda run: run.fence)

    def interface(self, ref: str) -> Interface:
        """Return an interface as it stands."""
        with self.database.read() as session:
            return session.get_one(Interface, self.interfaces[ref])

    def change(self, ref: str, **values: Any) -> None:
        """Set columns of an interface."""
        with self.database.write() as session:
            row = session.get_one(Interface, self.interfaces[ref])
            for name, value in values.items():
                setattr(row, name, value)

    def rows(self) -> list[str]:
        """Return the ids, at the source, of all transactions there are."""
        with self.database.read() as session:
            return sorted(str(row.external_id) for row in session.exec(select(BankTransaction)))

    def limit(self, **limits: Any) -> None:
        """Have fetches be limited otherwise."""
        self.engine = replace(self.engine, limits=replace(self.engine.limits, **limits))


class Ended:
    """A process that has ended."""

    def poll(self) -> int:
        """Return that it ended well."""
        return 0

    def kill(self) -> None:
        """Do nothing."""


def make_fleet(database: Database, source: FleetSource | None = None) -> Fleet:
    """Make an empty fleet."""
    source = source or FleetSource()
    registry = Registry({source.slug: load_connector(source)})
    return Fleet(database, Engine(database, registry, BOX), source)


def _add_card(session: Any, interface: Interface, ref: str) -> None:
    entity = interface.legal_entity_id
    user = User(email=f"{new_id().lower()}@fleet.example", name=ref, created_at=EPOCH)
    user.group_id = session.get_one(LegalEntity, entity).group_id
    identity = AccountIdentity(legal_entity_id=entity, key=new_id(), created_at=EPOCH)
    session.add_all([user, identity])
    session.flush()
    card = Account(
        legal_entity_id=entity,
        interface_id=interface.id,
        identity_id=identity.id,
        external_ref=ref,
        kind="card",
        name=ref,
        currency="EUR",
        payment_mode="company",
        created_at=EPOCH,
    )
    session.add(card)
    session.flush()
    session.add(Attachment(account_id=card.id, user_id=user.id, created_at=EPOCH))
