"""My reports: what enters, what it comes to, submitting; on SQLite and on PostgreSQL."""

import pytest
from flask import Flask

from tests.support.office import DAY
from tests.support.report_company import Company, text_of
from tests.support.web import HTMX
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.expenses import PaymentMode
from webapp.domain.people import Role
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.people import LegalEntity
from webapp.storage.transactions import BankTransaction


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


@pytest.fixture
def company(app: Flask, database: Database) -> Company:
    return Company(app, database)


# --- Entering ------------------------------------------------------------------------------------


def test_R4_a_completed_expense_enters_the_report_of_its_month_by_itself(company: Company) -> None:
    browser, train = company.browser(company.ines), company.office.category_ids["train"]
    november = company.office.expense(company.card, "SNCF", -1250)
    october = company.office.expense(company.card, "Taxi", -900, day=DAY.replace(month=10, day=31))
    for expense in (november, october):
        browser.post(f"/expenses/{expense}", {"version": 1, "category": train, "comment": ""})
    first, second = company.reports()
    assert (first.month.month, company.inside(first.id)) == (10, {october})
    assert (second.month.month, company.inside(second.id)) == (11, {november})
    assert (second.status, second.month.day) == ("draft", 1)
    page = text_of(browser.get("/reports").text)
    assert page.index("November 2026") < page.index("October 2026")
    assert "In the report of November 2026" in text_of(browser.get(f"/expenses/{november}").text)


def test_R4_an_incomplete_one_is_refused_with_the_list_of_what_is_missing(
    company: Company,
) -> None:
    expense = company.office.expense(company.card, "Hotel", -8900)
    answer = company.act(company.ines, f"/reports/expenses/{expense}")
    assert answer.status_code == 409
    assert "Still missing: category, receipt." in text_of(answer.text)
    assert f'href="/expenses/{expense}"' in answer.text
    assert company.reports() == []


def test_R4_one_that_loses_something_leaves_the_report_again(company: Company) -> None:
    expense, other = company.complete(), company.complete("Taxi")
    report = company.desk.put_in(company.ines, expense, other)
    form = {"version": 1, "category": "", "comment": ""}
    company.browser(company.ines).post(f"/expenses/{expense}", form)
    assert company.inside(report) == {other}


def test_DM_one_the_bank_has_not_booked_stays_out_and_says_so(company: Company) -> None:
    expense = company.office.expense(company.card, "Hotel", -1000, status="announced")
    train = company.office.category_ids["train"]
    form = {"version": 1, "category": train, "comment": ""}
    company.browser(company.ines).post(f"/expenses/{expense}", form)
    assert company.reports() == []
    answer = company.act(company.ines, f"/reports/expenses/{expense}")
    assert answer.status_code == 409
    assert "The bank has not booked it yet." in text_of(answer.text)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "cancelled"}, "The bank withdrew it"),
        ({"expense_status": "not_expense"}, "It was marked as not an expense."),
    ],
)
def test_D_R_what_is_no_expense_is_refused(
    company: Company, values: dict[str, str], words: str
) -> None:
    expense = company.complete(**values)
    answer = company.act(company.ines, f"/reports/expenses/{expense}")
    assert (answer.status_code, words in text_of(answer.text)) == (409, True)


def test_R33_a_report_takes_nothing_of_another_entity(company: Company) -> None:
    own = company.desk.put_in(company.ines, company.complete())
    other = company.office.entity("Durand Benelux")
    company.office.grant(company.ines, other)
    foreign = company.complete(card=company.office.card(other, company.ines))
    answer = company.act(company.ines, f"/reports/expenses/{foreign}", report=own)
    assert "It belongs to another legal entity" in text_of(answer.text)
    company.act(company.ines, f"/reports/expenses/{foreign}")
    assert [report.legal_entity_id for report in company.reports()] == [company.entity, other]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["no JavaScript", "htmx"])
