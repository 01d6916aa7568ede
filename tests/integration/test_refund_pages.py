"""What the holder reads of refunds and of holds that expired (D-L, D-M)."""

import pytest
from flask import Flask

from tests.support.employee import Employee
from tests.support.import_admin import words
from tests.support.office import Office
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.transactions import BankTransaction


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


def shown(ines: Employee, expense: str) -> str:
    return words(ines.browser.get(f"/expenses/{expense}"))


def linked(office: Office, refund: str, purchase: str) -> None:
    """Link two expenses' transactions, as a sync does."""
    bought = office.stored(purchase).transaction_id
    office.change(BankTransaction, office.stored(refund).transaction_id, refund_of=bought)


def test_D_L_each_of_the_two_names_the_other_with_a_link(office: Office, ines: Employee) -> None:
    purchase, refund = (
        office.expense(ines.card, "Bata", -8000),
        office.expense(ines.card, "Bata", 3800),
    )
    linked(office, refund, purchase)
    assert "€38.00 refunded on 12 Nov 2026" in shown(ines, purchase)
    assert "Refund of “Bata”, €80.00 on 12 Nov 2026" in shown(ines, refund)
    for one, other in ((purchase, refund), (refund, purchase)):
        assert f'href="/expenses/{other}"' in ines.browser.get(f"/expenses/{one}").text
    assert "€80.00" in shown(ines, purchase), "never netted"


def test_D_L_a_refund_that_somebody_else_holds_is_named_without_a_link(
    office: Office, entity: str, ines: Employee
) -> None:
    """The card was handed over between the purchase and its refund."""
    other = office.person("Bruno", entity=entity)
    purchase = office.expense(ines.card, "Bata", -8000)
    refund = office.expense(ines.card, "Bata", 8000, user_id=other)
    linked(office, refund, purchase)
    page = ines.browser.get(f"/expenses/{purchase}")
    assert "€80.00 refunded on" in words(page)
    assert f"/expenses/{refund}" not in page.text


def test_D_L_a_refund_that_was_withdrawn_is_told_no_more(office: Office, ines: Employee) -> None:
    purchase, refund = office.expense(ines.card, minor=-800), office.expense(ines.card, minor=800)
    linked(office, refund, purchase)
    office.change(BankTransaction, office.stored(refund).transaction_id, status="cancelled")
    assert "refunded on" not in shown(ines, purchase)


def test_D_M_an_expired_hold_says_so_and_where_to_read_more(office: Office, ines: Employee) -> None:
    expense = office.expense(ines.card, "Hotel", -15_000, status="expired")
    page = shown(ines, expense)
    assert "The bank announced this and never booked it: it has expired" in page
    assert "What to do" in page
    assert "Should the bank book it after all, it comes back" in page
