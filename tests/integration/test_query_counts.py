"""No page asks the database more often because there is more to show: every GET, computed."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.integration.test_routes import asks, expected, fresh_people, open_as, send
from tests.support.crowd import Crowd
from tests.support.office import DAY, EPOCH
from tests.support.report_desk import ReportDesk
from tests.support.statements import statements
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.storage import audit
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.receipts import ReceiptStore
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction

FEW, MANY = 3, 12


@pytest.fixture
def crowd(database: Database, settings: Settings) -> Crowd:
    return Crowd(database, ReceiptStore(settings.folder.files / "receipts"))


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


class Town:
    """More of everything in entity A and around it, for the same people."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.office = crowd, crowd.here
        self.grown = 0
        self.entity, self.owner = crowd.own.entity, crowd.own.owner
        self.admin, self.approver = (
            next(p.user_id for p in crowd.people if p.name == name)
            for name in ("admin of A", "approver of A")
        )

    def grow(self, count: int) -> None:
        """Add ``count`` of everything."""
        for number in range(self.grown, self.grown + count):
            self._entity(number)
            self._person(number)
            self._interface(number)
            self._holding(number)
        self.grown += count

    def _entity(self, number: int) -> None:
        entity = self.office.entity(f"Filiale {number}")
        for user, role in (
            (self.admin, Role.ADMIN),
            (self.approver, Role.APPROVER),
            (self.owner, Role.EMPLOYEE),
        ):
            self.office.grant(user, entity, role)
        card = self.office.card(entity, self.owner)
        self.office.expense(card, f"There {number}")

    def _person(self, number: int) -> None:
        person = self.office.person(f"Person {number}", entity=self.entity)
        card = self.office.card(self.entity, person, name=f"Card {number}")
        expense = self._complete(card)
        ReportDesk(self.crowd.database).submitted(person, expense)

    def _interface(self, number: int) -> None:
        values = {"connector": "files", "label": f"Bank {number}", "created_at": EPOCH}
        with self.crowd.database.write() as session:
            session.add(Interface(legal_entity_id=self.entity, state="incomplete", **values))
            audit.record(
                session,
                at=EPOCH,
                action="report.submitted",
                target_kind="report",
                actor_id=self.owner,
                legal_entity_id=self.entity,
            )

    def _holding(self, number: int) -> None:
        """Add to what one interface, one account and one person hold."""
        ids = self.crowd.own.ids
        day = DAY - timedelta(days=number)
        card = self.office.card(self.entity, self.owner, name=f"Mine {number}")
        for one in (card, ids["account_id"]):
            self.office.expense(one, f"To do {number}", day=day)
            self._complete(one, day=day)
            self.office.expense(one, f"None {number}", expense_status="not_expense", day=day)
        desk, month = (
            ReportDesk(self.crowd.database),
            (DAY.replace(day=1) - timedelta(days=31 * number)),
        )
        desk.put_in(self.owner, self._complete(card, day=DAY))
        desk.submitted(self.owner, self._complete(card, day=month.replace(day=3)))
        self._wait(card)
        self._run(ids["interface_id"])

    def _complete(self, card: str, **values: object) -> str:
        train = self.office.category_ids["train"]
        return self.office.expense(
            card, minor=-500, expense_status="complete", category_id=train, **values
        )

    def _wait(self, card: str) -> None:
        """Have a transaction wait that nobody holds."""
        waiting = self.office.card(self.entity, name="Nobody's")
        with self.crowd.database.write() as session:
            account, model = session.get_one(Account, waiting), BankTransaction
            source = session.exec(
                model.__table__.select().where(model.__table__.c.account_id == card)  # type: ignore[attr-defined, call-overload]
            ).first()
            values = {**source._mapping, "id": account.id, "identity_key": account.id}
            values |= {"account_id": account.id, "account_identity_id": account.identity_id}
            session.add(model(**values))

    def _run(self, interface: str) -> None:
        with self.crowd.database.write() as session:
            session.add(
                SyncRun(
                    legal_entity_id=self.entity,
                    interface_id=interface,
                    source="files",
                    fence=1,
                    trigger="schedule",
                    outcome="failed",
                    error_kind="unavailable",
                    as_of=EPOCH,
                    started_at=EPOCH,
                    heartbeat_at=EPOCH,
                )
            )


def counts(app: Flask, crowd: Crowd) -> dict[str, int]:
    """Return how many statements each page sends, for everybody who may open it."""
    found = {}
    for somebody in fresh_people(crowd):
        browser = open_as(app, somebody)
        for ask in asks(app, crowd.own):
            if ask.method == "GET" and expected(ask, somebody) == "done":
                with statements(crowd.database) as sent:
                    assert send(browser, ask).status_code < 500, str(ask)
                found[f"{ask} as {somebody.name}"] = len(sent)
    return found


def test_no_page_asks_more_often_because_there_is_more(app: Flask, crowd: Crowd) -> None:
    town = Town(crowd)
    town.grow(FEW)
    few = counts(app, crowd)
    town.grow(MANY)
    many = counts(app, crowd)
    grown = {page: (few[page], many[page]) for page in few if many[page] > few[page]}

    assert not grown, grown
    assert len(few) > 15
    assert max(many.values()) <= 30, max(many.items(), key=lambda item: item[1])