def test_an_expense_is_taken_out_and_put_back(company: Company, headers: dict[str, str]) -> None:
    expense, other = company.complete(), company.complete("Taxi")
    report = company.desk.put_in(company.ines, expense, other)
    browser = company.browser(company.ines)
    out = browser.post(f"/reports/expenses/{expense}/leave", headers=headers)
    assert company.inside(report) == {other}
    page = out.text if headers else browser.get(f"/reports/{report}").text
    assert "Not in this report" in page
    assert "It stays complete" in page
    browser.post(f"/reports/expenses/{expense}", {"report": report}, headers=headers)
    assert company.inside(report) == {expense, other}


def test_one_that_was_taken_out_stays_out_when_it_is_saved_again(company: Company) -> None:
    expense = company.complete()
    report = company.desk.put_in(company.ines, expense)
    company.desk.take_out(company.ines, expense)
    form = {"version": 1, "category": company.office.category_ids["taxi"], "comment": "More"}
    company.browser(company.ines).post(f"/expenses/{expense}", form)
    assert company.inside(report) == set()


def test_completed_expenses_that_are_in_no_report_are_put_into_theirs_at_once(
    company: Company,
) -> None:
    ids = {company.complete(day=DAY.replace(month=month)) for month in (9, 9, 10)}
    browser = company.browser(company.ines)
    assert "3 completed expenses are in no report." in text_of(browser.get("/reports").text)
    browser.post("/reports/collect")
    reports = company.reports()
    assert [report.month.month for report in reports] == [9, 10]
    assert set().union(*(company.inside(report.id) for report in reports)) == ids
    assert "in no report" not in text_of(browser.get("/reports").text)


# --- What it comes to ----------------------------------------------------------------------------


def test_R19_R20_the_report_keeps_what_the_company_paid_apart_from_what_is_owed(
    company: Company,
) -> None:
    company.office.change(LegalEntity, company.entity, receipt_from_minor=None)
    own = company.office.card(company.entity, company.ines, payment_mode="reimburse")
    dollars = company.office.card(company.entity, company.ines, currency="USD")
    expenses = [
        company.complete("Hotel", -10000),
        company.complete("Lunch", -1500, card=own),
        company.complete("Refund", 500, card=own),
        company.complete("Diner", -700, card=dollars),
    ]
    report = company.desk.put_in(company.ines, *expenses)
    page = text_of(company.browser(company.ines).get(f"/reports/{report}").text)
    assert "To be reimbursed to you €10.00 Paid by the company €100.00 Total €110.00" in page
    assert "To be reimbursed to you $0.00 Paid by the company $7.00 Total $7.00" in page
    listed = text_of(company.browser(company.ines).get("/reports").text)
    assert "€10.00 to reimburse €110.00" in listed


def test_R21_another_mode_of_the_card_does_not_change_what_a_report_comes_to(
    company: Company,
) -> None:
    report, _ = company.submitted()
    company.office.change(Account, company.card, payment_mode=PaymentMode.REIMBURSE.value)
    company.complete("Later", payment_mode=PaymentMode.REIMBURSE.value)
    for user, path in ((company.ines, "reports"), (company.sophie, "approvals")):
        page = text_of(company.browser(user).get(f"/{path}/{report}").text)
        assert "€0.00 Paid by the company €12.50 Total €12.50" in page


# --- Submitting ----------------------------------------------------------------------------------


def test_a_report_is_submitted_and_nothing_in_it_can_be_changed(company: Company) -> None:
    expense = company.complete()
    report = company.desk.put_in(company.ines, expense)
    page = company.browser(company.ines).get(f"/reports/{report}").text
    assert "1 expense goes to Sophie Marchand." in text_of(page)
    assert page.count("button--primary") == 1
    answer = company.act(company.ines, f"/reports/{report}/submit", report)
    assert answer.status_code == 303
    assert company.desk.stored(report).status == "submitted"
    before = company.office.stored(expense)
    form = {"version": before.version, "category": company.office.category_ids["taxi"]}
    for path, data in (
        (f"/expenses/{expense}", form),
        (f"/reports/expenses/{expense}/leave", {}),
    ):
        assert company.act(company.ines, path, **data).status_code == 409
    assert company.office.stored(expense) == before
    page = company.browser(company.ines).get(f"/expenses/{expense}").text
    assert "<textarea" not in page
    assert "stays as it is" in page


