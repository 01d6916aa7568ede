"""Purchases entered by hand, from the form to the question once the bank tells them (R56, A28)."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, TypeVar

import pytest
from flask import Flask
from PIL import Image
from sqlmodel import SQLModel, select
from werkzeug.test import TestResponse

from tests.support.employee import Employee
from tests.support.office import Office
from tests.support.report_company import text_of
from tests.support.report_desk import ReportDesk
from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.domain.reports import Step
from webapp.storage import forgetting, matching
from webapp.storage.accounts import Account, Attachment
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.questions import Question
from webapp.storage.receipts import ReceiptStore
from webapp.storage.reports import Report, ReportLine
from webapp.storage.transactions import BankTransaction, TransactionEvent

TODAY = datetime.now(UTC).date()
TAXI = TODAY - timedelta(days=2)
TYPED = {"amount": "31,00", "currency": "EUR", "day": TAXI.isoformat(), "words": "Taxi Gare"}


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


Model = TypeVar("Model", bound=SQLModel)


def every(database: Database, model: type[Model]) -> list[Model]:
    """Return every row of a table."""
    with database.read() as session:
        return list(session.exec(select(model)))


def press(ines: Employee, path: str = "/expenses/by-hand", **form: Any) -> TestResponse:
    return ines.browser.post(path, {**TYPED, "card": ines.card, **form})


def entered_by(ines: Employee, **form: Any) -> str:
    """Enter the taxi and return its expense's id."""
    answer = press(ines, **form)
    assert answer.status_code == 303, text_of(answer.text)
    return str(answer.location.rsplit("/", 1)[1])


# --- Entering ------------------------------------------------------------------------------------


def test_R56_a_purchase_entered_by_hand_is_an_expense_like_any_other(
    office: Office, ines: Employee
) -> None:
    expense_id = entered_by(ines)

    expense = office.stored(expense_id)
    (row,) = every(office.database, BankTransaction)
    assert (expense.status, expense.day, expense.payment_mode) == ("to_complete", TAXI, "company")
    assert (row.status, row.kind, row.amount_minor, row.currency) == (
        "entered",
        "purchase",
        -3100,
        "EUR",
    )
    assert (row.first_run_id, row.last_run_id, row.external_id) == (None, None, None)
    assert "Taxi Gare" in ines.list()
    assert "Entered by hand today; the bank has not told it yet." in ines.list()


def test_R3_it_is_completed_with_a_receipt_and_enters_a_report(
    office: Office, ines: Employee
) -> None:
    expense_id = entered_by(ines)
    buffer = BytesIO()
    Image.new("RGB", (60, 80), "white").save(buffer, "PNG")
    buffer.seek(0)
    ines.complete(expense_id, category=office.category_ids["taxi"], receipt=(buffer, "taxi.png"))

    assert office.stored(expense_id).status == "complete"
    (report,) = every(office.database, Report)
    page = text_of(ines.browser.get(f"/reports/{report.id}").text)
    assert "Taxi Gare" in page
    assert "Entered by hand today" in page
    ReportDesk(office.database).step(ines.id, report.id, Step.SUBMIT)
    assert office.stored(expense_id).locked_at is not None


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"amount": ""}, "Type the amount, like 12.50."),
        ({"amount": "a lot"}, "This amount cannot be read."),
        ({"amount": "-31"}, "Type what was paid, without a sign."),
        ({"amount": "0"}, "Type what was paid, without a sign."),
        ({"amount": "3.1234"}, "This amount cannot be read."),
        ({"day": ""}, "Choose the day of the purchase."),
        ({"day": "tuesday"}, "This day cannot be read."),
        ({"day": (TODAY + timedelta(days=2)).isoformat()}, "still to come"),
        ({"words": "  "}, "Say in a few words what it was."),
        ({"words": "x" * 201}, "At most 200 characters fit."),
        ({"card": "01NOSUCHCARD00000000000000"}, "Choose the card it was paid with."),
        ({"currency": "XYZ"}, "Nothing was saved yet."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    office: Office, ines: Employee, form: dict[str, str], said: str
) -> None:
    answer = press(ines, **form)

    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert every(office.database, BankTransaction) == []


def test_R14_only_with_a_card_that_was_held_on_that_day(
    office: Office, entity: str, ines: Employee
) -> None:
    other = office.card(entity, office.person(entity=entity), name="Carte de Bob")
    with office.database.read() as session:
        held = session.exec(select(Attachment).where(Attachment.account_id == ines.card)).one()
    office.change(Attachment, held.id, starts_on=TAXI + timedelta(days=1))

    assert "This card was not attached to you on that day." in text_of(press(ines).text)
    assert "Choose the card it was paid with." in text_of(press(ines, card=other).text)
    assert "Carte de Bob" not in ines.browser.get("/expenses/by-hand").text
    assert every(office.database, Expense) == []


