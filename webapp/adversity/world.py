"""The small company in which a script is played: made new for each script, with real links."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cardsync_sdk.registry import Connector, Registry, discover
from cardsync_sdk.testing.adversity import AdversityBank, Script, Truth
from cardsync_sdk.testing.adversity.steps import OpenCard
from cardsync_sdk.types import AccountKind, Link
from webapp.domain.expenses import PaymentMode
from webapp.domain.interfaces import ImportMode, InterfaceState
from webapp.storage.accounts import Account
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.expenses import Category
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User
from webapp.storage.receipts import ReceiptStore
from webapp.storage.secrets import KEY_BYTES, SecretBox
from webapp.sync.attaching import AccountChoice, Saver, save_choices
from webapp.sync.files import file_connector
from webapp.sync.import_settings import ImportChoice, save_import_choices
from webapp.sync.job import Engine
from webapp.sync.sharing import FileAccount, Sharer, open_file_interface, store_share

MERGED = "adversity_merged"
PEOPLE = ("Camille", "Dominique", "Claire")
ADMIN = "Claire"
LINKED_AT = time(10)
MORNING = time(6)


@dataclass
class World:
    """Ids of what there is and short ways to act on it; ``now`` is the business time.

    ``account`` finds a card's present account, ``card_of`` the card of any account it ever had.
    """

    script: Script
    database: Database
    engine: Engine
    folder: Path
    truth: Truth
    banks: dict[str, AdversityBank]
    now: datetime
    group_id: str = field(default_factory=new_id)
    entity_id: str = field(default_factory=new_id)
    other_entity_id: str = field(default_factory=new_id)
    category_id: str = field(default_factory=new_id)
    people: dict[str, str] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    card_of: dict[str, str] = field(default_factory=dict)
    slug: str = ""
    link_ref: str = "link-1"
    links: int = 1

    @property
    def zone(self) -> ZoneInfo:
        """The legal entities' time zone."""
        return ZoneInfo(self.script.zone)

    @property
    def bank(self) -> AdversityBank:
        """The bank through the connector in use."""
        return self.banks[self.slug]

    @property
    def entities(self) -> frozenset[str]:
        """The legal entities of the group."""
        return frozenset({self.entity_id, self.other_entity_id})

    @property
    def receipts(self) -> ReceiptStore:
        """Where receipts are kept."""
        return ReceiptStore(self.folder / "receipts")

    def set_clock(self, now: datetime) -> None:
        """Let it be ``now``, for the engine and for the bank."""
        self.now = now.astimezone(UTC)
        for bank in self.banks.values():
            bank.now = self.now

    def next_morning(self, days: int) -> None:
        """Let it be six in the morning, ``days`` later."""
        day = self.now.astimezone(self.zone).date() + timedelta(days=days)
        self.set_clock(datetime.combine(day, MORNING, tzinfo=self.zone))

    def day(self, text: str) -> date:
        """Read a day of the script."""
        return self.truth.day(text)

    @contextmanager
    def admin(self, entity_id: str | None = None) -> Iterator[Saver]:
        """Give one write transaction in which the admin acts."""
        with self.database.write() as session:
            entity = session.get_one(LegalEntity, entity_id or self.entity_id)
            yield Saver(session, entity, self.people[ADMIN], self.now)

    def interfaces(self) -> list[Interface]:
        """Return the interfaces that are fed by a bank, the oldest first."""
        with self.database.read() as session:
            query = select(Interface).where(
                col(Interface.legal_entity_id).in_(self.entities),
                col(Interface.connector).in_(self.banks),
            )
            return list(session.exec(query.order_by(col(Interface.id))))

    def active_interfaces(self) -> list[str]:
        """Return the ids of those that can be synced."""
        return [one.id for one in self.interfaces() if one.state == InterfaceState.ACTIVE]

    def connect(self, *, entity_id: str | None = None, cards: Sequence[str] = ()) -> str:
        """Store what the admin shared at the bank, as after a trip to its page.

        :param cards: share these only; else all that are listed.
        """
        listed = [
            account
            for account in self.bank.list_accounts()
            if not cards or self.truth.card_of(account.ref) in cards
        ]
        with self.admin(entity_id) as admin:
            by = Sharer(
                admin.session,
                self.engine.secrets,
                self.engine.registry.get(self.slug).info,
                admin.entity,
                admin.user_id,
                self.now,
            )
            link = Link(self.link_ref, institution="Adversity Bank", label="Adversity bank")
            shared = store_share(by, link, listed)
            self._note_accounts(admin.session, shared.interface_id)
        return shared.interface_id

    def new_link(self) -> None:
        """Have the next connection be another link."""
        self.links += 1
        self.link_ref = f"link-{self.links}"

    def give(self, card: str, to: str | None, first_day: date | None = None) -> None:
        """Have the admin give a card to an employee; the company pays."""
        account_id = self.account[card]
        with self.admin() as admin:
            account = admin.session.get_one(Account, account_id)
            choice = AccountChoice(self.people[to] if to else None, PaymentMode.COMPANY, first_day)
            save_choices(admin, account.interface_id, {account_id: choice})

    def reach(self, card: str, mode: ImportMode, *, entity_id: str | None = None) -> None:
        """Have the admin choose how far back a card is imported."""
        account_id = self.account[card]
        with self.admin(entity_id) as admin:
            account = admin.session.get_one(Account, account_id)
            save_import_choices(admin, account.interface_id, {account_id: ImportChoice(mode)})

    def open_by_file(self, card: str) -> None:
        """Have the admin open an account that is fed by files."""
        named = self.truth.cards[card].card
        info = file_connector(self.engine.registry).info
        with self.admin() as admin:
            by = Sharer(
                admin.session,
                self.engine.secrets,
                info,
                admin.entity,
                admin.user_id,
                self.now,
            )
            fresh = FileAccount(card, AccountKind.CARD, named.currency, named.last4)
            interface_id = open_file_interface(by, fresh)
            admin.session.flush()
            account = admin.session.exec(
                select(Account).where(Account.interface_id == interface_id)
            ).one()
            self.truth.cards[card].ref = account.external_ref
            self.account[card], self.card_of[account.id] = account.id, card

    def _note_accounts(self, session: Session, interface_id: str) -> None:
        session.flush()
        for account in session.exec(select(Account).where(Account.interface_id == interface_id)):
            card = self.truth.card_of(account.external_ref)
            if card is not None and account.shared:
                self.account[card] = account.id
            self.card_of.setdefault(account.id, card or account.external_ref)


