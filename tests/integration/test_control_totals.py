"""Control totals at the practice bank: what it says an account holds moves as its lines do (I8)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import col, select

from cardsync_sdk import AccountKind
from tests.integration.test_survives_faults import FIRST_NIGHT, connect, sync_until_good
from tests.support.practice_bank import PracticeBank, practice_bank
from tests.support.world import World
from webapp.domain.totals import Standing, Total
from webapp.storage import balances
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.transactions import BankTransaction


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[PracticeBank]:
    """A practice bank whose clock stands still."""
    with practice_bank(tmp_path / "bank") as running:
        yield running


@pytest.fixture
def world(database: Database, bank: PracticeBank) -> World:
    """A bank with an account and the cards it pays, fed for a week."""
    world = connect(database, bank, bank.connect("Société Générale"))
    sync_until_good(world)
    for day in range(1, 8):
        bank.tick()
        assert world.sync_at(FIRST_NIGHT + timedelta(days=day)) is not None
    return world


def totals(world: World, kind: AccountKind) -> dict[str, Total]:
    today = (FIRST_NIGHT + timedelta(days=7)).date()
    with world.database.read() as session:
        accounts = session.exec(
            select(Account.id).where(
                Account.interface_id == world.interface_id, Account.kind == kind.value
            )
        ).all()
        return balances.totals(session, accounts, today)


def test_I8_the_account_agrees_every_day_and_a_card_has_no_balance(world: World) -> None:
    of_accounts, of_cards = totals(world, AccountKind.ACCOUNT), totals(world, AccountKind.CARD)
    assert of_accounts
    assert {one.standing for one in of_accounts.values()} == {Standing.AGREES}
    assert any(one.moved for one in of_accounts.values()), "something was booked"
    assert {one.standing for one in of_cards.values()} <= {Standing.NOT_KNOWN}


def test_I8_a_line_that_is_lost_shows_as_a_difference_of_its_amount(world: World) -> None:
    (account_id, agreed) = next(
        (key, one) for key, one in totals(world, AccountKind.ACCOUNT).items() if one.moved
    )
    assert agreed.first is not None
    with world.database.write() as session:
        lost = session.exec(
            select(BankTransaction).where(
                BankTransaction.account_id == account_id,
                col(BankTransaction.booked_on) > agreed.first,
                BankTransaction.status == "booked",
            )
        ).first()
        assert lost is not None
        lost.status = "cancelled"
        amount = Decimal(lost.amount_minor)
    found = totals(world, AccountKind.ACCOUNT)[account_id]
    assert (found.standing, found.difference) == (Standing.DIFFERS, amount)
