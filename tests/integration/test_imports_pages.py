"""Configuration of expense imports, page by page, as an admin's browser meets it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import event
from sqlmodel import col, select
from werkzeug.test import TestResponse

import cardsync_budget_insight
import cardsync_files
from cardsync_sdk import (
    AccountKind,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.registry import Registry, load_connector
from tests.support.scripted_partner import ScriptedPartner, card
from tests.support.web import HTMX, Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.demo.cast import BENELUX, CONSEIL, LOGISTIQUE
from webapp.domain.interfaces import InterfaceState
from webapp.paths import templates_folder
from webapp.storage import logins
from webapp.storage.accounts import Account, Attachment
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, LinkVisit
from webapp.storage.people import LegalEntity, RoleGrant, User

LogIn = Callable[[str], Browser]
IBAN = "FR7630006000011234567890189"


@pytest.fixture
def partner() -> ScriptedPartner:
    """A partner with one bank: two accounts and three cards, four of the five shared."""
    listed = (
        card("a1", kind=AccountKind.ACCOUNT, iban=IBAN, name="Compte principal"),
        card("a2", kind=AccountKind.ACCOUNT, name="Compte caché", shared=False),
        card("c1", name="Carte Hugo", number_masked="**** 1234", holder_name="M HUGO PETIT"),
        card("c2", name="Carte Camille"),
        card("c3", name="Carte Anna"),
    )
    return ScriptedPartner({"310": ("Sogécarte Net", listed)})


@pytest.fixture
def app(demo_database: Database, settings: Settings, partner: ScriptedPartner) -> Flask:
    """Build the demo installation with the scripted partner and the files connector."""
    connectors = (partner.connector(), load_connector(cardsync_files))
    registry = Registry({one.info.slug: one for one in connectors})
    return create_app(settings, database=demo_database, registry=registry)


@dataclass
class Admin:
    """An admin's browser in one legal entity, with eyes into the database."""

    browser: Browser
    database: Database
    entity_id: str

    @property
    def home(self) -> str:
        """Where the entity's interfaces are listed."""
        return f"/configuration/imports/{self.entity_id}"

    def begin(self) -> dict[str, str]:
        """Press the button and return what the partner's page is handed."""
        answer = self.browser.post(f"{self.home}/connect", {"connector": "partner"})
        assert answer.status_code == 303, answer.text
        query = parse_qs(urlsplit(answer.location).query)
        return {name: values[0] for name, values in query.items()}

    def come_back(self, state: str, **params: str) -> TestResponse:
        """Arrive with this state."""
        return self.browser.get("/link/return", query_string={"state": state, **params})

    def connect(self) -> str:
        """Go there and back; returns the address of the new interface's page."""
        answer = self.come_back(self.begin()["state"])
        assert answer.status_code == 303, answer.text
        return answer.location

    def account(self, ref: str) -> Account:
        """An account by the partner's ref."""
        with self.database.read() as session:
            return session.exec(select(Account).where(Account.external_ref == ref)).one()

    def fields(self, ref: str, holder: str = "", mode: str = "", **more: str) -> dict[str, str]:
        """Fill in the row of one account."""
        key = self.account(ref).id
        row = {"holder": holder, "mode": mode, "import": "start_of_month", **more}
        return {f"{name}-{key}": value for name, value in row.items() if value or name == "holder"}

    def user(self, email: str) -> str:
        """A person's id."""
        with self.database.read() as session:
            return session.exec(select(User.id).where(User.email == email)).one()

    def holders(self) -> dict[str, str]:
        """Who holds what now, by account name."""
        with self.database.read() as session:
            rows = session.exec(
                select(Account.name, User.name)
                .join(Attachment, col(Attachment.account_id) == col(Account.id))
                .join(User, col(User.id) == col(Attachment.user_id))
                .where(col(Attachment.ends_on).is_(None))
            )
            return dict(rows.all())


def entity_named(database: Database, name: str) -> str:
    with database.read() as session:
        return session.exec(select(LegalEntity.id).where(LegalEntity.name == name)).one()


@pytest.fixture
def claire(app: Flask, demo_database: Database) -> Admin:
    """The admin of the group, at work in Faure Conseil, in English."""
    browser = claires_browser(app, demo_database)
    return Admin(browser, demo_database, entity_named(demo_database, CONSEIL))


def claires_browser(app: Flask, database: Database) -> Browser:
    """Open a browser in which the admin of the group is logged in already."""
    with database.write() as session:
        user = session.exec(select(User).where(User.email == "claire@faure.example")).one()
        user.locale = "en"
        token = logins.begin(session, user, now=datetime.now(UTC), user_agent="test")
    browser = Browser(app)
    browser.client.set_cookie("cardsync-login", token)
    return browser


