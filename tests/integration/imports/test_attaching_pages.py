"""Attaching each account inline, and statement files (R8, R12, R14, R17, R18, R42)."""

import re

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.import_admin import Admin, words
from tests.support.scripted_partner import ScriptedPartner, card
from tests.support.web import HTMX
from webapp.paths import templates_folder
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import User

# Attaching inline (R12, R14, R17, R18, R42)


def test_R12_accounts_and_cards_have_the_very_same_controls(claire: Admin) -> None:
    page = claire.browser.get(claire.connect()).text

    def controls(ref: str) -> str:
        key = claire.account(ref).id
        row = page[page.index(f'id="account-{key}"') :]
        row = row[row.index('<div class="account-choice">') : row.index("</section>")]
        named = claire.account(ref).name
        return row.replace(key, "KEY").replace(named, "NAME")

    assert controls("a1") == controls("c2")


def test_R18_R42_a_row_is_saved_inline_and_the_progress_goes_along(claire: Admin) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    key = claire.account("c2").id
    answer = claire.browser.post(
        f"{page}/accounts/{key}", claire.fields("c2", camille, "company"), headers=HTMX
    )
    assert answer.status_code == 200
    assert answer.text.count(f'id="account-{key}"') == 1
    assert "<html" not in answer.text
    assert 'id="progress"' in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert "“Carte Camille” is saved. 1 of 4 attached." in words(answer)
    assert claire.holders() == {"Carte Camille": "Camille Moreau"}
    assert claire.account("c2").payment_mode == "company"


def test_R42_without_javascript_the_row_is_saved_and_the_page_comes_back(claire: Admin) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    key = claire.account("c2").id
    answer = claire.browser.post(f"{page}/accounts/{key}", claire.fields("c2", camille, "company"))
    assert answer.status_code == 303
    assert "1 of 4 attached" in words(claire.browser.get(answer.location))


def test_R42_without_javascript_what_was_typed_in_other_rows_is_not_lost(claire: Admin) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    typed = claire.fields("c2", camille, "company") | claire.fields("c3", camille, "reimburse")
    answer = claire.browser.post(f"{page}/accounts/{claire.account('c2').id}", typed)
    assert answer.status_code == 200
    assert claire.holders() == {"Carte Camille": "Camille Moreau"}
    assert "not saved yet" in words(answer)
    other = answer.text[answer.text.index(f'id="account-{claire.account("c3").id}"') :]
    assert f'<option value="{camille}" selected>' in other


def test_R42_who_pays_is_said_once_for_all_that_have_no_answer(claire: Admin) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    assert "for all that have no answer below" in words(claire.browser.get(page))
    typed = claire.fields("c2", camille) | claire.fields("c3", camille, "reimburse")
    claire.browser.post(f"{page}/accounts", typed | {"mode-all": "company"})
    modes = {ref: claire.account(ref).payment_mode for ref in ("c2", "c3")}
    assert modes == {"c2": "company", "c3": "reimburse"}
    claire.browser.post(f"{page}/accounts", claire.fields("c1") | {"mode-all": "company"})
    claire.browser.post(f"{page}/accounts", claire.fields("a1") | {"mode-all": "company"})
    assert "for all that have no answer below" not in words(claire.browser.get(page))


def test_an_answer_for_all_that_no_form_offers_is_refused(claire: Admin) -> None:
    page = claire.connect()
    typed = claire.fields("c2") | {"mode-all": "invented"}
    assert claire.browser.post(f"{page}/accounts", typed).status_code == 400


def test_R42_the_holder_the_bank_names_is_proposed_and_nobody_is_attached_by_it(
    claire: Admin, partner: ScriptedPartner
) -> None:
    named = card("c2", name="Carte 2", holder_name="MME MOREAU CAMILLE")
    partner.banks["310"] = ("Sogécarte Net", (named, card("c3", name="Carte 3")))
    page = claire.connect()
    shown = claire.browser.get(page)
    camille = claire.user("camille@faure.example")
    assert shown.text.count(f'<option value="{camille}" selected>') == 1
    assert "proposed as holder; check it and save" in words(shown)
    assert "0 of 2 attached" in words(shown)
    assert claire.holders() == {}

    claire.browser.post(f"{page}/accounts", claire.fields("c2", camille, "company"))
    assert claire.holders() == {"Carte 2": "Camille Moreau"}
    claire.browser.post(f"{page}/accounts", claire.fields("c2", "", "company"))
    assert "proposed" not in words(claire.browser.get(page)), "nobody, as was said"


def test_R17_R42_all_rows_are_saved_at_once_and_one_person_may_hold_several(
    claire: Admin,
) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    typed: dict[str, str] = {}
    for ref in ("a1", "c1", "c2", "c3"):
        typed |= claire.fields(ref, camille, "company")
    answer = claire.browser.post(f"{page}/accounts", typed)
    assert answer.status_code == 303
    shown = words(claire.browser.get(page))
    assert "4 of 4 attached" in shown
    assert "All attached. The next sync is planned for" in shown
    assert set(claire.holders().values()) == {"Camille Moreau"}
    assert len(claire.holders()) == 4


