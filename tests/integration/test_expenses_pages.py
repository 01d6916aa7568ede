"""The list of one's own expenses, on SQLite and on PostgreSQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests.support.employee import Employee, receipt, titles
from tests.support.office import DAY, Office
from tests.support.web import HTMX, Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.views import expenses as pages


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


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


# --- The list ------------------------------------------------------------------------------------


def test_R2_R3_a_new_expense_stands_under_to_complete_with_what_is_missing(
    office: Office, ines: Employee
) -> None:
    office.expense(ines.card, "SNCF Connect", -8900)
    page = ines.list()
    assert titles(page) == ["SNCF Connect"]
    assert "<strong>1</strong> expense to complete" in page
    assert "€89.00" in page
    missing = re.search(r'class="expense__state">(.*?)</p>', page, re.S)
    assert missing
    assert re.findall(r"</svg>(\w+)<", missing[1]) == ["Category", "Receipt"]


def test_R17_the_list_shows_every_card_of_a_person_and_names_each(
    office: Office, entity: str, ines: Employee
) -> None:
    second = office.card(entity, ines.id, name="Amex Gold", number_last4="1003")
    third = office.card(entity, ines.id, name="Fuel card", number_last4="7777")
    for card in (ines.card, second, third):
        office.expense(card)
    page = ines.list()
    assert len(titles(page)) == 3
    for name, last4 in (("Visa Affaires", "4821"), ("Amex Gold", "1003"), ("Fuel card", "7777")):
        assert name in page
        assert last4 in page


def test_R17_the_card_number_of_the_transaction_is_shown_when_the_bank_gives_one(
    office: Office, ines: Employee
) -> None:
    office.expense(ines.card, card_last4="0042")
    assert "0042" in ines.list()


def test_R18_each_expense_says_who_pays(office: Office, entity: str, ines: Employee) -> None:
    office.expense(ines.card)
    assert "Company" in ines.list()
    assert "To reimburse" not in ines.list()
    office.expense(office.card(entity, ines.id, payment_mode="reimburse"))
    assert "To reimburse" in ines.list()


def test_R21_the_mode_shown_is_that_of_the_expense_not_that_of_its_card_today(
    office: Office, ines: Employee
) -> None:
    office.expense(ines.card)
    office.change(Account, ines.card, payment_mode="reimburse")
    assert "To reimburse" not in ines.list()


def test_what_is_to_complete_comes_first_then_what_is_complete_each_newest_first(
    office: Office, ines: Employee
) -> None:
    for title, age, status in (
        ("Complete, new", 0, "complete"),
        ("To complete, old", 9, "to_complete"),
        ("Complete, old", 9, "complete"),
        ("To complete, new", 1, "to_complete"),
    ):
        office.expense(ines.card, title, day=DAY - timedelta(days=age), expense_status=status)
    assert titles(ines.list()) == [
        "To complete, new",
        "To complete, old",
        "Complete, new",
        "Complete, old",
    ]


def test_a_refund_is_negative_and_called_one_and_a_foreign_amount_is_shown_beside_ours(
    office: Office, ines: Employee
) -> None:
    office.expense(ines.card, "SNCF Connect", 4450)
    office.expense(ines.card, "Uber London", -2315, original_minor=-1980, original_currency="GBP")
    page = ines.list()
    assert "-€44.50" in page
    assert "Refund" in page
    assert "€23.15" in page
    assert "£19.80" in page


def test_amounts_and_days_are_written_in_the_language_of_the_person(
    app: Flask, office: Office, entity: str
) -> None:
    lucie = Employee(app, office, entity, name="Lucie Petit", locale="fr")
    office.expense(lucie.card, "Péage", -123_456)
    page = lucie.list()
    assert "1\u202f234,56\xa0€" in page
    assert "nov." in page


def test_an_announced_expense_is_marked_and_explained_and_can_be_completed(
    office: Office, ines: Employee
) -> None:
    """D-M: it waits for the bank with what was said of it."""
    expense = office.expense(ines.card, "Hôtel", -1500, status="announced")
    page = ines.list()
    assert "row--announced" in page
    assert "Not booked by the bank yet" in page
    assert ines.complete(expense, category=office.category_ids["hotel"]).status_code == 303
    assert office.stored(expense).status == "complete"
    assert "Not booked by the bank yet" in ines.list()


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_a_withdrawn_transaction_asks_nothing_and_says_so(
    office: Office, ines: Employee, status: str
) -> None:
    expense = office.expense(ines.card, "Hold", status=status)
    page = ines.list()
    assert "Withdrawn by the bank" in page
    assert "Everything is complete" in page
    assert titles(ines.list("?show=to_complete")) == []
    assert "completion" not in ines.browser.get(f"/expenses/{expense}").text
    answer = ines.complete(expense, category=office.category_ids["hotel"])
    assert (answer.status_code, answer.location) == (303, "/expenses")
    assert office.stored(expense).category_id is None


def test_D_R_an_expense_that_is_none_is_listed_apart_and_not_completed(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card, "Mine", expense_status="not_expense")
    assert titles(ines.list()) == ["Mine"]
    assert titles(ines.list("?show=to_complete")) == titles(ines.list("?show=complete")) == []
    ines.complete(expense, category=office.category_ids["hotel"], receipt=receipt())
    assert office.stored(expense).status == "not_expense"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["November, open", "October, open", "November, done"]),
        ("?show=to_complete", ["November, open", "October, open"]),
        ("?show=complete", ["November, done"]),
        ("?month=2026-11", ["November, open", "November, done"]),
        ("?show=to_complete&month=2026-10", ["October, open"]),
        ("?show=complete&month=2026-10", []),
        ("?show=nonsense&month=2026-13", ["November, open", "October, open", "November, done"]),
    ],
)
def test_the_filters_narrow_the_list(
    office: Office, ines: Employee, query: str, shown: list[str]
) -> None:
    office.expense(ines.card, "November, open", day=date(2026, 11, 30))
    office.expense(ines.card, "October, open", day=date(2026, 10, 1))
    office.expense(ines.card, "November, done", day=date(2026, 11, 1), expense_status="complete")
    assert titles(ines.list(query)) == shown
    assert titles(ines.list(query, headers=HTMX)) == shown


def test_what_is_left_is_counted_and_added_up_per_currency(
    office: Office, entity: str, ines: Employee
) -> None:
    pounds = office.card(entity, ines.id, currency="GBP")
    office.expense(ines.card, "a", -1000)
    office.expense(ines.card, "b", -2000)
    office.expense(ines.card, "refund", 500)
    office.expense(pounds, "c", -700)
    office.expense(ines.card, "done", -9900, expense_status="complete")
    page = ines.list()
    assert "<strong>4</strong> expenses to complete" in page
    left = re.search(r'class="left__sums">(.*?)</p>', page, re.S)
    assert left
    assert re.findall(r">([^<]*)</span>", left[1]) == ["€25.00", "£7.00"]


def test_pages_follow_a_key_so_that_nothing_is_repeated_or_skipped_while_a_sync_inserts(
    office: Office, ines: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U03: many rows of one day, and rows that arrive between two pages."""
    monkeypatch.setattr(pages, "PAGE_SIZE", 7)
    office.expenses(ines.card, 20)
    office.expenses(ines.card, 9, expense_status="complete")
    seen: list[str] = []
    query = "/expenses"
    for _page in range(10):
        page = ines.browser.get(query).text
        seen += titles(page)
        older = re.search(r'href="(/expenses\?below=[^"]*)"', page)
        if older is None:
            break
        query = unescape(older[1])
        office.expense(ines.card, "Newer", day=DAY + timedelta(days=1))
    purchases = [f"Purchase {number}" for number in range(20)]
    assert sorted(seen[:20]) == sorted(purchases)
    assert sorted(seen[20:]) == sorted(purchases[:9])


