"""A card under a new link whose source issues its ids anew: nothing is doubled, nothing is lost."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from cardsync_sdk import IdTrait
from cardsync_sdk.types import FetchedTransaction, TransactionStatus
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import EPOCH, World, fates, make_world
from webapp.domain.interfaces import InterfaceState
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import Interface
from webapp.storage.runs import SyncRun
from webapp.sync.run import sync_interface
from webapp.sync.undoing import Undoer, undo

ANEW = frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_RELINK})
DAY = date(2026, 3, 17)
NEXT = timedelta(days=1)


def told(link: str) -> list[FetchedTransaction]:
    """Return what a bank tells under a link: its ids, two equal purchases, one announced."""
    return [
        purchase(f"{link}-1", -250, DAY, memo="CAFE"),
        purchase(f"{link}-2", -250, DAY, memo="Café"),
        purchase(f"{link}-3", -990, DAY, memo="TRAIN"),
        purchase(f"{link}-4", -70, DAY, memo="PARKING", status=TransactionStatus.ANNOUNCED),
    ]


@dataclass
class Moving:
    """A card that moves between two links of one bank."""

    world: World
    bank: ScriptedBank
    interfaces: list[str]
    day: date = DAY + NEXT

    def move(self, place: int, link: str) -> None:
        """Have the card go on under a link, as a new consent does."""
        values = {"interface_id": self.interfaces[place], "external_ref": link, "cursor": None}
        self.world.change(Account, self.world.account_id, **values)
        self.world.interface_id = self.interfaces[place]

    def sync(self, rows: list[FetchedTransaction]) -> dict[str, int]:
        """Let the bank tell these rows, under the ref by which the card is known there."""
        ref = self.world.account().external_ref
        self.bank.rows = [
            FetchedTransaction(
                **{**{n: getattr(row, n) for n in row.__slots__}, "account_ref": ref}
            )
            for row in rows
        ]
        self.day += NEXT
        now = datetime(self.day.year, self.day.month, self.day.day, 6, tzinfo=UTC)
        return fates(
            sync_interface(self.world.engine, self.world.interface_id, owner="test", now=now)
        )


@pytest.fixture
def moving(database: Database) -> Moving:
    bank = ScriptedBank(traits=ANEW)
    world = make_world(database, bank.connector())
    with database.write() as session:
        second = Interface(
            legal_entity_id=world.entity_id,
            connector=bank.slug,
            state=InterfaceState.ACTIVE,
            activated_on=DAY,
            created_at=EPOCH,
            next_due_at=EPOCH,
        )
        session.add(second)
    return Moving(world, bank, [world.interface_id, second.id])


@pytest.mark.parametrize("page_size", [1, 100])
def test_R31_under_a_new_link_the_same_rows_are_the_same_expenses(
    moving: Moving, page_size: int
) -> None:
    moving.bank.page_size = page_size
    assert moving.sync(told("old")) == {"new": 4}
    before = {one.id for one in moving.world.expenses()}
    moving.move(1, "card-at-new")
    extra = [
        purchase("new-5", -250, DAY, memo="CAFE"),
        purchase("new-6", -990, DAY + NEXT, memo="TRAIN"),
    ]
    assert moving.sync([*told("new"), *extra]) == {"updated": 4, "new": 2}
    after = {one.id for one in moving.world.expenses()}
    assert before < after
    assert len(after) == 6, "what is more than was told before is new"
    assert moving.sync([*told("new"), *extra]) == {"unchanged": 6}


def test_D_M_what_was_announced_under_the_old_link_is_booked_under_the_new_one(
    moving: Moving,
) -> None:
    moving.sync(told("old"))
    moving.move(1, "card-at-new")
    booked = purchase("new-4", -70, DAY, memo="PARKING", booked_on=DAY + NEXT)
    assert moving.sync([*told("new")[:3], booked]) == {"updated": 3, "booked": 1}
    assert len(moving.world.expenses()) == 4


def test_R31_back_under_the_old_link_nothing_is_doubled_either(moving: Moving) -> None:
    moving.sync(told("old"))
    moving.move(1, "card-at-new")
    moving.sync([*told("new"), purchase("new-5", -1, DAY + NEXT)])
    moving.move(0, "card-1")
    assert moving.sync([*told("old"), purchase("old-5", -1, DAY + NEXT)]) == {"updated": 5}
    assert len(moving.world.expenses()) == 5


def test_D_Q_what_people_said_stays_with_a_row_that_is_found_again(moving: Moving) -> None:
    moving.sync(told("old"))
    (first, *_others) = moving.world.expenses()
    moving.world.change(Expense, first.id, comment="Client lunch")
    moving.move(1, "card-at-new")
    moving.sync(told("new"))
    with moving.world.database.read() as session:
        assert session.get_one(Expense, first.id).comment == "Client lunch"


def test_I3_the_sync_of_a_wrong_link_undone_leaves_the_keys_of_the_right_one(
    moving: Moving,
) -> None:
    """What another link took over is told by the former one as if nothing had been."""
    moving.sync(told("old"))
    before = sorted((row.id, row.identity_key, row.content) for row in moving.world.transactions())
    moving.move(1, "new")
    moving.sync(told("new"))
    with moving.world.database.write() as session:
        wrong = session.exec(
            select(SyncRun.id).where(SyncRun.interface_id == moving.interfaces[1])
        ).one()
        undo(session, wrong, Undoer(datetime(2026, 3, 21, tzinfo=UTC)))
    after = sorted((row.id, row.identity_key, row.content) for row in moving.world.transactions())

    assert after == before
    moving.move(0, "card-1")
    assert moving.sync(told("old")) == {"unchanged": 4}
