"""Completing one's own expenses, on SQLite and on PostgreSQL."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from tests.support.employee import PDF, Employee, opened, receipt, titles
from tests.support.office import DAY, Office
from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense
from webapp.storage.people import LegalEntity
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


def bank_of(office: Office, expense: str) -> dict[str, Any]:
    with office.database.read() as session:
        transaction = session.get_one(Expense, expense).transaction_id
        return session.get_one(BankTransaction, transaction).model_dump()


# --- Completing ----------------------------------------------------------------------------------


def test_R3_an_expense_turns_complete_once_filled_and_the_next_one_opens(
    office: Office, ines: Employee
) -> None:
    first = office.expense(ines.card, "First", day=DAY)
    second = office.expense(ines.card, "Second", day=DAY - timedelta(days=1))
    answer = ines.complete(first, category=office.category_ids["train"], receipt=receipt())
    assert (answer.status_code, answer.location) == (303, f"/expenses/{second}")
    stored = office.stored(first)
    assert (stored.status, stored.category_id) == ("complete", office.category_ids["train"])
    assert stored.completed_at is not None
    page = ines.browser.get(answer.location).text
    assert opened(page) == ["Second"]
    assert "Complete: “First”. Next: “Second”." in page


def test_the_one_completed_closes_and_the_next_opens_in_its_place_with_htmx(
    office: Office, ines: Employee
) -> None:
    first = office.expense(ines.card, "First", day=DAY)
    second = office.expense(ines.card, "Second", day=DAY - timedelta(days=1))
    answer = ines.complete(
        first, htmx=True, category=office.category_ids["train"], receipt=receipt()
    )
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<li id="expense-{first}"')
    assert titles(answer.text) == ["First"]
    assert opened(answer.text) == ["Second"]
    assert f'id="expense-{second}" class="opened" hx-swap-oob="true"' in answer.text
    assert 'id="left" class="left" hx-swap-oob="true"' in answer.text
    assert 'id="announcements"' in answer.text


def test_the_next_one_that_the_list_has_not_loaded_yet_is_put_below_the_one_just_done(
    office: Office, ines: Employee
) -> None:
    first = office.expense(ines.card, "First", day=DAY)
    office.expense(ines.card, "Second", day=DAY - timedelta(days=1))
    answer = ines.complete(
        first,
        htmx=True,
        category=office.category_ids["train"],
        receipt=receipt(),
        loaded_to=f"to_complete.{DAY.isoformat()}.{first}",
    )
    assert opened(answer.text) == ["Second"]
    assert 'class="opened" hx-swap-oob' not in answer.text
    assert re.search(r'id="list-end"[^>]*hx-swap-oob="true"', answer.text)


def test_the_next_one_is_the_first_again_after_the_last_and_respects_the_month(
    office: Office, ines: Employee
) -> None:
    train = office.category_ids["train"]
    skipped = office.expense(ines.card, "Skipped", -100, day=DAY)
    last = office.expense(ines.card, "Last", -100, day=DAY - timedelta(days=3))
    assert ines.complete(last, category=train).location == f"/expenses/{skipped}"
    october = office.expense(ines.card, "October", -100, day=date(2026, 10, 2))
    answer = ines.complete(october, query="?month=2026-10", category=train)
    assert answer.location == "/expenses?month=2026-10"


def test_a_draft_is_kept_with_what_there_is_and_says_what_is_missing(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card, "Dinner")
    meals = office.category_ids["meals"]
    answer = ines.complete(expense, htmx=True, category=meals, receipt=receipt())
    assert answer.status_code == 200
    assert opened(answer.text) == ["Dinner"]
    assert "It stays to complete" in answer.text
    assert re.search(r'Comment\s*<span class="lacking">missing</span>', answer.text)
    stored = office.stored(expense)
    assert (stored.status, stored.category_id, stored.version) == ("to_complete", meals, 2)
    again = ines.complete(expense, version=2, category=meals, comment="With Paul")
    assert again.location == "/expenses"
    assert office.stored(expense).status == "complete"


def test_without_JavaScript_a_draft_comes_back_to_its_own_page(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    answer = ines.complete(expense, category=office.category_ids["train"])
    assert answer.location == f"/expenses/{expense}"
    assert "It stays to complete" in ines.browser.get(answer.location).text


def test_a_complete_expense_can_be_corrected_and_goes_back_when_something_is_taken_away(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    train = office.category_ids["train"]
    ines.complete(expense, category=train, receipt=receipt())
    ines.complete(expense, version=2, category=office.category_ids["taxi"])
    assert office.stored(expense).category_id == office.category_ids["taxi"]
    assert office.stored(expense).status == "complete"
    ines.complete(expense, version=3, category=train, action="remove")
    stored = office.stored(expense)
    assert (stored.status, stored.completed_at) == ("to_complete", None)


def test_a_policy_that_was_relaxed_is_met_by_saving_again(
    office: Office, entity: str, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    train = office.category_ids["train"]
    ines.complete(expense, category=train)
    office.change(LegalEntity, entity, receipt_from_minor=None)
    assert "To confirm" in ines.list()
    ines.complete(expense, version=2, category=train)
    assert office.stored(expense).status == "complete"


def test_DQ_nothing_that_the_bank_said_can_be_posted(
    office: Office, entity: str, ines: Employee
) -> None:
    """Mass assignment: whatever else a form says is not read."""
    expense = office.expense(ines.card, "Chez Paul", -1000)
    other = office.person(entity=entity)
    bank_before = bank_of(office, expense)
    ines.complete(
        expense,
        category=office.category_ids["train"],
        amount="-1",
        amount_minor="-1",
        currency="USD",
        day="2020-01-01",
        memo="Other",
        label="Other",
        title="Other",
        user_id=other,
        account_id="x",
        legal_entity_id="x",
        transaction_id="x",
        payment_mode="reimburse",
        status="not_expense",
        completed_at="2020-01-01",
        receipts="1",
        id="x",
    )
    stored = office.stored(expense)
    assert bank_of(office, expense) == bank_before
    assert (stored.user_id, stored.payment_mode, stored.day) == (ines.id, "company", DAY)
    assert (stored.status, stored.category_id) == ("complete", office.category_ids["train"])


@pytest.mark.parametrize("kind", ["of another group", "no longer offered", "of nobody"])
def test_a_category_that_is_not_offered_is_refused(
    office: Office, ines: Employee, kind: str
) -> None:
    categories = {
        "of another group": Office(office.database).category_ids["train"],
        "no longer offered": office.category("old", "Ancien", "Old", active=False),
        "of nobody": "01HZZZZZZZZZZZZZZZZZZZZZZZ",
    }
    expense = office.expense(ines.card)
    answer = ines.complete(expense, category=categories[kind], comment="Kept")
    assert answer.status_code == 422
    assert "not offered here" in answer.text
    assert "Kept" in answer.text
    assert office.stored(expense).version == 1


def test_a_category_that_is_no_longer_offered_stays_where_it_was_chosen(
    office: Office, ines: Employee
) -> None:
    train = office.category_ids["train"]
    expense = office.expense(ines.card)
    ines.complete(expense, category=train)
    office.change(Category, train, active=False)
    assert ines.complete(expense, version=2, category=train, receipt=receipt()).status_code == 303
    assert office.stored(expense).status == "complete"


def test_a_comment_that_is_too_long_is_refused_and_given_back(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    answer = ines.complete(expense, htmx=True, comment="é" * 2001)
    assert answer.status_code == 422
    assert "2001 characters" in answer.text
    assert "é" * 2001 in answer.text
    assert ines.complete(expense, comment="é" * 2000).status_code == 303
    assert office.stored(expense).comment == "é" * 2000


def test_hostile_words_are_shown_as_words(office: Office, ines: Employee) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'"
    expense = office.expense(ines.card, hostile, memo=hostile)
    ines.complete(expense, comment=hostile)
    for page in (ines.list(), ines.browser.get(f"/expenses/{expense}").text):
        assert "<img src=x" not in page
        assert titles(page) == [hostile] or opened(page) == [hostile]


# --- Two windows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_U01_what_another_window_saved_meanwhile_is_shown_beside_what_is_typed(
    office: Office, ines: Employee, htmx: bool
) -> None:
    expense = office.expense(ines.card, "Dinner")
    ines.complete(expense, category=office.category_ids["train"], comment="Saved first")
    answer = ines.complete(
        expense, htmx=htmx, category=office.category_ids["taxi"], comment="Typed second"
    )
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    saved = re.search(r'class="facts opened__saved">(.*?)</dl>', answer.text, re.S)
    assert saved
    assert "Saved first" in saved[1]
    assert "Train" in saved[1]
    assert re.search(r"<textarea[^>]*>\s*Typed second</textarea>", answer.text)
    assert f'value="{office.category_ids["taxi"]}" checked' in answer.text
    assert 'name="version" value="2"' in answer.text
    assert office.stored(expense).comment == "Saved first"
    ines.complete(expense, version=2, category=office.category_ids["taxi"], comment="Typed second")
    assert office.stored(expense).comment == "Typed second"


def test_U01_a_receipt_sent_with_an_outdated_form_is_kept_beside_the_saved_one(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    train, taxi = office.category_ids["train"], office.category_ids["taxi"]
    ines.complete(expense, category=train, receipt=receipt(PDF, "first.pdf"))
    late = ines.complete(expense, category=taxi, receipt=receipt(PDF + b"\n", "second.pdf"))
    assert late.status_code == 409
    assert "first.pdf" in late.text
    assert "second.pdf" in late.text
    assert office.stored(expense).category_id == train


def test_U02_the_same_form_sent_twice_is_written_once(office: Office, ines: Employee) -> None:
    expense = office.expense(ines.card)
    form: dict[str, Any] = {"category": office.category_ids["train"], "comment": "Once"}
    first = ines.complete(expense, receipt=receipt(), **form)
    second = ines.complete(expense, receipt=receipt(), **form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert office.stored(expense).version == 2


def test_U01_of_two_forms_sent_at_the_same_moment_one_is_written_and_one_is_told(
    app: Flask, office: Office, entity: str, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    train = office.category_ids["train"]
    windows = [Browser(app) for _ in range(2)]
    for window in windows:
        window.client.set_cookie("cardsync-login", office.log_in(ines.id))
    tokens = [window.token() for window in windows]
    start = Barrier(2)

    def send(number: int) -> int:
        form = {"version": 1, "category": train, "comment": f"From window {number}"}
        start.wait()
        return windows[number].post(f"/expenses/{expense}", form, token=tokens[number]).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [303, 409]
    assert office.stored(expense).version == 2


def test_U01_a_sync_that_changes_the_banks_values_costs_the_person_nothing(
    office: Office, ines: Employee
) -> None:
    """D-M, D-Q: booked with another amount meanwhile, what is typed is saved all the same."""
    expense = office.expense(ines.card, "Hotel", -1000, status="announced")
    transaction = office.stored(expense).transaction_id
    office.change(BankTransaction, transaction, status="booked", amount_minor=-1100)
    answer = ines.complete(expense, category=office.category_ids["hotel"])
    assert answer.status_code == 303
    assert office.stored(expense).status == "complete"
    assert "€11.00" in ines.list()
