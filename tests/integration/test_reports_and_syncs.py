"""What a sync does to reports: nothing to what is submitted (I12), and what is booked enters."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select

from cardsync_sdk import Money, TransactionStatus
from tests.support.report_company import text_of
from tests.support.report_desk import ReportDesk
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.statements import statements
from tests.support.web import Browser
from tests.support.world import ACTIVATED, EPOCH, World, fates, make_world
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.expense_lines import BankChange, ExpenseLine
from webapp.domain.people import Role
from webapp.domain.reports import Step
from webapp.storage import logins
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense
from webapp.storage.people import LegalEntity, RoleGrant, User
from webapp.storage.reporting import Hindered, Refused, lines_of
from webapp.storage.reports import Report, ReportLine

DAY = date(2026, 3, 18)
NIGHT = ACTIVATED + timedelta(days=2)


class Case:
    """A world in which the employee completes, an approver decides, and the bank changes."""

    def __init__(self, database: Database) -> None:
        self.bank = ScriptedBank([purchase(f"t{n}", -1000 - n, DAY) for n in range(4)])
        self.world: World = make_world(database, self.bank.connector())
        self.desk = ReportDesk(database)
        self.night = NIGHT
        with database.write() as session:
            group_id = session.get_one(LegalEntity, self.world.entity_id).group_id
            category = Category(group_id=group_id, code="train", name_fr="Train", name_en="Train")
            boss = User(
                group_id=group_id, email="boss@example.org", name="Sophie", created_at=EPOCH
            )
            session.add_all([category, boss])
            session.flush()
            self.category, self.boss = category.id, boss.id
            for user, role in ((self.world.user_id, Role.EMPLOYEE), (boss.id, Role.APPROVER)):
                session.add(self._grant(user, role))
        self.sync()

    def _grant(self, user_id: str, role: Role) -> RoleGrant:
        entity = self.world.entity_id
        return RoleGrant(user_id=user_id, role=role, legal_entity_id=entity, created_at=EPOCH)

    def sync(self) -> dict[str, int]:
        """Run the next night's sync."""
        result = self.world.sync(self.night)
        self.night += timedelta(days=1)
        return fates(result)

    def say(self, number: int, **values: Any) -> None:
        """Have the bank say something else of a row from the next sync on."""
        self.bank.rows[number] = replace(self.bank.rows[number], **values)

    def expense_of(self, number: int) -> str:
        """Return the id of the expense of a row of the bank."""
        by_day = {one.external_id: one.id for one in self.world.transactions()}
        wanted = by_day[f"t{number}"]
        return next(one.id for one in self.world.expenses() if one.transaction_id == wanted)

    def complete(self, *numbers: int) -> list[str]:
        """Complete the expenses of these rows."""
        ids = [self.expense_of(number) for number in numbers]
        for expense_id in ids:
            self.world.change(Expense, expense_id, status="complete", category_id=self.category)
        return ids

    def lines(self, report: str) -> dict[str, ExpenseLine]:
        """Return the expenses of a report by their ids."""
        with self.world.database.read() as session:
            return {line.id: line for line in lines_of(session, report)}


@pytest.fixture
def case(database: Database) -> Case:
    return Case(database)


def as_submitted(line: ExpenseLine) -> ExpenseLine:
    return replace(line, bank_now=None)


CHANGES = [
    ({"amount": Money(-9900, "EUR")}, (BankChange.AMOUNT,)),
    ({"purchased_on": DAY + timedelta(days=15)}, (BankChange.DAY,)),
    ({"memo": "CARTE OTHER WORDS"}, (BankChange.DETAIL,)),
    ({"status": TransactionStatus.ANNOUNCED}, (BankChange.DETAIL,)),
]


@pytest.mark.parametrize("approved", [False, True], ids=["submitted", "approved"])
@pytest.mark.parametrize(("change", "named"), CHANGES)
def test_I12_a_sync_never_changes_what_is_submitted_and_flags_it_instead(
    case: Case, change: dict[str, Any], named: tuple[BankChange, ...], approved: bool
) -> None:
    changed, untouched = case.complete(0, 1)
    report = case.desk.submitted(case.world.user_id, changed, untouched)
    if approved:
        case.desk.step(case.boss, report, Step.APPROVE)
    before, stored = case.lines(report), {one.id: one for one in case.world.expenses()}
    case.say(0, **change)
    assert case.sync()["updated"] == 1

    after = case.lines(report)
    assert {key: as_submitted(line) for key, line in after.items()} == before
    assert {one.id: one for one in case.world.expenses()} == stored
    assert after[changed].bank_changes == named
    assert after[untouched].bank_now is None
    (transaction,) = (one for one in case.world.transactions() if one.external_id == "t0")
    assert transaction.memo == case.bank.rows[0].memo
    assert transaction.amount_minor == case.bank.rows[0].amount.minor, "D-Q: the bank's side moves"


def test_I12_a_withdrawal_is_flagged_too(case: Case) -> None:
    (expense,) = case.complete(0)
    report = case.desk.submitted(case.world.user_id, expense)
    case.bank.rows, case.bank.removed = case.bank.rows[1:], [("card-1", "t0")]
    case.sync()
    line = case.lines(report)[expense]
    assert (line.bank_changes, line.withdrawn) == ((BankChange.WITHDRAWN,), False)