def test_a_key_that_is_none_of_ours_is_a_page_that_does_not_exist(ines: Employee) -> None:
    for below in ("x", "to_complete.2026-99-99.1", "to_complete..", "other.2026-01-01.1"):
        assert ines.browser.get(f"/expenses?below={below}").status_code == 404


def test_a_page_costs_the_same_number_of_statements_for_5_lines_and_for_50(
    database: Database, office: Office, entity: str, ines: Employee
) -> None:
    counts = []
    for more in (5, 45):
        office.expenses(ines.card, more)
        with statements(database) as sent:
            page = ines.list()
        counts.append(len(sent))
    assert len(titles(page)) == 50
    assert counts[0] == counts[1]
    assert counts[0] <= 16


# --- Whose expenses ------------------------------------------------------------------------------


def test_a_person_sees_their_own_expenses_over_all_their_entities_and_nobody_elses(
    app: Flask, office: Office, entity: str, ines: Employee
) -> None:
    other_entity = office.entity("Durand Belgium")
    both = Employee(app, office, entity)
    office.grant(both.id, other_entity)
    office.expense(both.card, "Mine in France")
    office.expense(office.card(other_entity, both.id), "Mine in Belgium")
    office.expense(ines.card, "A colleague's")
    page = both.list()
    assert sorted(titles(page)) == ["Mine in Belgium", "Mine in France"]
    assert "Durand Belgium" in page


