"""Who holds an account and who pays, as stored: dated, audited, what waited released once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import col, select

from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, fates, make_world
from webapp.domain.expenses import PaymentMode
from webapp.storage.accounts import Account, Attachment
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.people import LegalEntity, User
from webapp.sync.attaching import AccountChoice, Saved, Saver, fill_days, save_choices

# 23:30 in Paris on the 19th.
NOW = datetime(2026, 3, 19, 22, 30, tzinfo=UTC)
SYNCED = date(2026, 3, 18)


@pytest.fixture
def bank() -> ScriptedBank:
    """A bank with three purchases of March."""
    days = (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 17))
    return ScriptedBank([purchase(str(day), day=day) for day in days])


@pytest.fixture
def world(database: Database, bank: ScriptedBank) -> World:
    """A card that nobody holds and nobody said who pays for; its transactions wait."""
    unset = {"payment_mode": None}
    world = make_world(database, bank.connector(), attached=False, account=unset)
    assert fates(world.sync(SYNCED)) == {"waiting": 3}
    return world


@pytest.fixture
def other(world: World) -> str:
    """Another employee."""
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        user = User(
            group_id=entity.group_id, email="sacha@example.org", name="Sacha", created_at=NOW
        )
        session.add(user)
    return user.id


def choose(
    world: World,
    holder: str | None,
    mode: PaymentMode | None = PaymentMode.COMPANY,
    *,
    at: datetime = NOW,
    first_day: date | None = None,
) -> Saved:
    """Save the row of the card."""
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        by = Saver(session, entity, world.user_id, at)
        choice = AccountChoice(holder, mode, first_day)
        return save_choices(by, world.interface_id, {world.account_id: choice})


def attachments(world: World) -> list[tuple[str, date | None, date | None]]:
    """Every attachment there is: who, from, until."""
    with world.database.read() as session:
        rows = session.exec(select(Attachment).order_by(col(Attachment.id)))
        return [(row.user_id, row.starts_on, row.ends_on) for row in rows]


def actions(world: World) -> Counter[str]:
    """What the audit trail says, counted."""
    with world.database.read() as session:
        return Counter(session.exec(select(AuditEvent.action)))


def test_R14_R28_the_first_holder_gets_all_that_waited(world: World) -> None:
    assert choose(world, world.user_id) == Saved(changed=1, released=3)
    assert attachments(world) == [(world.user_id, None, None)]
    assert {expense.user_id for expense in world.expenses()} == {world.user_id}
    assert actions(world) == {"attachment.opened": 1, "account.mode_set": 1}


def test_R18_without_a_mode_there_is_no_expense(world: World) -> None:
    assert choose(world, world.user_id, None) == Saved(changed=1, released=0)
    assert world.expenses() == []
    assert choose(world, world.user_id, PaymentMode.REIMBURSE) == Saved(changed=1, released=3)
    assert {expense.payment_mode for expense in world.expenses()} == {"reimburse"}


def test_R18_without_a_holder_there_is_no_expense(world: World) -> None:
    assert choose(world, None) == Saved(changed=1, released=0)
    assert world.expenses() == []


def test_R21_a_changed_mode_leaves_past_expenses_as_they_are(
    world: World, bank: ScriptedBank
) -> None:
    choose(world, world.user_id, PaymentMode.COMPANY)
    choose(world, world.user_id, PaymentMode.REIMBURSE)
    bank.rows.append(purchase("new", day=date(2026, 3, 19)))
    world.sync(date(2026, 3, 20))
    modes = {expense.day: expense.payment_mode for expense in world.expenses()}
    assert modes[date(2026, 3, 5)] == "company"
    assert modes[date(2026, 3, 19)] == "reimburse"


def test_saving_the_same_again_changes_and_records_nothing(world: World) -> None:
    choose(world, world.user_id)
    before = actions(world)
    assert choose(world, world.user_id) == Saved(changed=0, released=0)
    assert actions(world) == before


def test_a_mode_that_was_not_chosen_stays_as_it_is(world: World) -> None:
    choose(world, world.user_id, PaymentMode.COMPANY)
    choose(world, world.user_id, None)
    assert world.account().payment_mode == "company"


def test_R14_handed_over_the_old_holder_ends_the_day_before(
    world: World, bank: ScriptedBank, other: str
) -> None:
    choose(world, world.user_id)
    choose(world, other, at=NOW + timedelta(days=5))
    assert attachments(world) == [
        (world.user_id, None, date(2026, 3, 23)),
        (other, date(2026, 3, 24), None),
    ]
    bank.rows.append(purchase("late", day=date(2026, 3, 23)))
    bank.rows.append(purchase("new", day=date(2026, 3, 24)))
    world.sync(date(2026, 3, 25))
    holders = {expense.day: expense.user_id for expense in world.expenses()}
    assert holders[date(2026, 3, 23)] == world.user_id
    assert holders[date(2026, 3, 24)] == other
    assert actions(world)["attachment.closed"] == 1
    assert actions(world)["attachment.opened"] == 2


def test_the_day_is_the_entitys_not_the_servers(world: World, other: str) -> None:
    choose(world, world.user_id)
    past_midnight_in_paris = datetime(2026, 3, 24, 23, 30, tzinfo=UTC)
    choose(world, other, at=past_midnight_in_paris)
    assert attachments(world)[1] == (other, date(2026, 3, 25), None)


def test_a_slip_of_the_same_day_leaves_no_attachment_behind(world: World, other: str) -> None:
    choose(world, world.user_id, None)
    choose(world, other, None, at=NOW + timedelta(minutes=5))
    assert attachments(world) == [(other, None, None)]
    assert actions(world) == {"attachment.opened": 2, "attachment.undone": 1}


def test_once_expenses_came_of_it_a_choice_of_the_same_day_stands(world: World, other: str) -> None:
    choose(world, world.user_id)
    choose(world, other, at=NOW + timedelta(minutes=5))
    assert attachments(world) == [
        (world.user_id, None, date(2026, 3, 18)),
        (other, date(2026, 3, 19), None),
    ]
    assert {expense.user_id for expense in world.expenses()} == {world.user_id}


def test_taken_back_new_transactions_wait_and_the_next_holder_gets_them(
    world: World, bank: ScriptedBank, other: str
) -> None:
    choose(world, world.user_id)
    choose(world, None, at=NOW + timedelta(days=5))
    bank.rows.append(purchase("orphan", day=date(2026, 3, 24)))
    world.sync(date(2026, 3, 25))
    assert len(world.expenses()) == 3
    saved = choose(world, other, at=NOW + timedelta(days=8))
    assert saved.released == 1
    assert {e.user_id for e in world.expenses() if e.day == date(2026, 3, 24)} == {other}


# The day of a change (D-E, D-F)


def test_D_E_what_lies_before_the_first_day_waits_and_is_taken_later(world: World) -> None:
    first = date(2026, 3, 12)
    assert choose(world, world.user_id, first_day=first) == Saved(changed=1, released=2)
    assert attachments(world) == [(world.user_id, first, None)]
    assert {expense.day for expense in world.expenses()} == {first, date(2026, 3, 17)}
    assert choose(world, world.user_id) == Saved(0, 0), "saved again, it takes no more"

    again = [fill(world, world.user_id, gap_last=date(2026, 3, 11)) for _ in range(2)]
    assert again == [Saved(1, 1), Saved(0, 0)], "and pressed twice no double"
    assert attachments(world)[1:] == [(world.user_id, None, date(2026, 3, 11))]
    assert len(world.expenses()) == 3


def test_D_F_days_of_nobody_may_go_to_somebody_else(world: World, other: str) -> None:
    choose(world, world.user_id, first_day=date(2026, 3, 17))
    assert fill(world, other, gap_last=date(2026, 3, 16), first_day=date(2026, 3, 10)) == Saved(
        1, 1
    )
    assert {expense.day: expense.user_id for expense in world.expenses()} == {
        date(2026, 3, 17): world.user_id,
        date(2026, 3, 12): other,
    }
    assert fill(world, other, gap_last=date(2026, 3, 9)) == Saved(1, 1), "and the rest later"


def test_R14_D_F_handed_over_on_a_named_day_and_past_expenses_stay(
    world: World, bank: ScriptedBank, other: str
) -> None:
    choose(world, world.user_id)
    choose(world, other, at=NOW + timedelta(days=5), first_day=date(2026, 3, 15))
    assert attachments(world) == [
        (world.user_id, None, date(2026, 3, 14)),
        (other, date(2026, 3, 15), None),
    ]
    assert {expense.user_id for expense in world.expenses()} == {world.user_id}, "none moved"
    bank.rows += [purchase("o", day=date(2026, 3, 14)), purchase("n", day=date(2026, 3, 15))]
    world.sync(date(2026, 3, 25))
    holders = {expense.day: expense.user_id for expense in world.expenses()}
    assert holders[date(2026, 3, 14)] == world.user_id
    assert holders[date(2026, 3, 15)] == other


def fill(world: World, user: str, *, gap_last: date, first_day: date | None = None) -> Saved:
    """Give days of nobody to somebody."""
    with world.database.write() as session:
        entity = session.get_one(LegalEntity, world.entity_id)
        by = Saver(session, entity, world.user_id, NOW)
        return fill_days(by, world.account_id, user, gap_last=gap_last, first_day=first_day)


def test_R14_two_admins_at_once_leave_one_open_holder(world: World, other: str) -> None:
    start = Barrier(2)
    failed: list[Exception] = []

    def press(holder: str) -> None:
        start.wait()
        try:
            choose(world, holder)
        except Exception as error:  # noqa: BLE001  # shown by the assertion below
            failed.append(error)

    threads = [Thread(target=press, args=(holder,)) for holder in (world.user_id, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert sum(ends_on is None for _user, _starts, ends_on in attachments(world)) == 1
    assert len(world.expenses()) == 3


def test_accounts_of_another_interface_or_no_longer_shared_are_left_alone(world: World) -> None:
    world.change(Account, world.account_id, shared=False)
    assert choose(world, world.user_id) == Saved(changed=0, released=0)
    assert attachments(world) == []