def test_R27_without_a_card_the_page_says_whom_to_ask(
    office: Office, entity: str, ines: Employee
) -> None:
    office.person("Ada Admin", entity=entity, role=Role.ADMIN)
    office.change(Account, ines.card, payment_mode=None)
    page = text_of(ines.browser.get("/expenses/by-hand").text)
    assert "No card to enter a purchase with" in page
    assert "Ada Admin" in page


def test_I2_the_same_form_sent_twice_enters_one_purchase(office: Office, ines: Employee) -> None:
    found = re.search(r'name="key" value="(\w{26})"', ines.browser.get("/expenses/by-hand").text)
    assert found is not None
    first, second = (entered_by(ines, key=found[1]) for _ in range(2))
    assert first == second
    assert len(every(office.database, BankTransaction)) == 1


# --- The bank has it already ---------------------------------------------------------------------


def test_A28_what_the_bank_told_already_is_shown_before_anything_is_saved(
    office: Office, ines: Employee
) -> None:
    office.expense(ines.card, "G7 Taxis", -3100, day=TAXI + timedelta(days=1))
    office.expense(ines.card, "Fnac", -3200, day=TAXI)
    answer = press(ines)

    assert answer.status_code == 409
    page = text_of(answer.text)
    assert "Is it this one?" in page
    assert "Yes: G7 Taxis" in page
    assert "Fnac" not in page
    assert len(every(office.database, Expense)) == 2


def test_A28_yes_opens_that_expense_with_what_was_typed_and_doubles_nothing(
    office: Office, ines: Employee
) -> None:
    known = office.expense(ines.card, "G7 Taxis", -3100, day=TAXI)
    answer = press(ines, same=known, shown=known)

    assert answer.status_code == 200
    assert "G7 Taxis" in answer.text
    assert re.search(r"<textarea[^>]*>\s*Taxi Gare", answer.text)
    assert len(every(office.database, Expense)) == 1
    assert office.stored(known).comment == ""


def test_A28_no_enters_another_purchase_of_the_same_amount(office: Office, ines: Employee) -> None:
    known = office.expense(ines.card, "G7 Taxis", -3100, day=TAXI)
    assert press(ines, same="other").status_code == 409, "one that was not shown was not denied"
    entered_by(ines, same="other", shown=known)
    assert len(every(office.database, Expense)) == 2
    assert every(office.database, Question) == [], "the person has answered already"


def test_an_expense_of_somebody_else_is_never_opened_by_yes(
    app: Flask, office: Office, entity: str, ines: Employee
) -> None:
    theirs = Employee(app, office, entity, name="Bob")
    foreign = office.expense(theirs.card, "G7 Taxis", -3100, day=TAXI)
    assert press(ines, same=foreign).status_code == 403


def test_I11_a_row_that_waits_on_the_card_is_asked_about_at_once(
    office: Office, ines: Employee
) -> None:
    waits = office.expense(ines.card, "G7 Taxis", -3100, day=TAXI)
    with office.database.write() as session:
        row_id = session.get_one(Expense, waits).transaction_id
        session.delete(session.get_one(Expense, waits))
    entered_by(ines)
    (question,) = every(office.database, Question)
    assert (question.kind, question.doubt, question.second_id) == (
        "same_purchase",
        "by_hand",
        row_id,
    )


# --- Changing and deleting -----------------------------------------------------------------------


def test_it_can_be_changed_until_the_bank_tells_it(office: Office, ines: Employee) -> None:
    expense_id = entered_by(ines)
    own = f"/expenses/by-hand/{expense_id}"
    assert 'value="31.00"' in ines.browser.get(own).text
    before = TAXI - timedelta(days=1)
    assert press(ines, own, amount="32.50", day=before.isoformat(), words="Taxi").location

    (row,) = every(office.database, BankTransaction)
    assert (row.amount_minor, row.day, row.memo) == (-3250, before, "Taxi")
    assert office.stored(expense_id).day == before
    (event,) = every(office.database, TransactionEvent)
    assert (event.kind, event.user_id) == ("changed", ines.id)
    assert event.before is not None
    assert event.before["amount_minor"] == -3100


def test_R4_a_changed_day_moves_it_to_the_report_of_its_month(
    office: Office, ines: Employee
) -> None:
    expense_id = entered_by(ines, amount="5")
    ines.complete(expense_id, category=office.category_ids["taxi"])
    long_ago = TAXI - timedelta(days=40)
    press(ines, f"/expenses/by-hand/{expense_id}", amount="5", day=long_ago.isoformat())

    with office.database.read() as session:
        place = session.get_one(ReportLine, expense_id)
        report = session.get_one(Report, place.report_id)
    assert report.month == long_ago.replace(day=1)