def test_R18_an_account_without_a_mode_does_not_count_as_attached(claire: Admin) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    claire.browser.post(f"{page}/accounts/{claire.account('c2').id}", claire.fields("c2", camille))
    shown = words(claire.browser.get(page))
    assert "0 of 4 attached" in shown
    assert "Who pays is missing" in shown
    assert "0 of 4 attached" in words(claire.browser.get(claire.home))


def test_R14_only_employees_of_the_entity_are_offered_and_accepted(claire: Admin) -> None:
    page = claire.connect()
    offered = claire.browser.get(page).text
    for email, may in (
        ("camille@faure.example", True),
        ("claire@faure.example", True),
        ("anna@faure.example", False),
        ("elodie@girard.example", False),
        ("support@cardsync.example", False),
    ):
        person = claire.user(email)
        assert (f'value="{person}"' in offered) is may, email
        typed = claire.fields("c3", person, "company")
        answer = claire.browser.post(f"{page}/accounts/{claire.account('c3').id}", typed)
        assert answer.status_code == (303 if may else 400), email


def test_R14_a_holder_who_left_stays_visible_until_somebody_else_is_chosen(claire: Admin) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    typed = claire.fields("c2", camille, "company")
    claire.browser.post(f"{page}/accounts/{claire.account('c2').id}", typed)
    with claire.database.write() as session:
        session.get_one(User, camille).active = False
    assert "Camille Moreau (no longer here)" in words(claire.browser.get(page))
    again = claire.browser.post(f"{page}/accounts/{claire.account('c2').id}", typed)
    assert again.status_code == 303


@pytest.mark.parametrize(
    "invented", [{"mode": "nobody"}, {"start": "yesterday"}], ids=["mode", "start"]
)
def test_what_no_form_offers_is_refused(claire: Admin, invented: dict[str, str]) -> None:
    page = claire.connect()
    key = claire.account("c2").id
    typed = claire.fields("c2") | {f"{name}-{key}": value for name, value in invented.items()}
    answer = claire.browser.post(f"{page}/accounts/{claire.account('c2').id}", typed)
    assert answer.status_code == 400


def test_an_account_of_another_interface_is_not_found(claire: Admin) -> None:
    page = claire.connect()
    assert claire.browser.post(f"{page}/accounts/01JUNKNOWN", {}).status_code == 404


# Statement files


def test_a_card_without_a_bank_is_added_with_its_name_and_four_digits(claire: Admin) -> None:
    answer = claire.browser.post(
        f"{claire.home}/files",
        {"name": "Visa Claire", "kind": "card", "currency": "EUR", "last4": "4821"},
    )
    assert answer.status_code == 303
    page = words(claire.browser.get(answer.location))
    assert "Visa Claire •••• 4821" in page
    assert "By file" in page
    assert "0 of 1 attached" in page
    with claire.database.read() as session:
        interface = session.exec(select(Interface)).one()
        account = session.exec(select(Account)).one()
    assert (interface.connector, interface.state, interface.next_due_at) == (
        "files",
        "active",
        None,
    )
    assert interface.legal_entity_id == claire.entity_id
    assert f"--account {account.id}" in page
    assert account.import_mode == "all_available"
    assert "From the start of the month" not in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Give it a name"),
        ({"last4": "12345"}, "Exactly four digits"),
        ({"last4": "12"}, "Exactly four digits"),
        ({"currency": "ZZZ"}, "Not a valid choice"),
        ({"kind": "boat"}, "Not a valid choice"),
    ],
    ids=["name", "five digits", "two digits", "currency", "kind"],
)
def test_a_card_without_a_bank_is_checked(claire: Admin, wrong: dict[str, str], said: str) -> None:
    typed = {"name": "Visa", "kind": "card", "currency": "EUR", "last4": "", **wrong}
    answer = claire.browser.post(f"{claire.home}/files", typed)
    assert answer.status_code == 422
    assert said in words(answer)
    with claire.database.read() as session:
        assert session.exec(select(Interface)).first() is None


# R8: a bank password has nowhere to go


def test_R8_no_form_of_the_way_has_a_field_for_a_bank_log_in() -> None:
    forms = [path.read_text("utf-8") for path in templates_folder().glob("imports/**/*.html")]
    assert forms
    for form in forms:
        for field in re.findall(r"<input[^>]*>", form):
            assert "password" not in field
            assert not re.search(r'name="(login|user|username|pin|otp|code)"', field)


def test_R8_no_route_takes_a_bank_log_in(app: Flask) -> None:
    named = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if re.search("password|credential|pin|otp", rule.rule)
    }
    assert named == {"/profile/password"}, "a person's own log-in to cardsync"


def test_R8_no_column_is_there_for_a_bank_log_in(demo_database: Database) -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in demo_database.metadata.sorted_tables
        for column in table.columns
        if re.search("password|passwd|credential|pin_|otp|secret", column.name)
    }
    assert named == {"app_user.password_hash"}, "a person's own log-in to cardsync, hashed"
