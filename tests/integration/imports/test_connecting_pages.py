"""To the partner's page and back, as an admin's browser meets it (R8, R37, R39, R41, R80)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

import cardsync_budget_insight
from cardsync_sdk import (
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.registry import Registry, load_connector
from tests.support.import_admin import Admin, claires_browser, link_of, words
from tests.support.scripted_partner import ScriptedPartner, card
from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.interfaces import LinkVisit
from webapp.storage.links import store_settings
from webapp.storage.people import RoleGrant
from webapp.storage.secrets import SecretBox

LogIn = Callable[[str], Browser]


# The way out (R8, R37, R39, R47, R80)


def test_R37_the_button_leads_to_the_partners_page_with_a_one_time_state(claire: Admin) -> None:
    first, second = claire.begin(), claire.begin()
    assert first["redirect_uri"] == "http://localhost/link/return"
    assert first["state"] != second["state"]
    assert first["lang"] == "en"


def test_R37_the_page_lets_its_form_lead_to_the_partner_and_nowhere_else(claire: Admin) -> None:
    policy = claire.browser.get(f"{claire.home}/add").headers["Content-Security-Policy"]
    targets = re.search(r"form-action ([^;]+)", policy)
    assert targets
    assert targets[1] == "'self' https://partner.example.org"


def test_R37_where_the_page_could_not_know_the_address_a_link_leads_on(
    claire: Admin, partner: ScriptedPartner
) -> None:
    partner.page = "https://elsewhere.example.org/x"
    answer = claire.browser.post(f"{claire.home}/connect", {"connector": "partner"})
    assert answer.status_code == 200
    assert link_of(answer, "Continue to Example Partner").startswith(partner.page)


def test_R39_the_help_says_to_pick_the_card_service_not_the_issuing_bank(claire: Admin) -> None:
    page = words(claire.browser.get(f"{claire.home}/add"))
    assert "Choose the service of your company cards, not the bank that issued them" in page
    assert "Sogécarte Net, not Société Générale" in page


def test_R8_the_page_says_where_bank_credentials_are_typed(claire: Admin) -> None:
    page = words(claire.browser.get(f"{claire.home}/add"))
    assert "on the page of Example Partner only. cardsync never sees them." in page


def test_R80_the_partner_is_named_and_explained(claire: Admin) -> None:
    interface = claire.connect()
    for path in (f"{claire.home}/add", interface):
        page = claire.browser.get(path)
        assert "Example Partner" in words(page)
        assert 'href="https://partner.example.org"' in page.text


def test_R47_a_newly_installed_connector_shows_up_by_itself(
    demo_database: Database, settings: Settings, partner: ScriptedPartner, claire: Admin
) -> None:
    newcomer = ScriptedPartner(slug="newcomer").connector()
    registry = Registry({"partner": partner.connector(), "newcomer": newcomer})
    app = create_app(settings, database=demo_database, registry=registry)
    page = claires_browser(app, demo_database).get(f"{claire.home}/add").text
    assert page.count('name="connector"') == 2


def test_a_partner_that_is_not_set_up_says_what_is_missing(
    claire: Admin, demo_database: Database, settings: Settings
) -> None:
    registry = Registry({"budget_insight": load_connector(cardsync_budget_insight)})
    app = create_app(settings, database=demo_database, registry=registry)
    page = claires_browser(app, demo_database).get(f"{claire.home}/add")
    assert "missing: API address, Client ID, Client secret" in words(page)
    assert 'name="connector"' not in page.text


def test_secrets_that_do_not_open_are_told_before_anybody_sets_out(
    claire: Admin, settings: Settings, partner: ScriptedPartner
) -> None:
    with claire.database.write() as session:
        old_box = SecretBox({"lost": bytes(32)})
        store_settings(session, old_box, "partner", {"page": "x"}, datetime.now(UTC))
    answer = claire.browser.get(f"{claire.home}/add")
    assert answer.status_code == 500
    assert "The stored secrets cannot be opened" in words(answer)
    assert "cardsync doctor" in words(answer)
    assert (
        claire.browser.post(f"{claire.home}/connect", {"connector": "partner"}).status_code == 500
    )


@pytest.mark.parametrize("slug", ["", "no_such", "files"])
def test_an_unknown_partner_is_refused(claire: Admin, slug: str) -> None:
    assert claire.browser.post(f"{claire.home}/connect", {"connector": slug}).status_code == 400


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (SourceUnavailable("x"), 503, "Example Partner does not answer as it should"),
        (RateLimited("x"), 503, "Example Partner asks us to wait"),
        (SourceRejected("x", code="bad_settings"), 409, "is not set up correctly here"),
        (RuntimeError("x"), 502, "The connector for Example Partner failed"),
    ],
    ids=["down", "too fast", "settings", "bug"],
)
def test_a_start_that_fails_says_what_happened_and_who_acts(
    claire: Admin, partner: ScriptedPartner, error: Exception, status: int, said: str
) -> None:
    partner.fail["begin_link"] = error
    answer = claire.browser.post(f"{claire.home}/connect", {"connector": "partner"})
    assert answer.status_code == status
    assert said in words(answer)
    assert "Nothing was changed" in words(answer) or "mistake in the connector" in words(answer)


# The way back (R41)


def test_R10_R11_R41_exactly_the_shared_accounts_and_cards_are_listed(claire: Admin) -> None:
    page = words(claire.browser.get(claire.connect()))
    for name in ("Compte principal", "Carte Hugo", "Carte Camille", "Carte Anna"):
        assert name in page
    assert "Compte caché" not in page
    assert "4 accounts are shared" in page
    assert "0 of 4 attached" in page


def test_R41_a_return_taken_twice_is_refused_politely(claire: Admin) -> None:
    state = claire.begin()["state"]
    assert claire.come_back(state).status_code == 303
    again = claire.come_back(state)
    assert again.status_code == 410
    assert "This return was already used" in words(again)
    assert f'href="{claire.home}"' in again.text


@pytest.mark.parametrize("state", ["", "invented"])
def test_R41_a_return_without_a_known_state_is_refused(claire: Admin, state: str) -> None:
    answer = claire.come_back(state)
    assert answer.status_code == 404
    assert "does not belong to a trip of yours" in words(answer)


def test_R41_a_state_is_worth_nothing_to_another_admin(claire: Admin, logged_in: LogIn) -> None:
    state = claire.begin()["state"]
    stranger = Admin(logged_in("thomas"), claire.database, claire.entity_id)
    assert stranger.come_back(state).status_code == 404
    assert claire.come_back(state).status_code == 303, "and it was not used up by it"


def test_R41_a_state_ends_after_half_an_hour(claire: Admin) -> None:
    state = claire.begin()["state"]
    with claire.database.write() as session:
        visit = session.exec(select(LinkVisit)).one()
        visit.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(visit)
    answer = claire.come_back(state)
    assert answer.status_code == 410
    assert "took too long" in words(answer)


def test_R41_who_lost_the_right_meanwhile_brings_nothing_back(claire: Admin) -> None:
    state = claire.begin()["state"]
    with claire.database.write() as session:
        admin = claire.user("claire@faure.example")
        for grant in session.exec(select(RoleGrant).where(RoleGrant.user_id == admin)):
            grant.role = "employee"
            session.add(grant)
    assert claire.come_back(state).status_code == 403


def test_R40_a_return_with_nothing_ticked_is_told_so(
    claire: Admin, partner: ScriptedPartner
) -> None:
    partner.banks = {"310": ("Sogécarte Net", (card("c1", shared=False),))}
    answer = claire.come_back(claire.begin()["state"])
    assert answer.location.endswith("/add")
    assert "No account was ticked" in words(claire.browser.get(answer.location))


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UserActionNeeded("x", reason="terms_declined"), 409, "The terms of Example Partner"),
        (UserActionNeeded("x", reason="session_expired"), 409, "Your session at Example Partner"),
        (UserActionNeeded("x", reason="nothing_connected"), 409, "No bank was connected"),
        (UserActionNeeded("x", reason="who_knows"), 409, "Example Partner waits for you"),
        (SourceRejected("x", code="foreign_connection"), 409, "somebody else's connection"),
        (SourceRejected("x", code="who_knows"), 409, "Example Partner refused"),
        (SourceUnavailable("x", user_message="Maintenance"), 503, "“Maintenance”"),
        (RuntimeError("x"), 502, "The connector for Example Partner failed"),
    ],
    ids=["terms", "session", "nothing", "person", "foreign", "refused", "down", "bug"],
)
def test_each_reason_to_come_back_empty_handed_has_its_words(
    claire: Admin, partner: ScriptedPartner, error: Exception, status: int, said: str
) -> None:
    state = claire.begin()["state"]
    partner.fail["finish_link"] = error
    answer = claire.come_back(state)
    assert answer.status_code == status
    assert said.strip("“”") in words(answer)
    assert "What to do next" in words(answer)
    assert 'href="/help/' in answer.text.split("<main")[1], "R81"


def test_who_cancels_is_back_where_they_were(claire: Admin, partner: ScriptedPartner) -> None:
    state = claire.begin()["state"]
    partner.fail["finish_link"] = UserActionNeeded("x", reason="cancelled")
    answer = claire.come_back(state, error="access_denied")
    assert answer.location.endswith("/add")
    assert "Nothing was changed" in words(claire.browser.get(answer.location))


def test_a_passing_trouble_can_be_tried_again_with_the_same_return(
    claire: Admin, partner: ScriptedPartner
) -> None:
    state = claire.begin()["state"]
    partner.fail["finish_link"] = SourceUnavailable("x")
    answer = claire.come_back(state, code="a/b+c")
    again = unescape(link_of(answer, "Try again"))
    partner.fail.clear()
    assert claire.browser.get(again).status_code == 303
    assert partner.seen_params[-1]["code"] == "a/b+c"


def test_R60_R63_several_banks_of_one_visit_are_asked_one_after_the_other(
    claire: Admin, partner: ScriptedPartner
) -> None:
    partner.banks["311"] = ("American Express", (card("x1"),))
    answer = claire.come_back(claire.begin()["state"])
    asked = []
    for _bank in range(2):
        page = claire.browser.get(answer.location)
        asked.append(next(name for name in ("Sogécarte", "American") if name in words(page)))
        then = re.search(r'name="then" value="([^"]+)"', page.text)
        path = urlsplit(answer.location).path
        answer = claire.browser.post(path, {"then": then[1]} if then else {})
    assert asked == ["Sogécarte", "American"]
    assert urlsplit(answer.location).path == path.removesuffix("/settings")