def test_the_same_form_sent_twice_submits_once(company: Company) -> None:
    report = company.desk.put_in(company.ines, company.complete())
    version = company.desk.stored(report).version
    answers = [
        company.act(company.ines, f"/reports/{report}/submit", version=version) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert [row.action for row in company.audited()] == ["report.submitted"]


def test_who_submits_has_seen_what_is_in_it(company: Company) -> None:
    report = company.desk.put_in(company.ines, company.complete())
    seen = company.desk.stored(report).version
    company.desk.put_in(company.ines, company.complete("Came in meanwhile"))
    answer = company.act(company.ines, f"/reports/{report}/submit", version=seen)
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert company.desk.stored(report).status == "draft"


def test_R4_a_report_goes_only_with_all_that_is_in_it(company: Company) -> None:
    """The bank's amount grew past the threshold from which a receipt is asked."""
    fine, grown, gone = company.complete(), company.complete("Hotel"), company.complete("Gone")
    report = company.desk.put_in(company.ines, fine, grown, gone)
    for expense, change in ((grown, {"amount_minor": -9900}), (gone, {"status": "cancelled"})):
        transaction = company.office.stored(expense).transaction_id
        company.office.change(BankTransaction, transaction, **change)
    page = text_of(company.browser(company.ines).get(f"/reports/{report}").text)
    assert "2 expenses cannot go with it" in page
    answer = company.act(company.ines, f"/reports/{report}/submit", report)
    assert answer.status_code == 409
    for words in ("Nothing was submitted", "Still missing: receipt.", "The bank withdrew it"):
        assert words in text_of(answer.text)
    assert company.desk.stored(report).status == "draft"
    assert company.office.stored(fine).locked_at is None


def test_an_empty_report_is_not_submitted(company: Company) -> None:
    expense = company.complete()
    report = company.desk.put_in(company.ines, expense)
    company.desk.take_out(company.ines, expense)
    answer = company.act(company.ines, f"/reports/{report}/submit", report)
    assert answer.status_code == 409
    assert "there is no expense in this report" in answer.text


def test_where_nobody_else_may_approve_the_page_says_whom_to_ask(company: Company) -> None:
    alone = company.office.entity("Durand Seul")
    for user in (company.ines,):
        company.office.grant(user, alone, Role.APPROVER)
    card = company.office.card(alone, company.ines)
    report = company.desk.put_in(company.ines, company.complete(card=card))
    page = company.browser(company.ines).get(f"/reports/{report}").text
    assert "Nobody else may approve reports in Durand Seul yet." in page
    assert "Submit the report" not in page


def test_where_nobody_else_may_approve_an_administrator_is_shown_where_to_change_it(
    company: Company,
) -> None:
    home = company.office.entity("Famille Durand", household=True)
    company.office.grant(company.ines, home, Role.ADMIN)
    card = company.office.card(home, company.ines)
    report = company.desk.put_in(company.ines, company.complete(card=card))
    page = company.browser(company.ines).get(f"/reports/{report}").text
    assert "Nobody but you may approve reports in Famille Durand" in page
    assert 'href="/configuration/people"' in page
    assert "what is complete stays complete without a report" in page


def test_a_submitted_report_is_taken_back_with_what_came_meanwhile(company: Company) -> None:
    report, expense = company.submitted()
    late = company.complete("Late")
    newer = company.desk.put_in(company.ines, late)
    assert newer != report, "a submitted report takes nothing more"
    assert company.act(company.ines, f"/reports/{report}/recall", report).status_code == 303
    (only,) = company.reports()
    assert (only.id, only.status, only.submitted_at) == (report, "draft", None)
    assert company.inside(report) == {expense, late}
    assert company.office.stored(expense).locked_at is None