def test_I12_what_the_bank_takes_back_is_flagged_no_more(case: Case) -> None:
    (expense,) = case.complete(0)
    report = case.desk.submitted(case.world.user_id, expense)
    was = case.bank.rows[0].amount
    for amount, flagged in ((Money(-9900, "EUR"), True), (was, False)):
        case.say(0, amount=amount)
        case.sync()
        assert (case.lines(report)[expense].bank_now is not None) is flagged


def test_I12_both_see_what_the_bank_changed_and_what_was_submitted(
    case: Case, database: Database, settings: Settings
) -> None:
    (expense,) = case.complete(0)
    report = case.desk.submitted(case.world.user_id, expense)
    case.say(0, amount=Money(-9900, "EUR"))
    case.sync()
    app = create_app(settings, database=database)
    for user, path in (
        (case.world.user_id, f"/reports/{report}"),
        (case.world.user_id, f"/expenses/{expense}"),
        (case.boss, f"/approvals/{report}"),
    ):
        page = text_of(open_as(app, database, user).get(path).text)
        assert "The bank has changed this since it was submitted." in page
        assert "€99.00" in page
        assert "€10.00" in page


def open_as(app: Flask, database: Database, user_id: str) -> Browser:
    browser = Browser(app)
    with database.write() as session:
        user = session.get_one(User, user_id)
        user.locale = "en"
        cookie = logins.begin(session, user, now=datetime.now(UTC), user_agent="test")
    browser.client.set_cookie("cardsync-login", cookie)
    return browser


def test_once_sent_back_the_expense_follows_the_bank_again(case: Case) -> None:
    (expense,) = case.complete(0)
    report = case.desk.submitted(case.world.user_id, expense)
    moved = DAY + timedelta(days=15)
    case.say(0, amount=Money(-1500, "EUR"), purchased_on=moved)
    case.sync()
    case.desk.step(case.boss, report, Step.SEND_BACK, "The bank corrected it")
    line = case.lines(report)[expense]
    assert (line.amount_minor, line.day, line.bank_now) == (1500, moved, None)
    case.say(0, amount=Money(-1600, "EUR"))
    case.sync()
    assert case.lines(report)[expense].amount_minor == 1600


def test_DM_an_announced_expense_enters_its_report_once_it_is_booked(case: Case) -> None:
    case.bank.rows.append(
        purchase("t4", -700, DAY, status=TransactionStatus.ANNOUNCED, memo="HOLD")
    )
    case.sync()
    (expense,) = case.complete(4)
    with pytest.raises(Hindered):
        case.desk.put_in(case.world.user_id, expense)
    case.say(4, status=TransactionStatus.BOOKED, booked_on=DAY)
    assert case.sync()["booked"] == 1
    with case.world.database.read() as session:
        assert session.exec(select(ReportLine.expense_id)).all() == [expense]


def test_a_sync_asks_no_more_of_the_database_where_expenses_are_submitted(
    case: Case, database: Database
) -> None:
    def cost() -> int:
        for number in range(4):
            amount = case.bank.rows[number].amount
            case.say(number, amount=Money(amount.minor - 1, "EUR"))
        with statements(database) as sent:
            assert case.sync()["updated"] == 4
        return len(sent)

    before = cost()
    case.desk.submitted(case.world.user_id, *case.complete(0, 1, 2, 3))
    assert cost() == before


@pytest.mark.parametrize("seed", range(3))
def test_whatever_people_and_bank_do_nothing_submitted_is_lost_and_nothing_is_in_two_reports(
    case: Case, seed: int
) -> None:
    """A random walk: every expense stays, in one report at most; what is locked never moves."""
    chance, user = random.Random(seed), case.world.user_id
    expenses = case.complete(0, 1, 2, 3)
    reports: set[str] = set()
    for _ in range(40):
        locked = frozen(case)
        act = chance.choice(("in", "out", "bank", *Step))
        try:
            if act == "in":
                reports.add(case.desk.put_in(user, chance.choice(expenses)))
            elif act == "out":
                case.desk.take_out(user, chance.choice(expenses))
            elif act == "bank":
                case.say(chance.randrange(4), amount=Money(-chance.randrange(100, 999), "EUR"))
                case.sync()
            elif reports:
                holders = act in (Step.SUBMIT, Step.RECALL)
                report = chance.choice(sorted(reports & alive(case)))
                case.desk.step(user if holders else case.boss, report, act, "Because")
        except (Refused, Hindered):
            assert frozen(case) == locked, "what is refused changes nothing"
        if act in ("in", "out", "bank"):
            assert frozen(case).items() >= locked.items()
        assert {one.id for one in case.world.expenses()} == set(expenses)
        assert all(
            (one.locked_at is None) or one.id in frozen(case) for one in case.world.expenses()
        )


def frozen(case: Case) -> dict[str, tuple[Any, ...]]:
    """Return what is submitted, word for word."""
    with case.world.database.read() as session:
        rows = session.exec(select(ReportLine).where(ReportLine.content.is_not(None)))  # type: ignore[union-attr]
        return {row.expense_id: tuple(row.model_dump().values()) for row in rows}


def alive(case: Case) -> set[str]:
    with case.world.database.read() as session:
        return set(session.exec(select(Report.id)))
