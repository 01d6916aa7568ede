"""The pages on which questions are put, answered and taken back, and merging by hand (I11, A29)."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from tests.support.office import DAY
from tests.support.twins import Twins
from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.storage.database import Database
from webapp.storage.questions import Question


@pytest.fixture
def twins(database: Database) -> Twins:
    return Twins(database)


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


def browser_of(app: Flask, twins: Twins, user: str = "") -> Browser:
    browser = Browser(app)
    browser.client.set_cookie("cardsync-login", twins.office.log_in(user or twins.admin))
    return browser


@pytest.fixture
def claire(app: Flask, twins: Twins) -> Browser:
    return browser_of(app, twins)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def follow(browser: Browser, location: str) -> str:
    return words(browser.get(location).text)


def test_I11_nothing_to_decide_says_so(claire: Browser) -> None:
    page = words(claire.get("/questions").text)
    assert "Nothing to decide" in page and "Answered questions" not in page
    assert "question waits" not in page


def test_I11_both_rows_with_evidence_work_and_what_happens_then(
    claire: Browser, twins: Twins
) -> None:
    hold = twins.row("Station", -10000, status="announced", booked_on=None)
    twins.work(hold, "full tank")
    fill = twins.row("Station", -6320)
    question = twins.ask(hold, fill)
    assert "One purchase or two?" in words(claire.get("/questions").text)
    page = words(claire.get(f"/questions/{question}").text)
    for said in (
        "The amounts differ. A tip",
        "-€100.00",
        "-€63.20",
        "agrees",
        "differs",
        "announced, not booked yet",
        "Inès Durand: complete",
        "1 receipt",
        "“full tank”",
        "One expense is left, with the receipts and comments of both.",
        "Both stay as they are",
    ):
        assert said in page, said


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/audit", "1 question about double operations waits for an answer."),
        ("/configuration/imports/{entity}/interfaces/{interface}", "1 question waits for you"),
        ("/accounts/{account}/operations", "1 question waits for you"),
    ],
)
def test_I11_open_questions_are_seen_where_they_matter(
    claire: Browser, twins: Twins, path: str, says: str
) -> None:
    interface = twins.office._interfaces[twins.entity][0]
    place = path.format(entity=twins.entity, interface=interface, account=twins.card)
    assert says not in words(claire.get(place).text)
    twins.ask(twins.row(), twins.row())
    page = words(claire.get(place).text)
    assert says in page and "Questions 1 is open" in page


def test_who_does_not_configure_is_not_told(app: Flask, twins: Twins) -> None:
    twins.ask(twins.row(), twins.row())
    page = words(browser_of(app, twins, twins.holder).get("/expenses").text)
    assert "double operations" not in page


def test_I11_answered_and_taken_back_with_who_and_when(claire: Browser, twins: Twins) -> None:
    first, second = twins.row(), twins.row()
    question = twins.ask(first, second)
    answer = claire.post(f"/questions/{question}", {"same": "yes"})
    assert "Answered: One purchase." in follow(claire, answer.location)
    assert twins.stored(second).merged_into == first
    listed = words(claire.get("/questions").text)
    assert "Nothing to decide" in listed and "the same" in listed and "Claire Durand on" in listed
    page = words(claire.get(f"/questions/{question}").text)
    assert "Take back: two purchases" in page and "merged with another row" in page
    back = claire.post(f"/questions/{question}/take-back")
    assert "They are two purchases again." in follow(claire, back.location)
    assert twins.stored(second).status == "booked" and twins.expense_of(second) is not None
    again = claire.post(f"/questions/{question}/take-back")
    assert "They are not merged any more." in follow(claire, again.location)


def test_the_second_to_answer_is_told_who_answered(
    app: Flask, claire: Browser, twins: Twins
) -> None:
    question = twins.ask(twins.row(), twins.row())
    claire.post(f"/questions/{question}", {"same": "no"})
    other = twins.office.person("Paul", entity=twins.entity, role=Role.ADMIN)
    late = browser_of(app, twins, other)
    answer = late.post(f"/questions/{question}", {"same": "yes"})
    assert "Claire Durand had answered on" in follow(late, answer.location)
    assert twins.question(question).answer == "different"


def test_no_answer_chosen_and_one_that_cannot_be(claire: Browser, twins: Twins) -> None:
    first, second = twins.row(), twins.row(day=DAY.replace(month=10))
    for row in (first, second):
        twins.work(row)
        twins.submit(row)
    question = twins.ask(first, second)
    empty = claire.post(f"/questions/{question}")
    assert empty.status_code == 422 and "Choose one of the two answers." in words(empty.text)
    refused = claire.post(f"/questions/{question}", {"same": "yes"})
    assert refused.status_code == 409
    assert "The expenses of both are in submitted reports" in words(refused.text)
    assert "in a submitted report" in words(refused.text)


def test_what_the_bank_settled_is_said(claire: Browser, twins: Twins) -> None:
    second = twins.row()
    question = twins.ask(twins.row(), second)
    twins.office.change(type(twins.stored(second)), second, status="cancelled")
    answer = claire.post(f"/questions/{question}", {"same": "yes"})
    assert "Nothing needed to be decided any more" in follow(claire, answer.location)


def test_C16_rows_held_back_are_shown_with_how_many_agree(claire: Browser, twins: Twins) -> None:
    rows = [twins.row("Paul", -100 * n) for n in (1, 2)]
    lines = []
    for number, row in enumerate(rows):
        stored = twins.stored(row)
        memo = stored.memo if number else "ANOTHER WORDING"
        line = (
            f'{{"account_ref": "x", "memo": "{memo}", "purchased_on": "{stored.day}", '
            f'"amount": "{stored.amount_minor / 100:.2f}", "currency": "EUR"}}'
        )
        lines.append((f"files:{number}", line, row))
    question = twins.ask(None, kind="new_ids", doubt=None, evidence={"held": lines})
    page = words(claire.get(f"/questions/{question}").text)
    assert "1 of 2 agree in day, amount and wording." in page
    assert "They are the known ones" in page and "They are new purchases" in page
    assert "2 rows held back" in words(claire.get("/questions").text)
    assert claire.post(f"/questions/{question}", {"same": "yes"}).status_code == 303


def test_C17_another_card_is_shown_beside_the_one_known(claire: Browser, twins: Twins) -> None:
    shown = {"last4": "9911", "holder_name": "PAUL", "name": "Visa Affaires"}
    question = twins.ask(None, kind="other_card", doubt=None, evidence=shown)
    page = words(claire.get(f"/questions/{question}").text)
    assert "4821 9911 differs" in page and "Visa Affaires Visa Affaires agrees" in page
    answer = claire.post(f"/questions/{question}", {"same": "no"})
    assert "Answered: Another card: stop syncing it." in follow(claire, answer.location)


def test_A29_merged_by_hand_from_the_operations_of_a_card(claire: Browser, twins: Twins) -> None:
    row, twin = twins.row("Paul"), twins.row("Paul CB", day=DAY + timedelta(days=2))
    far = twins.row("Far away", day=DAY + timedelta(days=40))
    dear = twins.row("Dearer", -9900)
    shown = claire.get(f"/accounts/{twins.card}/operations/{row}").text
    assert f"/transactions/{row}/same" in shown
    offered = claire.get(f"/transactions/{row}/same").text
    assert twin in offered and far not in offered and dear not in offered
    preview = words(claire.get(f"/transactions/{row}/same?with={twin}").text)
    assert "This one stays" in preview and "they stay one" in preview
    done = claire.post(f"/transactions/{row}/same", {"with": twin})
    assert "They are one purchase now." in follow(claire, done.location)
    assert twins.stored(twin).merged_into == row
    shown = claire.get(f"/accounts/{twins.card}/operations/{twin}").text
    assert f"/transactions/{twin}/same" not in shown
    assert "The same purchase as another row" in words(shown)


def test_what_cannot_be_merged_by_hand_is_said(claire: Browser, twins: Twins) -> None:
    row = twins.row()
    assert "No other row fits" in words(claire.get(f"/transactions/{row}/same").text)
    assert claire.get(f"/transactions/{row}/same?with=nothing").status_code == 404
    nothing = claire.post(f"/transactions/{row}/same")
    assert nothing.status_code == 422 and "Choose the other row first." in words(nothing.text)
    itself = claire.post(f"/transactions/{row}/same", {"with": row})
    assert itself.status_code == 409 and "Choose two different rows." in words(itself.text)


def test_the_audit_trail_names_what_was_done(claire: Browser, twins: Twins) -> None:
    question = twins.ask(twins.row(), twins.row())
    claire.post(f"/questions/{question}", {"same": "yes"})
    claire.post(f"/questions/{question}/take-back")
    trail = words(claire.get("/audit").text)
    for said in (
        "Question about double operations answered",
        "Two operations made one purchase",
        "Operations parted again: two purchases",
    ):
        assert said in trail


def test_no_question_is_ever_asked_twice_of_a_pair(twins: Twins) -> None:
    first, second = twins.row(), twins.row()
    twins.ask(first, second)
    with pytest.raises(Exception, match=r"(?i)unique"), twins.database.write() as session:
        session.add(
            Question(
                legal_entity_id=twins.entity,
                account_id=twins.card,
                kind="same_purchase",
                first_id=first,
                second_id=second,
                asked_at=twins.now,
            )
        )