def test_an_expense_of_an_entity_one_has_left_is_no_longer_shown(
    app: Flask, office: Office, entity: str
) -> None:
    gone = office.entity("Sold SA")
    person = Employee(app, office, entity)
    expense = office.expense(office.card(gone, person.id), "From before")
    assert titles(person.list()) == []
    assert person.browser.get(f"/expenses/{expense}").status_code == 404
    assert person.complete(expense).status_code == 404


@pytest.mark.parametrize(
    ("role", "same_entity", "status"),
    [
        (Role.EMPLOYEE, True, 403),
        (Role.ADMIN, True, 403),
        (Role.SUPPORT, True, 403),
        (Role.EMPLOYEE, False, 404),
        (Role.ADMIN, False, 404),
    ],
)
def test_R33_somebody_elses_expense_is_403_inside_ones_entities_and_404_outside(
    app: Flask,
    office: Office,
    entity: str,
    ines: Employee,
    role: Role,
    same_entity: bool,
    status: int,
) -> None:
    expense = office.expense(ines.card)
    where = entity if same_entity else office.entity("Elsewhere")
    other = Employee(app, office, where, role=role)
    assert other.browser.get(f"/expenses/{expense}").status_code == status
    assert other.browser.get(f"/expenses/{expense}", headers=HTMX).status_code == status
    assert other.complete(expense, category=office.category_ids["train"]).status_code == status
    assert office.stored(expense).version == 1


def test_support_has_no_expenses_of_its_own(app: Flask, office: Office, entity: str) -> None:
    support = Employee(app, office, entity, role=Role.SUPPORT)
    assert support.browser.get("/expenses").status_code == 403


def test_a_stranger_is_sent_to_the_login_page(app: Flask) -> None:
    answer = Browser(app).get("/expenses")
    assert answer.status_code in (302, 303)
    assert answer.location.startswith("/login")


# --- Empty ---------------------------------------------------------------------------------------


def test_without_a_card_the_page_says_whom_to_ask(app: Flask, office: Office, entity: str) -> None:
    office.person("Claire Martin", role=Role.ADMIN)
    office.person("Farid Benali", entity=entity, role=Role.ADMIN)
    office.person("Elsewhere Admin", entity=office.entity("Elsewhere"), role=Role.ADMIN)
    newcomer = office.person("New Comer", entity=entity)
    browser = Browser(app)
    browser.client.set_cookie("cardsync-login", office.log_in(newcomer))
    page = browser.get("/expenses").text
    assert "No card is attached to you yet" in page
    assert "Claire Martin" in page
    assert "Farid Benali" in page
    assert "Elsewhere Admin" not in page


def test_with_a_card_and_no_expense_the_page_says_what_will_happen(ines: Employee) -> None:
    page = ines.list()
    assert "Visa Affaires: attached to you." in page


def test_when_all_is_done_the_page_says_so(office: Office, ines: Employee) -> None:
    office.expense(ines.card, expense_status="complete")
    assert "Everything is complete" in ines.list()
    assert "All done" in ines.list("?show=to_complete")


def test_a_part_of_the_page_is_answered_to_htmx_and_the_whole_to_everybody_else(
    office: Office, ines: Employee
) -> None:
    expense = office.expense(ines.card)
    for path, start in (
        ("/expenses", '<div id="listing"'),
        (f"/expenses/{expense}", f'<li id="expense-{expense}" class="opened'),
        (f"/expenses/{expense}?part=row", f'<li id="expense-{expense}" class="row'),
    ):
        part = ines.browser.get(path, headers=HTMX)
        assert part.text.lstrip().startswith(start)
        assert "HX-Request" in part.headers["Vary"]
        assert ines.browser.get(path).text.startswith("<!doctype html>")