def make_world(script: Script, database: Database, folder: Path) -> World:
    """Found the company and connect the bank (or open the accounts fed by files) of ``script``."""
    begins = date.fromisoformat(script.begins)
    linked_at = datetime.combine(begins, LINKED_AT, tzinfo=ZoneInfo(script.zone))
    linked_at = linked_at.astimezone(UTC)
    truth = Truth(begins.year)
    for card in script.cards:
        truth.happen(OpenCard(card))
    bank = AdversityBank(truth, linked_at, script.serving)
    # The same bank, reached through another connector: the truth and the mischief are shared.
    banks = {one.slug: one for one in (bank, replace(bank, slug=MERGED))}
    registry = Registry({**{slug: one.connector() for slug, one in banks.items()}, **_for_files()})
    box = SecretBox({"adversity": bytes(KEY_BYTES)})
    engine = Engine(database, registry, box)
    world = World(script, database, engine, folder, truth, banks, linked_at, slug=bank.slug)
    _found(world)
    if script.by_file:
        for card in script.cards:
            world.open_by_file(card.name)
    else:
        world.connect()
    for card in script.cards:
        world.give(card.name, card.held_by)
        if card.all_available and not script.by_file:
            world.reach(card.name, ImportMode.ALL_AVAILABLE)
    world.next_morning(1)
    return world


@cache
def _for_files() -> dict[str, Connector]:
    """Return the installed connectors that read files, by slug."""
    found = discover().connectors
    return {slug: one for slug, one in found.items() if one.info.reads_files}


def _found(world: World) -> None:
    """Write the group, its two legal entities, its people and a category."""
    with world.database.write() as session:
        session.add(Group(id=world.group_id, name="Adversity", created_at=world.now))
        session.flush()
        for entity_id, name in ((world.entity_id, "First"), (world.other_entity_id, "Second")):
            session.add(
                LegalEntity(
                    id=entity_id,
                    group_id=world.group_id,
                    name=name,
                    timezone=world.script.zone,
                    created_at=world.now,
                )
            )
        for name in PEOPLE:
            world.people[name] = new_id()
            session.add(
                User(
                    id=world.people[name],
                    group_id=world.group_id,
                    email=f"{name}.{world.people[name]}@example.org".lower(),
                    name=name,
                    created_at=world.now,
                )
            )
        session.add(
            Category(
                id=world.category_id,
                group_id=world.group_id,
                code="meal",
                name_fr="Repas",
                name_en="Meal",
            )
        )
