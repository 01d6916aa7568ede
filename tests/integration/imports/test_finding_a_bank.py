"""The search on the page that adds an interface, over all connectors (R9, R39, R47, R49, R50)."""

import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event

from cardsync_sdk import Institution
from cardsync_sdk.institutions import known
from cardsync_sdk.registry import Registry
from tests.support.import_admin import Admin, claires_browser, link_of, words
from tests.support.scripted_partner import ScriptedPartner
from tests.support.web import HTMX
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database

SERVED = known(
    "bnp_paribas", "bnp_cartes_entreprises", "societe_generale", "sogecarte_net", "credit_agricole"
)


@pytest.fixture
def partner() -> ScriptedPartner:
    """A partner who reaches five of the known services."""
    return ScriptedPartner(institutions=SERVED)


def found(admin: Admin, name: str, **more: str) -> str:
    """Return what the page says when this name is looked for."""
    answer = admin.browser.get(f"{admin.home}/add", query_string={"q": name, **more})
    assert answer.status_code == 200
    return words(answer)


def test_R39_the_card_service_of_an_issuing_bank_comes_first_and_the_page_says_why(
    claire: Admin,
) -> None:
    page = found(claire, "societe generale")
    service, bank = page.index("Connect Sogécarte Net"), page.index("Connect Société Générale")
    assert service < bank
    assert (
        "Proposed first because company cards of Société Générale are found in Sogécarte Net"
        in page
    )
    assert "look for “Sogécarte Net”" in page


@pytest.mark.parametrize(
    ("former", "today"),
    [("Tarneaud", "Société Générale"), ("Crédit du Nord", "Société Générale")],
)
def test_R49_a_former_name_leads_to_the_present_one_and_is_shown(
    claire: Admin, former: str, today: str
) -> None:
    page = found(claire, former)
    assert f"formerly {former}" in page
    assert f"Connect {today}" in page


def test_R49_Total_GR_is_found_explained_and_leads_to_the_files(claire: Admin) -> None:
    page = found(claire, "Total GR")
    assert "TotalEnergies Fleet" in page
    assert "Fuel cards" in page
    assert "formerly Total GR" in page
    assert "No connector on this server reaches TotalEnergies Fleet yet." in page
    answer = claire.browser.get(f"{claire.home}/add?q=Total+GR")
    files = link_of(answer, "Import its statement files").replace("&amp;", "&")
    assert files.endswith("#files")
    assert re.search('name="bank"[^>]*value="TotalEnergies Fleet"', answer.text)
    assert '<details class="card" id="files" open>' in claire.browser.get(files).text


def test_R47_a_plugins_own_institution_is_found_with_the_plugin_that_reaches_it(
    demo_database: Database, settings: Settings, partner: ScriptedPartner, claire: Admin
) -> None:
    assert "Connect Mooncard" not in found(claire, "mooncard")
    newcomer = ScriptedPartner(
        slug="newcomer", institutions=(Institution("mooncard", "Mooncard", "card_service"),)
    )
    registry = Registry({"partner": partner.connector(), "newcomer": newcomer.connector()})
    app = create_app(settings, database=demo_database, registry=registry)
    admin = Admin(claires_browser(app, demo_database), demo_database, claire.entity_id)
    assert "Connect Mooncard through Example Partner" in found(admin, "mooncard")
    assert 'value="newcomer"' in admin.browser.get(f"{admin.home}/add?q=mooncard").text


def test_R50_a_day_of_confirmation_is_shown_where_one_is_known(
    claire: Admin, partner: ScriptedPartner, demo_database: Database, settings: Settings
) -> None:
    assert "Last seen working" not in found(claire, "Crédit Agricole")
    seen = Institution("credit_agricole", "Crédit Agricole", confirmed_on=date(2026, 3, 1))
    registry = Registry({"partner": ScriptedPartner(institutions=(seen,)).connector()})
    app = create_app(settings, database=demo_database, registry=registry)
    admin = Admin(claires_browser(app, demo_database), demo_database, claire.entity_id)
    assert "Last seen working on 1 Mar 2026" in found(admin, "Crédit Agricole")


def test_R9_banks_card_services_and_fuel_cards_are_told_apart(claire: Admin) -> None:
    page = words(claire.browser.get(f"{claire.home}/add"))
    assert "Show all 18 known banks and card services" in page
    assert "Company cards" in found(claire, "sogecarte")
    assert "Fuel cards" in found(claire, "totalenergies")


def test_a_result_leads_to_the_partners_page(claire: Admin) -> None:
    answer = claire.browser.get(f"{claire.home}/add?q=sogecarte")
    assert "form-action" in answer.headers["Content-Security-Policy"]
    assert "https://partner.example.org" in answer.headers["Content-Security-Policy"]
    assert claire.begin()["redirect_uri"] == "http://localhost/link/return"


def test_while_one_types_only_the_results_are_sent_and_their_number_is_spoken(
    claire: Admin,
) -> None:
    answer = claire.browser.get(f"{claire.home}/add?q=societe", headers=HTMX)
    assert "<!doctype" not in answer.text
    assert '<div id="found"' in answer.text
    assert '<p id="found-summary" hx-swap-oob="innerHTML">2 results, first Sogécarte Net.</p>' in (
        answer.text
    )


def test_one_page_has_one_primary_action(claire: Admin) -> None:
    for query in ("", "?q=societe", "?q=total", "?q=nowhere"):
        page = claire.browser.get(f"{claire.home}/add{query}").text
        assert page.count("button--primary") == 1, query


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "x" * 5000, "%00", "'; DROP"])
def test_anything_may_be_typed(claire: Admin, text: str) -> None:
    answer = claire.browser.get(f"{claire.home}/add", query_string={"q": text})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_the_page_makes_as_many_queries_for_many_results_as_for_none(
    claire: Admin, app: Flask
) -> None:
    counts = []
    for query in ("", "?q=c", "?q=nowhere"):
        seen: list[str] = []

        def note(*arguments: object, into: list[str] = seen) -> None:
            into.append(str(arguments[2]))

        event.listen(claire.database.engine, "before_cursor_execute", note)
        claire.browser.get(f"{claire.home}/add{query}")
        event.remove(claire.database.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts
