"""An account that was here before goes on under another link (R63)."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from threading import Thread

import pytest
from sqlalchemy import text
from sqlmodel import select

from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import EPOCH, World, fates, make_world
from webapp.domain.interfaces import ImportMode, InterfaceState
from webapp.storage.accounts import Account, AccountIdentity, AccountIdentityAlias, Attachment
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, lock_interface
from webapp.storage.people import LegalEntity
from webapp.storage.transactions import BankTransaction
from webapp.sync.attaching import Saver
from webapp.sync.import_settings import ImportChoice, save_import_choices
from webapp.sync.matching import CannotMatch, Matched, match_account
from webapp.sync.run import Result, sync_interface

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
NEW_REF = "card-9"


@dataclass
class Renewed:
    """A world whose connection broke, and a new one that shows the same card as another."""

    world: World
    old: ScriptedBank
    new: ScriptedBank
    interface_id: str = ""
    account_id: str = ""

    def match(self) -> Matched:
        """Say that the new card is the one of before."""
        world = self.world
        with world.database.write() as session:
            entity = session.get_one(LegalEntity, world.entity_id)
            by = Saver(session, entity, world.user_id, NOW)
            return match_account(
                by, self.interface_id, self.account_id, world.account_id, by_file=["files"]
            )

    def sync(self, day: date) -> Result | None:
        """Sync the new connection."""
        now = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        return sync_interface(self.world.engine, self.interface_id, owner="test", now=now)


@pytest.fixture
def renewed(database: Database) -> Renewed:
    """Return the world on each database."""
    return renew(database)


def renew(database: Database) -> Renewed:
    """Three purchases came through the old connection; the new one calls them otherwise."""
    days = (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 17))
    old = ScriptedBank([purchase(f"old {day}", day=day) for day in days])
    new = ScriptedBank(
        [purchase(f"new {day}", day=day, account_ref=NEW_REF) for day in days], slug="renewed"
    )
    world = make_world(database, old.connector(), new.connector())
    assert fates(world.sync(date(2026, 3, 18))) == {"new": 3}
    world.change(Interface, world.interface_id, state=InterfaceState.NEEDS_USER)
    found = Renewed(world, old, new)
    found.interface_id, found.account_id = add_new_account(found, "renewed", NEW_REF)
    return found


def add_new_account(renewed: Renewed, connector: str, ref: str) -> tuple[str, str]:
    """Connect anew, and show a card that nobody knows; returns the ids of both."""
    world = renewed.world
    with world.database.write() as session:
        identity = AccountIdentity(
            legal_entity_id=world.entity_id,
            key="number:shown" if ref == NEW_REF else f"number:{ref}",
            created_at=EPOCH,
        )
        interface = Interface(
            legal_entity_id=world.entity_id,
            connector=connector,
            state=InterfaceState.ACTIVE,
            activated_on=date(2026, 3, 20),
            created_at=EPOCH,
            next_due_at=EPOCH,
        )
        session.add_all([identity, interface])
        session.flush()
        account = Account(
            legal_entity_id=world.entity_id,
            interface_id=interface.id,
            identity_id=identity.id,
            external_ref=ref,
            kind="card",
            name="Card as the new bank calls it",
            currency="EUR",
            created_at=EPOCH,
        )
        session.add(account)
    return interface.id, account.id


def test_R63_a_matched_account_goes_on_with_its_history_and_doubles_nothing(
    renewed: Renewed,
) -> None:
    world = renewed.world
    before = {expense.id: expense.user_id for expense in world.expenses()}
    matched = renewed.match()
    assert (matched.account.id, matched.since) == (world.account_id, date(2026, 3, 18))
    renewed.new.rows.append(purchase("new", day=date(2026, 3, 20), account_ref=NEW_REF))
    assert fates(renewed.sync(date(2026, 3, 21))) == {"out_of_window": 3, "new": 1}
    after = {expense.id: expense.user_id for expense in world.expenses()}
    assert before.items() <= after.items()
    assert len(after) == 4
    assert set(after.values()) == {world.user_id}, "its holder goes on"
    assert {row.account_id for row in world.transactions()} == {world.account_id}


def test_D_O_what_the_new_link_shows_is_seen_again(renewed: Renewed) -> None:
    """Else its administrators get a message about an account that has just been found."""
    renewed.world.change(Account, renewed.world.account_id, not_seen_since=NOW)
    assert renewed.match().account.not_seen_since is None


def test_R63_the_match_is_remembered_and_the_other_account_is_gone(renewed: Renewed) -> None:
    renewed.match()
    with renewed.world.database.read() as session:
        (alias,) = session.exec(select(AccountIdentityAlias)).all()
        account = session.exec(select(Account)).one()
        assert (alias.key, alias.identity_id) == ("number:shown", account.identity_id)
        assert (account.interface_id, account.external_ref) == (renewed.interface_id, NEW_REF)
        assert (account.cursor, account.complete_until) == (None, None)
        assert session.exec(select(AuditEvent.action)).all() == ["account.matched"]
    assert renewed.world.interface().state != InterfaceState.ACTIVE


@pytest.mark.parametrize("state", ["its own rows", "fed elsewhere", "another currency", "unknown"])
def test_R63_two_accounts_are_never_mixed(renewed: Renewed, state: str) -> None:
    world = renewed.world
    if state == "its own rows":
        renewed.sync(date(2026, 3, 21))
    elif state == "fed elsewhere":
        world.change(Interface, world.interface_id, state=InterfaceState.ACTIVE)
    elif state == "another currency":
        world.change(Account, renewed.account_id, currency="USD")
    else:
        renewed.account_id = world.entity_id
    with pytest.raises(CannotMatch):
        renewed.match()
    assert world.account().interface_id == world.interface_id


def test_R63_an_earlier_day_chosen_after_the_match_doubles_nothing(renewed: Renewed) -> None:
    """What the old link told and the new one tells again is found again by its content."""
    world = renewed.world
    renewed.match()
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        by = Saver(session, entity, world.user_id, NOW)
        earlier = ImportChoice(ImportMode.SINCE_DATE, date(2026, 3, 15))
        save_import_choices(by, renewed.interface_id, {world.account_id: earlier})
    assert fates(renewed.sync(date(2026, 3, 21))) == {"out_of_window": 2, "updated": 1}


def test_R63_a_run_under_way_of_either_side_writes_nothing_more(renewed: Renewed) -> None:
    world = renewed.world

    def match_meanwhile(_page: int) -> None:
        renewed.match()

    renewed.new.before_page = match_meanwhile
    result = renewed.sync(date(2026, 3, 20))
    assert result is not None
    assert result.outcome == "interrupted"
    assert len(world.transactions()) == 3


def test_a_slip_of_attaching_the_new_one_first_leaves_one_holder(renewed: Renewed) -> None:
    with renewed.world.database.write() as session:
        session.add(
            Attachment(
                account_id=renewed.account_id, user_id=renewed.world.user_id, created_at=EPOCH
            )
        )
    renewed.match()
    with renewed.world.database.read() as session:
        (held,) = session.exec(select(Attachment)).all()
    assert held.account_id == renewed.world.account_id


def test_R63_two_tabs_that_match_one_account_at_once_do_not_take_it_from_each_other(
    postgres_url: str,
) -> None:
    """Whoever waited for its turn sees that the account goes on elsewhere by now."""
    database = Database(postgres_url)
    renewed = renew(database)
    other = add_new_account(renewed, "renewed-too", "card-10")
    came: list[object] = []

    def match_too() -> None:
        try:
            came.append(replace(renewed, interface_id=other[0], account_id=other[1]).match())
        except CannotMatch as error:
            came.append(error)

    with database.write() as session:
        lock_interface(session, renewed.world.interface_id)
        second = Thread(target=match_too)
        second.start()
        wait_for_a_lock(database)
        entity = session.get_one(LegalEntity, renewed.world.entity_id)
        by = Saver(session, entity, renewed.world.user_id, NOW)
        match_account(
            by, renewed.interface_id, renewed.account_id, renewed.world.account_id, by_file=[]
        )
    second.join()
    assert [type(one) for one in came] == [CannotMatch]
    account = renewed.world.account()
    assert (account.interface_id, account.external_ref) == (renewed.interface_id, NEW_REF)
    with database.read() as session:
        assert session.get(Account, other[1]) is not None
    database.dispose()


def wait_for_a_lock(database: Database) -> None:
    """Return once somebody waits for a lock that somebody else holds."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _try in range(20_000):
        with database.engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waits")


