"""What is imported, asked at the first connection and at every change (R45, R63-R65, R72)."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from tests.support.import_admin import Admin, hand_in, words
from tests.support.scripted_partner import ScriptedPartner, card
from webapp.storage.accounts import Account


def rows(claire: Admin, *refs: str, **fields: str) -> dict[str, str]:
    """Fill in the settings of these accounts alike."""
    values = {"import": "start_of_month", "intake": "automatic", **fields}
    return {
        f"{name}-{claire.account(ref).id}": value for ref in refs for name, value in values.items()
    }


def test_R63_R64_every_account_is_asked_for_at_the_first_connection(claire: Admin) -> None:
    answer = claire.come_back(claire.begin()["state"])
    page = claire.browser.get(answer.location)
    assert words(page).count("What comes in becomes") == 1, "alike: one answer for all of them"
    assert "For all 4 accounts" in words(page)
    assert words(page).count("A new account") == 4
    each = claire.browser.get(f"{answer.location}?each=1")
    assert words(each).count("What comes in becomes") == 4
    assert each.text.count('<option value="start_of_month" selected>') == 4
    assert each.text.count('value="automatic" checked') == 4
    assert "Carte Camille" in words(each)


def test_R64_one_answer_is_saved_for_all_accounts_and_stands_there_again(claire: Admin) -> None:
    place = claire.connect()
    chosen = {"import-all": "since_date", "since-all": "2026-02-03", "intake-all": "review"}
    assert claire.browser.post(f"{place}/settings", chosen).location == place
    stored = [claire.account(ref) for ref in ("a1", "c1", "c2", "c3")]
    assert {one.import_mode for one in stored} == {"since_date"}
    assert {one.import_from for one in stored} == {date(2026, 2, 3)}
    assert all(one.review_first for one in stored)
    again = claire.browser.get(f"{place}/settings").text
    assert again.count('value="2026-02-03"') == 1
    assert again.count('value="review" checked') == 1


def test_R64_one_answer_that_is_refused_is_marked_once(claire: Admin) -> None:
    place = claire.connect()
    chosen = {"import-all": "since_date", "since-all": "", "intake-all": "automatic"}
    answer = claire.browser.post(f"{place}/settings", chosen)
    assert answer.status_code == 422
    assert words(answer).count("Give the first day to import.") == 1
    assert claire.account("c2").import_mode == "start_of_month"


def test_R72_the_settings_are_kept_and_stand_there_the_next_time(claire: Admin) -> None:
    place = claire.connect()
    chosen = rows(
        claire, "c1", **{"import": "since_date", "since": "2026-02-03", "intake": "review"}
    ) | rows(claire, "c2", **{"import": "all_available"})
    assert claire.browser.post(f"{place}/settings", chosen).location == place
    shown = words(claire.browser.get(place))
    assert "Since a date: 3 February 2026 · review first" in shown
    assert "Everything the bank gives · expenses by themselves" in shown
    for path in (f"{place}/settings", claire.come_back(claire.begin()["state"]).location):
        again = claire.browser.get(path).text
        assert 'value="2026-02-03"' in again
        assert again.count('value="review" checked') == 1
        assert again.count('<option value="all_available" selected>') == 1
    assert len(claire.browser.get(place).text.split('id="account-')) == 5, "nothing is doubled"


@pytest.mark.parametrize(
    ("since", "said"),
    [("", "Give the first day"), ("31/12/2026", "Give the first day"), ("2999-01-01", "to come")],
)
def test_R64_a_date_that_is_missing_or_to_come_is_refused_beside_its_field(
    claire: Admin, since: str, said: str
) -> None:
    place = claire.connect()
    typed = rows(claire, "c2", **{"import": "since_date", "since": since})
    answer = claire.browser.post(f"{place}/settings", typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert claire.account("c2").import_mode == "start_of_month"


@pytest.mark.parametrize("invented", ["import", "intake", "match"])
def test_what_no_form_offers_is_refused(claire: Admin, invented: str) -> None:
    place = claire.connect()
    typed = rows(claire, "c2", **{invented: "invented"})
    assert claire.browser.post(f"{place}/settings", typed).status_code == 400


# Matching accounts (R63)


@pytest.fixture
def files_card(claire: Admin, app: Flask) -> str:
    """A card whose statements came as files up to now, held by Camille."""
    form = {"name": "Visa Camille", "kind": "card", "currency": "EUR", "last4": "1234"}
    page = claire.browser.post(f"{claire.home}/files", form).location
    account = claire.account(ref_of(claire, "Visa Camille"))
    camille = claire.user("camille@faure.example")
    fields = claire.fields(account.external_ref, camille, "company")
    claire.browser.post(f"{page}/accounts", fields)
    hand_in(claire, app, account.external_ref, (date(2026, 3, 3), -1000))
    return account.id


def ref_of(claire: Admin, name: str) -> str:
    """The source's ref of the account of this name."""
    with claire.database.read() as session:
        query = Account.__table__.select().where(Account.name == name)  # type: ignore[attr-defined]
        return str(session.execute(query).one().external_ref)


