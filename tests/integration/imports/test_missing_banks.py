"""“My bank is missing”: recorded once, seen by support, answered to those who asked (R48)."""

import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from tests.support.import_admin import Admin, words
from tests.support.web import Browser
from webapp.storage.audit import AuditEvent
from webapp.storage.bank_requests import BankRequest

LogIn = Callable[[str], Browser]
BANK = "Banque Imaginaire"
SUPPORT = "/support/missing-banks"


def ask(admin: Admin, bank: str = BANK, note: str = "") -> str:
    """Send the form and return what the page says afterwards."""
    answer = admin.browser.post(f"{admin.home}/missing-bank", {"bank": bank, "note": note})
    assert answer.status_code == 303, words(answer)
    return words(admin.browser.get(answer.location))


def requests(admin: Admin) -> list[BankRequest]:
    with admin.database.read() as session:
        return list(session.exec(select(BankRequest)))


def answer_as(browser: Browser, request: BankRequest, text: str) -> None:
    assert browser.post(f"{SUPPORT}/{request.id}", {"answer": text}).status_code == 303


def test_R48_an_empty_result_offers_the_form_with_the_name_filled_in(claire: Admin) -> None:
    page = claire.browser.get(f"{claire.home}/add", query_string={"q": BANK})
    assert "Nothing is called “Banque Imaginaire” here." in words(page)
    assert "My bank is missing" in words(page)
    assert re.search(f'name="bank"[^>]*value="{BANK}"', page.text)
    assert 'id="missing-bank" open' in page.text


def test_R48_the_request_keeps_the_bank_the_entity_and_who_asked(claire: Admin) -> None:
    page = ask(claire, note="We log in at banque.example")
    assert "“Banque Imaginaire” is recorded: support sees it" in page
    assert "Missing banks you asked for" in page
    (row,) = requests(claire)
    assert (row.name, row.note, row.legal_entity_id, row.asked_by, row.times) == (
        BANK,
        "We log in at banque.example",
        claire.entity_id,
        claire.user("claire@faure.example"),
        1,
    )


@pytest.mark.parametrize("again", [BANK, "banque imaginaire", "  BANQUE-IMAGINAIRE! "])
def test_R48_a_request_of_the_same_name_joins_instead_of_doubling(
    claire: Admin, again: str
) -> None:
    ask(claire, note="in Lyon")
    page = ask(claire, again, note="and in Paris")
    assert "was asked for before: your request joins the earlier one" in page
    (row,) = requests(claire)
    assert (row.times, row.name, row.note) == (2, BANK, "in Lyon\nand in Paris")


def test_a_note_too_many_leaves_the_newest(claire: Admin) -> None:
    ask(claire, note="a" * 600)
    ask(claire, note="b" * 600)
    assert requests(claire)[0].note == "b" * 600


@pytest.mark.parametrize(
    ("bank", "note"), [("", ""), ("   ", ""), ("?!", ""), ("x" * 101, ""), ("x", "n" * 1001)]
)
def test_what_cannot_be_looked_for_is_refused_with_words(
    claire: Admin, bank: str, note: str
) -> None:
    answer = claire.browser.post(f"{claire.home}/missing-bank", {"bank": bank, "note": note})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert requests(claire) == []


def test_R48_support_sees_who_misses_which_bank_and_how_often(
    claire: Admin, logged_in: LogIn
) -> None:
    ask(claire)
    ask(claire, note="Please")
    page = words(logged_in("support").get(SUPPORT))
    for told in (BANK, "Faure Conseil SAS", "claire@faure.example", "2 times", "Please"):
        assert told in page


def test_R48_the_answer_of_support_is_shown_to_those_who_asked(
    claire: Admin, logged_in: LogIn
) -> None:
    ask(claire)
    support = logged_in("support")
    answer_as(support, requests(claire)[0], "It comes in April.")
    page = words(claire.browser.get(f"{claire.home}/add"))
    assert "Support: “It comes in April.”" in page
    assert "Answered" in page
    assert BANK not in words(support.get(SUPPORT)).split("Missing banks")[-1]
    assert BANK in words(support.get(f"{SUPPORT}?show=all"))


def test_a_request_made_again_after_its_answer_waits_again(claire: Admin, logged_in: LogIn) -> None:
    ask(claire)
    support = logged_in("support")
    answer_as(support, requests(claire)[0], "It comes in April.")
    ask(claire, note="It is May.")
    page = words(support.get(SUPPORT))
    assert "It is May." in page
    assert "It comes in April." in page


def test_an_answer_without_words_is_refused_and_nothing_changes(
    claire: Admin, logged_in: LogIn
) -> None:
    ask(claire)
    answer = logged_in("support").post(f"{SUPPORT}/{requests(claire)[0].id}", {"answer": " "})
    assert answer.status_code == 422
    assert "Say what they can expect." in words(answer)
    assert requests(claire)[0].open


def test_R33_a_request_is_seen_and_answered_in_its_own_group_only(
    claire: Admin, logged_in: LogIn
) -> None:
    ask(claire)
    other = logged_in("elodie")
    assert BANK not in words(other.get(f"{SUPPORT}?show=all"))
    answer = other.post(f"{SUPPORT}/{requests(claire)[0].id}", {"answer": "x"})
    assert answer.status_code == 404


def test_every_act_is_in_the_audit_trail_of_the_group(claire: Admin, logged_in: LogIn) -> None:
    ask(claire)
    ask(claire)
    answer_as(logged_in("support"), requests(claire)[0], "Soon.")
    with claire.database.read() as session:
        actions = [
            event.action
            for event in session.exec(select(AuditEvent).order_by(AuditEvent.id))  # type: ignore[arg-type]
            if event.target_kind == "bank_request"
        ]
    assert sorted(actions) == [
        "bank_request.answered",
        "bank_request.made",
        "bank_request.repeated",
    ]
    trail = words(claire.browser.get("/audit"))
    assert "Missing bank asked for Banque Imaginaire" in trail
    assert "Request for a missing bank answered Banque Imaginaire · “Soon.”" in trail


def test_the_list_of_support_goes_on_page_by_page(
    claire: Admin, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.views.bank_requests.PAGE_SIZE", 2)
    for number in range(5):
        ask(claire, f"{BANK} {number}")
    support, path, seen = logged_in("support"), SUPPORT, []
    while path:
        page = support.get(path)
        seen += [number for number in range(5) if f"{BANK} {number}" in page.text]
        older = page.text.partition('">Older')[0].rpartition('href="')[2]
        path = older.replace("&amp;", "&") if "Older" in words(page) else ""
    assert sorted(seen) == [0, 1, 2, 3, 4]
