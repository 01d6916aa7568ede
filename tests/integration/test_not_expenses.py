"""Not an expense: out of the list with a reason, remembered, and taken up again (D-R, R82)."""

from datetime import date, timedelta

import pytest
from flask import Flask

from tests.support.employee import opened
from tests.support.report_company import Company, text_of
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import HTMX
from tests.support.world import ACTIVATED, fates, make_world
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.expenses import NotExpense, NotExpenseReason
from webapp.storage import not_expenses
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.reporting import Doer

PRIVATE = {"reason": "private", "note": "bread"}


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


@pytest.fixture
def company(app: Flask, database: Database) -> Company:
    return Company(app, database)


def stored(company: Company, expense: str) -> Expense:
    with company.database.read() as session:
        return session.get_one(Expense, expense)


def set_aside(company: Company, expense: str, **form: str) -> str:
    """Have Inès take it out; returns what she reads then."""
    browser = company.browser(company.ines)
    answer = browser.post(f"/expenses/{expense}/not-an-expense", form or PRIVATE)
    assert answer.status_code == 303
    return text_of(browser.get(answer.location).text)


def test_D_R_it_leaves_what_is_to_complete_and_says_why(company: Company) -> None:
    expense = company.office.expense(company.card, "Bakery", -340)
    company.office.expense(company.card, "SNCF", -1250)
    set_aside(company, expense)
    page = text_of(company.browser(company.ines).get("/expenses").text)
    assert "1 expense to complete" in page
    assert page.index("SNCF") < page.index("Not expenses") < page.index("Bakery")
    opened = text_of(company.browser(company.ines).get(f"/expenses/{expense}").text)
    assert "A private purchase: bread" in opened
    assert "It is an expense after all" in opened
    (event,) = company.audited()
    assert (event.action, event.target_id) == ("expense.set_aside", expense)


def test_D_R_in_the_list_the_next_one_opens_as_after_completing(company: Company) -> None:
    expense = company.office.expense(company.card, "Bakery", -340)
    company.office.expense(company.card, "SNCF", -1250)
    browser = company.browser(company.ines)
    answer = browser.post(f"/expenses/{expense}/not-an-expense", PRIVATE, headers=HTMX)
    assert answer.status_code == 200
    assert opened(answer.text) == ["SNCF"]
    assert "is not an expense any more" in text_of(answer.text)
    assert "1 expense to complete" in text_of(answer.text)


def test_D_R_it_leaves_its_report_and_comes_back_as_complete_as_it_was(company: Company) -> None:
    expense = company.complete()
    report = company.desk.put_in(company.ines, expense)
    set_aside(company, expense)
    assert company.inside(report) == set()

    answer = company.act(company.ines, f"/expenses/{expense}/take-up")
    assert answer.location == f"/expenses/{expense}"
    assert company.inside(report) == {expense}
    again = stored(company, expense)
    assert (again.status, again.not_expense_reason) == ("complete", None)
    assert again.category_id == company.office.category_ids["train"]


def test_D_R_one_that_lacks_something_comes_back_to_be_completed(company: Company) -> None:
    expense = company.office.expense(company.card, "Hotel", -8900)
    set_aside(company, expense)
    company.act(company.ines, f"/expenses/{expense}/take-up")
    assert stored(company, expense).status == "to_complete"


def test_D_R_pressed_twice_it_happens_once(company: Company) -> None:
    expense = company.office.expense(company.card, "Bakery", -340)
    set_aside(company, expense)
    set_aside(company, expense, reason="transfer")
    assert stored(company, expense).not_expense_reason == "private"
    for _ in range(2):
        company.act(company.ines, f"/expenses/{expense}/take-up")
    assert [event.action for event in company.audited()] == [
        "expense.set_aside",
        "expense.taken_up",
    ]


@pytest.mark.parametrize(
    "form", [{"reason": "invented"}, {"note": "no reason"}], ids=["invented", "none"]
)
def test_D_R_a_reason_is_one_of_those_offered(company: Company, form: dict[str, str]) -> None:
    expense = company.office.expense(company.card, "Bakery", -340)
    answer = company.act(company.ines, f"/expenses/{expense}/not-an-expense", **form)
    assert answer.status_code == 400
    assert stored(company, expense).status == "to_complete"


def test_D_R_something_else_needs_words(company: Company) -> None:
    expense = company.office.expense(company.card, "Bakery", -340)
    shown = set_aside(company, expense, reason="other")
    assert "say in a few words why it is not an expense" in shown
    assert stored(company, expense).status == "to_complete"


def test_D_R_what_is_submitted_stays_an_expense(company: Company) -> None:
    _, expense = company.submitted()
    assert "it is in a submitted report" in set_aside(company, expense)
    assert stored(company, expense).status == "complete"


def test_D_R_nobody_else_may_say_so(company: Company) -> None:
    expense = company.office.expense(company.card, "Bakery", -340)
    for path in ("not-an-expense", "take-up"):
        answer = company.act(company.sophie, f"/expenses/{expense}/{path}", **PRIVATE)
        assert answer.status_code == 403
    assert stored(company, expense).status == "to_complete"


def test_D_R_R82_removed_by_a_person_it_is_not_brought_back_by_a_sync(database: Database) -> None:
    day = date(2026, 3, 18)
    world = make_world(database, ScriptedBank([purchase("t0", -1000, day)]).connector())
    world.sync(ACTIVATED + timedelta(days=2))
    (expense,) = world.expenses()
    by = Doer(world.user_id, frozenset({world.entity_id}), frozenset(), expense.created_at)
    with database.write() as session:
        not_expenses.set_aside(session, by, expense.id, NotExpense(NotExpenseReason.PRIVATE))

    assert fates(world.sync(ACTIVATED + timedelta(days=3))) == {"unchanged": 1}
    assert [(one.id, one.status) for one in world.expenses()] == [(expense.id, "not_expense")]