def test_R3_an_amount_that_grew_may_ask_for_a_receipt(office: Office, ines: Employee) -> None:
    expense_id = entered_by(ines, amount="5")
    ines.complete(expense_id, category=office.category_ids["taxi"])
    assert office.stored(expense_id).status == "complete"
    press(ines, f"/expenses/by-hand/{expense_id}", amount="50")
    assert office.stored(expense_id).status == "to_complete"


def test_it_is_deleted_with_its_receipt_its_place_in_a_report_and_its_questions(
    office: Office, ines: Employee, settings: Settings
) -> None:
    expense_id = entered_by(ines)
    buffer = BytesIO()
    Image.new("RGB", (60, 80), "white").save(buffer, "PNG")
    buffer.seek(0)
    ines.complete(expense_id, category=office.category_ids["taxi"], receipt=(buffer, "taxi.png"))
    (receipt,) = every(office.database, Receipt)
    path = ReceiptStore(settings.folder.files / "receipts").path(receipt.id)
    assert path.is_file()

    own = f"/expenses/by-hand/{expense_id}/delete"
    assert "Tick the box to delete." in text_of(press(ines, own).text)
    assert len(every(office.database, Expense)) == 1
    assert press(ines, own, sure="1").status_code == 303
    for model in (BankTransaction, Expense, Receipt, Question):
        assert every(office.database, model) == []
    assert not path.exists()
    told = [event.action for event in every(office.database, AuditEvent)]
    assert told[-1] == "expense.entry_deleted"


@pytest.mark.parametrize("act", ["", "/delete"])
def test_what_the_bank_told_or_a_report_locks_is_not_changed_by_hand(
    office: Office, ines: Employee, act: str
) -> None:
    """I12."""
    told = office.expense(ines.card, "SNCF", -8900)
    locked = entered_by(ines, amount="5")
    ines.complete(locked, category=office.category_ids["taxi"])
    (report,) = every(office.database, Report)
    ReportDesk(office.database).step(ines.id, report.id, Step.SUBMIT)
    rows = [row.model_dump() for row in every(office.database, BankTransaction)]
    for expense_id in (told, locked):
        answer = press(ines, f"/expenses/by-hand/{expense_id}{act}", amount="77", sure="1")
        assert answer.location == f"/expenses/{expense_id}"
    assert [row.model_dump() for row in every(office.database, BankTransaction)] == rows
    assert len(every(office.database, Expense)) == 2


def test_G_deleting_imported_data_keeps_what_people_entered(office: Office, ines: Employee) -> None:
    """D-G, R82."""
    kept = entered_by(ines)
    office.expense(ines.card, "SNCF", -8900)
    with office.database.write() as session:
        counted = forgetting.imported(session, ines.card)
        assert (counted.transactions, counted.expenses, counted.by_hand) == (1, 1, 1)
        forgetting.forget(session, ines.card)
    assert [one.id for one in every(office.database, Expense)] == [kept]


def test_R63_an_account_that_goes_on_elsewhere_takes_the_entries_along(
    office: Office, entity: str, ines: Employee
) -> None:
    expense_id = entered_by(ines)
    known = office.card(entity, ines.id, name="Visa before")
    with office.database.write() as session:
        assert matching.last_days(session, [ines.card]) == {}, "it says nothing of the feed"
        assert matching.last_purchases(session, [ines.card]) == {}
        matching.hand_on(
            session, session.get_one(Account, ines.card), session.get_one(Account, known)
        )
    (row,) = every(office.database, BankTransaction)
    assert (row.account_id, office.stored(expense_id).account_id) == (known, known)


def test_what_another_row_was_merged_into_is_not_deleted(office: Office, ines: Employee) -> None:
    expense_id = entered_by(ines)
    other = office.stored(office.expense(ines.card, "SNCF", -8900)).transaction_id
    (row,) = [one for one in every(office.database, BankTransaction) if one.id != other]
    office.change(BankTransaction, other, status="duplicate", merged_into=row.id)
    press(ines, f"/expenses/by-hand/{expense_id}/delete", sure="1")
    assert office.stored(expense_id)


def test_R44_the_card_s_administrator_sees_who_told_it(
    app: Flask, office: Office, entity: str, ines: Employee
) -> None:
    entered_by(ines)
    admin = Browser(app)
    person = office.person("Ada Admin", entity=entity, role=Role.ADMIN)
    admin.client.set_cookie("cardsync-login", office.log_in(person))
    page = text_of(admin.get(f"/accounts/{ines.card}/operations").text)
    assert "Taxi Gare" in page
    assert "entered by hand, the bank has not told it yet" in page
    assert "imported" not in page
    assert "Purchase entered by hand" in text_of(admin.get("/audit").text)


def test_R81_the_day_still_says_why_the_bank_has_not_told_it(
    office: Office, ines: Employee
) -> None:
    entered_by(ines)
    page = text_of(ines.browser.get(f"/expenses/cards?day={TAXI}").text)
    assert "It was entered by hand" in page
    assert "No statement handed in holds it" in page