def test_R63_a_key_matched_before_and_shown_as_its_own_since_can_be_matched_again(
    renewed: Renewed,
) -> None:
    world = renewed.world
    with world.database.write() as session:
        known = session.get_one(Account, world.account_id)
        session.add(
            AccountIdentityAlias(
                legal_entity_id=world.entity_id,
                key="number:shown",
                identity_id=known.identity_id,
                created_at=EPOCH,
            )
        )
    renewed.match()
    with world.database.read() as session:
        (alias,) = session.exec(select(AccountIdentityAlias)).all()
        assert alias.identity_id == world.account().identity_id


def test_R63_a_stopped_account_does_not_match_itself(renewed: Renewed) -> None:
    world = renewed.world
    world.change(Account, renewed.account_id, shared=False)
    with pytest.raises(CannotMatch):
        replace_world_account(renewed).match()
    with world.database.read() as session:
        assert session.get(Account, renewed.account_id) is not None


def replace_world_account(renewed: Renewed) -> Renewed:
    """Say of the new account that it is itself."""
    world = replace(renewed.world, account_id=renewed.account_id)
    return replace(renewed, world=world)


def test_R63_purchases_of_a_deferred_debit_go_on_after_a_match(renewed: Renewed) -> None:
    """D-N: they are booked at the end of the month; what is bought until then is not left out."""
    world, debit = renewed.world, date(2026, 3, 31)
    for row in world.transactions():
        world.change(BankTransaction, row.id, booked_on=debit)
    renewed.new.rows = [
        purchase(f"new {row.purchased_on}", day=row.day, account_ref=NEW_REF, booked_on=debit)
        for row in renewed.new.rows
    ]
    assert renewed.match().since == date(2026, 3, 18)
    renewed.new.rows.append(
        purchase("new", day=date(2026, 3, 20), account_ref=NEW_REF, booked_on=debit)
    )
    assert "new" in {row.external_id for row in synced(renewed)}
    assert len(world.expenses()) == 3, "a person looks first: what was told before is told again"


def synced(renewed: Renewed) -> list[BankTransaction]:
    renewed.sync(date(2026, 3, 21))
    return renewed.world.transactions()