def words(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


# Who may, and where (R7, R33, R35, R36)


def test_R35_the_page_is_found_by_its_visible_labels(claire: Admin) -> None:
    front = claire.browser.get("/", follow_redirects=True)
    tab = link_of(front, "Configuration")
    page = claire.browser.get(tab, follow_redirects=True)
    assert "Configuration of expense imports" in words(page)
    assert claire.browser.get("/configuration").location == tab


def test_R36_with_several_entities_one_is_chosen_first(claire: Admin) -> None:
    page = claire.browser.get("/configuration/imports")
    for name in (CONSEIL, LOGISTIQUE, BENELUX):
        assert name in words(page)
    assert "Add a banking interface" not in words(page)
    assert "Add a banking interface" in words(claire.browser.get(claire.home))


def test_R36_the_only_entity_one_reaches_is_chosen_already(
    logged_in: LogIn, demo_database: Database
) -> None:
    answer = logged_in("thomas").get("/configuration/imports")
    assert answer.location.endswith(entity_named(demo_database, LOGISTIQUE))


def test_R33_an_entity_lists_only_its_own_interfaces(
    claire: Admin, partner: ScriptedPartner
) -> None:
    claire.connect()
    other = replace(claire, entity_id=entity_named(claire.database, BENELUX))
    partner.banks = {"400": ("Banque du Nord", (card("n1", name="Carte Nord"),))}
    other.connect()
    assert "Sogécarte Net" in words(claire.browser.get(claire.home))
    assert "Banque du Nord" not in words(claire.browser.get(claire.home))
    assert "Sogécarte Net" not in words(claire.browser.get(other.home))


@pytest.mark.parametrize("name", ["thomas", "elodie"])
def test_R7_R33_an_admin_of_another_entity_finds_nothing(
    claire: Admin, logged_in: LogIn, name: str
) -> None:
    page = claire.connect()
    stranger = logged_in(name)
    for path in (claire.home, f"{claire.home}/add", page):
        assert stranger.get(path).status_code == 404
    for path in (f"{claire.home}/connect", f"{claire.home}/files", f"{page}/accounts"):
        assert stranger.post(path, {"connector": "partner"}).status_code == 404


def test_R7_inside_the_entity_without_the_right_it_is_refused(
    claire: Admin, logged_in: LogIn
) -> None:
    employee = logged_in("camille")
    assert employee.get(f"{claire.home}/add").status_code == 403
    assert employee.post(f"{claire.home}/connect", {"connector": "partner"}).status_code == 403
    assert employee.get("/configuration/imports").status_code == 403


def test_an_interface_is_not_reached_through_another_entity(claire: Admin) -> None:
    page = claire.connect()
    other = entity_named(claire.database, BENELUX)
    assert claire.browser.get(page.replace(claire.entity_id, other)).status_code == 404


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


def test_several_banks_of_one_visit_lead_to_the_list(
    claire: Admin, partner: ScriptedPartner
) -> None:
    partner.banks["311"] = ("American Express", (card("x1"),))
    answer = claire.come_back(claire.begin()["state"])
    assert answer.location == claire.home
    page = words(claire.browser.get(claire.home))
    assert "Sogécarte Net" in page
    assert "American Express" in page


# The list and the page of one interface (R29, R43, R67)


def test_an_entity_without_interfaces_says_what_one_is_for(claire: Admin) -> None:
    page = claire.browser.get(claire.home)
    assert "No banking interface yet" in words(page)
    assert page.text.count("button--primary") == 1


def test_R43_R67_list_and_page_show_name_partner_progress_and_next_sync(claire: Admin) -> None:
    interface = claire.connect()
    listed = words(claire.browser.get(claire.home))
    assert "Sogécarte Net" in listed
    assert "0 of 4 attached" in listed
    assert "through Example Partner" in listed
    assert "Next sync:" in listed
    page = words(claire.browser.get(interface))
    assert "The next sync is planned for" in page
    assert "Imports begin the day after the set-up." in page
    assert "•••• 1234" in page


def test_each_state_is_told_in_words_with_what_to_do(claire: Admin) -> None:
    page = claire.connect()
    with claire.database.read() as session:
        interface_id = session.exec(select(Interface.id)).one()
    for state, reason, said in (
        (InterfaceState.NEEDS_USER, "consent_expired", "The consent given to the bank has run out"),
        (InterfaceState.REJECTED, "x", "Refused by the partner"),
        (InterfaceState.STOPPED, "", "Nothing is fetched any more"),
        (InterfaceState.INCOMPLETE, "", "Connect again to finish"),
    ):
        change(claire.database, interface_id, state=state, last_error_reason=reason)
        shown = claire.browser.get(page)
        assert said in words(shown), state
        assert f'action="{page}/reconnect"' in shown.text, "every state has an exit"
    change(claire.database, interface_id, state=InterfaceState.ACTIVE, last_error="down")
    assert "tried again by itself" in words(claire.browser.get(page))


def test_connecting_again_mends_the_interface_and_keeps_its_accounts(claire: Admin) -> None:
    page = claire.connect()
    before = claire.account("c1").id
    with claire.database.read() as session:
        interface_id = session.exec(select(Interface.id)).one()
    change(claire.database, interface_id, state=InterfaceState.NEEDS_USER, next_due_at=None)
    answer = claire.browser.post(f"{page}/reconnect")
    state = parse_qs(urlsplit(answer.location).query)["state"][0]
    assert claire.come_back(state).location == page
    assert claire.account("c1").id == before
    assert "were already known" in words(claire.browser.get(page))


def change(database: Database, interface_id: str, **values: object) -> None:
    with database.write() as session:
        row = session.get_one(Interface, interface_id)
        for name, value in values.items():
            setattr(row, name, value)


# Attaching inline (R12, R14, R17, R18, R42)


def test_R12_accounts_and_cards_have_the_very_same_controls(claire: Admin) -> None:
    page = claire.browser.get(claire.connect()).text

    def controls(ref: str) -> str:
        key = claire.account(ref).id
        row = page[page.index(f'id="account-{key}"') :]
        row = row[row.index('<div class="grid">') : row.index("</section>")]
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


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize(
    ("since", "said"),
    [("", "Give the first day"), ("31/12/2026", "Give the first day"), ("2999-01-01", "to come")],
)
def test_R64_a_date_that_is_missing_or_to_come_is_refused_beside_its_field(
    claire: Admin, headers: dict[str, str], since: str, said: str
) -> None:
    page = claire.connect()
    camille = claire.user("camille@faure.example")
    typed = claire.fields("c2", camille, "company", **{"import": "since_date", "since": since})
    for path in (f"{page}/accounts/{claire.account('c2').id}", f"{page}/accounts"):
        answer = claire.browser.post(path, typed, headers=headers)
        assert answer.status_code == 422
        assert said in words(answer)
        assert f'<option value="{camille}" selected>' in answer.text, "what was typed stays"
    assert claire.holders() == {}, "nothing half-saved"


@pytest.mark.parametrize(
    "invented", [{"mode": "nobody"}, {"import": "yesterday"}], ids=["mode", "import"]
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


# Cost


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_no_page_asks_more_of_the_database_for_more_rows(
    claire: Admin, partner: ScriptedPartner
) -> None:
    page = claire.connect()
    costs = []
    for size in (1, 30):
        partner.banks = {
            f"{size}-{number}": (
                f"Banque {number}",
                tuple(card(f"{size}-{number}-{each}") for each in range(size)),
            )
            for number in range(size)
        }
        claire.come_back(claire.begin()["state"])
        with claire.database.read() as session:
            page = (
                f"{claire.home}/interfaces/"
                + session.exec(select(Interface.id).order_by(col(Interface.id).desc())).all()[0]
            )
        with counted(claire.database) as sent:
            for path in ("/configuration/imports", claire.home, f"{claire.home}/add", page):
                assert claire.browser.get(path).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1]


# R8: a bank password has nowhere to go


def test_R8_no_form_of_the_way_has_a_field_for_a_bank_log_in() -> None:
    forms = [path.read_text("utf-8") for path in templates_folder().glob("imports/**/*.html")]
    assert forms
    for form in forms:
        for field in re.findall(r"<input[^>]*>", form):
            assert "password" not in field
            assert not re.search(r'name="(login|user|username|pin|otp|code)"', field)


def test_R8_no_route_takes_a_bank_log_in(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert not re.search("password|credential|pin|otp", rule.rule)


def test_R8_no_column_is_there_for_a_bank_log_in(demo_database: Database) -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in demo_database.metadata.sorted_tables
        for column in table.columns
        if re.search("password|passwd|credential|pin_|otp|secret", column.name)
    }
    assert named == {"app_user.password_hash"}, "a person's own log-in to cardsync, hashed"


def link_of(answer: TestResponse, label: str) -> str:
    """Return the address of the link with this visible label."""
    for address, inner in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', answer.text, re.S):
        if re.sub(r"<[^>]+>", "", inner).strip() == label:
            return str(address)
    raise AssertionError(f"no link {label} in {words(answer)}")