def test_R63_a_card_fed_by_files_goes_on_under_the_bank(claire: Admin, files_card: str) -> None:
    place = claire.connect()
    asked = words(claire.browser.get(f"{place}/settings"))
    assert "Visa Camille •••• 1234 – until now: Visa Camille" in asked
    answer = claire.browser.post(
        f"{place}/settings", rows(claire, "c2", match=files_card), follow_redirects=True
    )
    said = words(claire.browser.get(place))
    assert "goes on under this connection, with its history and its holder" in words(answer) + said
    assert claire.account("c2").id == files_card
    assert claire.holders() == {"Carte Camille": "Camille Moreau"}
    assert claire.account("c2").import_from == date(2026, 3, 4)
    assert "Goes on as the account it was matched to." in words(
        claire.browser.get(f"{place}/settings")
    )


def test_R63_two_accounts_that_both_have_transactions_are_not_put_together(
    claire: Admin, app: Flask, files_card: str
) -> None:
    place = claire.connect()
    hand_in(claire, app, "c2", (date(2026, 3, 5), -1200))
    page = claire.browser.get(f"{place}/settings")
    assert "Two accounts that both have transactions are not put together here." in words(page)
    assert f'name="match-{claire.account("c2").id}"' not in page.text
    typed = rows(claire, "c2", match=files_card)
    assert claire.browser.post(f"{place}/settings", typed).status_code == 400


# Review first (R64)


def test_R64_reviewed_first_one_by_one_then_all_then_by_themselves_again(
    claire: Admin, app: Flask
) -> None:
    place = claire.connect()
    claire.browser.post(f"{place}/settings", rows(claire, "c2", intake="review"))
    camille = claire.user("camille@faure.example")
    account = f"{place}/accounts/{claire.account('c2').id}"
    claire.browser.post(account, claire.fields("c2", camille, "company"))
    days = [date(2026, 3, day) for day in (3, 10, 20)]
    hand_in(claire, app, "c2", *((day, -1000 - day.day) for day in days))
    assert claire.expenses() == {}
    waiting = claire.browser.get(f"{account}/waiting")
    assert "for Camille Moreau" in words(waiting)
    first = waiting.text.split('name="transaction" value="')[1][:26]
    assert claire.browser.post(f"{account}/waiting", {}).status_code == 422
    for _twice in range(2):
        claire.browser.post(f"{account}/waiting", {"transaction": first})
        assert set(claire.expenses()) == {days[0]}

    preview = claire.browser.post(f"{place}/settings", rows(claire, "c2"))
    assert "For Camille Moreau Expenses 2" in words(preview)
    assert claire.account("c2").review_first, "nothing is saved before it is confirmed"
    confirmed = rows(claire, "c2", confirm="1", was=camille, start="from") | {
        f"from-{claire.account('c2').id}": "2026-03-20"
    }
    for _twice in range(2):
        claire.browser.post(f"{place}/settings", confirmed)
        assert set(claire.expenses()) == {days[0], days[2]}
    claire.browser.post(f"{account}/waiting", {"all": "1"})
    assert set(claire.expenses()) == set(days)


# Adding accounts (R45)


def test_R45_add_accounts_leads_to_the_partner_and_leaves_the_others_alone(
    claire: Admin, partner: ScriptedPartner
) -> None:
    place = claire.connect()
    camille = claire.user("camille@faure.example")
    claire.browser.post(
        f"{place}/accounts/{claire.account('c2').id}", claire.fields("c2", camille, "company")
    )
    before = claire.account("c2")
    page = claire.browser.get(place)
    assert "Add accounts" in words(page)
    answer = claire.browser.post(f"{place}/reconnect")
    assert partner.seen_links[-1] is not None
    assert partner.seen_links[-1].ref == "310", "the same connection, not another"
    name, listed = partner.banks["310"]
    partner.banks["310"] = (name, (*(one for one in listed), card("c9", name="Carte neuve")))
    state = parse_qs(urlsplit(answer.location).query)["state"][0]
    assert claire.come_back(state).location == f"{place}/settings"
    assert "Carte neuve" in words(claire.browser.get(place))
    assert claire.holders() == {"Carte Camille": "Camille Moreau"}
    after = claire.account("c2")
    assert everything_of(after) == everything_of(before)


def everything_of(account: Account) -> dict[str, object]:
    """Everything that is stored of an account."""
    return {name: value for name, value in account.model_dump().items() if name != "updated_at"}
