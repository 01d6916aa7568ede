"""My cards: the holder finds out why a purchase is not here (R16, R27, R30, R81)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.employee import Employee
from tests.support.office import Office
from tests.support.report_company import text_of
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.storage.accounts import Account, Attachment
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

TODAY = datetime.now(UTC).date()
TUESDAY = TODAY - timedelta(days=5)
FED = {"import_from": TUESDAY - timedelta(days=9), "complete_until": TODAY - timedelta(days=1)}


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def entity(office: Office) -> str:
    return office.entity()


@pytest.fixture
def ines(app: Flask, office: Office, entity: str) -> Employee:
    return Employee(app, office, entity)


def feed(office: Office, card: str, **values: Any) -> None:
    """Let the card be fed by a bank, not by files."""
    with office.database.read() as session:
        account = session.get_one(Account, card)
    office.change(Interface, account.interface_id, connector="bank", **values)


def hold_from(office: Office, card: str, day: date) -> None:
    """Have the card attached from ``day`` on only."""
    with office.database.read() as session:
        held = session.exec(select(Attachment).where(Attachment.account_id == card)).one()
    office.change(Attachment, held.id, starts_on=day)


def answer(ines: Employee, day: date | str = TUESDAY) -> str:
    return text_of(ines.browser.get(f"/expenses/cards?day={day}").text)


def test_R16_a_purchase_that_came_in_is_said_to_be_here(
    office: Office, entity: str, ines: Employee
) -> None:
    card = office.card(entity, ines.id, **FED)
    feed(office, card, state="active", activated_on=TUESDAY)
    office.expense(card, "SNCF", day=TUESDAY)
    assert "It is here" in answer(ines)
    assert "The bank has not sent it yet" in answer(ines, TUESDAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("facts", "interface", "said"),
    [
        (FED, {}, "The bank has not sent it yet"),
        ({**FED, "import_from": TUESDAY + timedelta(days=1)}, {}, "Before the first day to import"),
        ({**FED, "complete_until": TUESDAY - timedelta(days=1)}, {}, "this day is not fetched yet"),
        (
            {**FED, "complete_until": TUESDAY - timedelta(days=1)},
            {"state": "needs_user"},
            "The connection to the bank stands still",
        ),
        ({}, {}, "Nothing was fetched yet"),
    ],
    ids=["not sent", "before the start", "late", "failed", "never fetched"],
)
def test_R81_each_cause_is_named_in_the_holders_words(
    office: Office,
    entity: str,
    ines: Employee,
    facts: dict[str, Any],
    interface: dict[str, Any],
    said: str,
) -> None:
    card = office.card(entity, ines.id, **facts)
    feed(office, card, **{"state": "active", "activated_on": TUESDAY, **interface})
    assert said in answer(ines)


def test_R27_a_card_that_is_not_attached_leads_to_whoever_attaches_it(
    office: Office, entity: str, ines: Employee
) -> None:
    office.card(entity, name="Carte de Bob")
    office.person("Ada Admin", entity=entity, role=Role.ADMIN)
    page = answer(ines)
    assert "Carte de Bob" not in page
    assert "not attached to you" in page
    assert "Ada Admin" in page


def test_R14_days_of_another_holder_are_not_told(
    office: Office, entity: str, ines: Employee
) -> None:
    card = office.card(entity, ines.id, **FED)
    feed(office, card, state="active", activated_on=TUESDAY)
    hold_from(office, card, TUESDAY + timedelta(days=1))
    assert "Not attached to you that day" in answer(ines)


def test_a_card_fed_by_files_waits_for_no_sync(office: Office, entity: str, ines: Employee) -> None:
    assert "No statement handed in holds it" in answer(ines)


def test_a_day_that_cannot_be_read_is_said_beside_its_field(ines: Employee) -> None:
    assert "This day cannot be read." in answer(ines, "tuesday")
    assert "still to come" in answer(ines, TODAY + timedelta(days=2))
