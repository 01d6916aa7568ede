"""Support looks for a purchase, explains a day and asks for a sync; the group's admin sees it.

In both languages, with and without JavaScript, at a desk and on a phone, in both themes.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.feed import LABEL, nights, open_feed, registry_of, serve, work
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World

SAM, CLAIRE = "support@cardsync.example", "claire@faure.example"
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
TUESDAY = TODAY - 5 * DAY
PHONE = {"viewport": {"width": 360, "height": 740}}
WORDS = {
    "fr": {
        "field": "Que cherchez-vous ?",
        "search": "Chercher",
        "expense": "Dépense de Camille Moreau",
        "day": "Jour de l’achat",
        "explain": "Expliquer ce jour",
        "nothing": "La banque n’a rien signalé",
        "sync": "Synchroniser maintenant",
        "why": "Pourquoi ?",
        "asked": "La synchronisation est demandée",
        "by": "demandée par Sam Rivers",
        "searched": "L’assistance a cherché et trouvé ici",
        "looked": "L’assistance a consulté",
        "resynced": "L’assistance a demandé une synchronisation",
        "tab": "Assistance",
    },
    "en": {
        "field": "What are you looking for?",
        "search": "Search",
        "expense": "Expense of Camille Moreau",
        "day": "Day of the purchase",
        "explain": "Explain this day",
        "nothing": "The bank told of nothing",
        "sync": "Sync now",
        "why": "Why?",
        "asked": "The sync is asked for",
        "by": "asked for by Sam Rivers",
        "searched": "Support searched and found something here",
        "looked": "Support looked at",
        "resynced": "Support asked for a sync",
        "tab": "Support",
    },
}


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank(
        [purchase("a", -8450, TUESDAY, memo="CARTE HOTEL MERCURE", label="Hôtel Mercure")]
    )


@pytest.fixture
def feed(installation: Any, bank: ScriptedBank) -> World:
    """Camille's card, fed every night."""
    registry = registry_of(bank)
    serve(installation.app, registry)
    world = open_feed(installation.database, installation.settings, registry)
    nights(world, [TODAY - 2 * DAY, TODAY - DAY, TODAY])
    return world


def speak(page: Page, language: str) -> None:
    """Switch to a language, whatever the person had."""
    if page.locator("html").get_attribute("lang") != language:
        page.get_by_role("button", name=re.compile(f"^{language.upper()}")).click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_support_looks_for_a_purchase_and_resyncs_and_the_admin_sees_it(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    feed: World,
    bank: ScriptedBank,
    language: str,
    script: bool,
) -> None:
    say = WORDS[language]
    page = open_page(java_script_enabled=script)
    log_in(page, SAM)
    speak(page, language)
    tabs = page.get_by_role("navigation").first
    expect(tabs.get_by_role("link", name=say["tab"])).to_have_attribute("aria-current", "page")

    page.get_by_label(say["field"]).fill("mercure 84,50")
    page.get_by_role("main").get_by_role("button", name=say["search"]).click()
    expect(page.locator("main")).to_contain_text(say["expense"])
    page.get_by_role("link", name="Hôtel Mercure").click()
    page.get_by_role("link", name=re.compile("Carte Camille")).click()
    page.get_by_label(say["day"]).fill((TUESDAY - DAY).isoformat())
    page.get_by_role("button", name=say["explain"]).click()
    expect(page.locator("main")).to_contain_text(say["nothing"])

    page.get_by_role("link", name=LABEL).click()
    form = page.get_by_role("form", name=say["sync"])
    form.get_by_label(say["why"]).fill("Ticket 12")
    form.get_by_role("button", name=say["sync"]).click()
    expect(page.get_by_role("status")).to_contain_text(say["asked"])
    bank.rows.append(purchase("late", -4200, TUESDAY - DAY, memo="CB TARDIVE"))
    work(feed)
    page.reload()
    expect(page.locator("#runs")).to_contain_text(say["by"])
    assert len(feed.expenses()) == 2

    admin = open_page(java_script_enabled=script)
    log_in(admin, CLAIRE)
    speak(admin, language)
    admin.goto("/audit")
    trail = admin.locator("main")
    for word in (say["searched"], "mercure 84,50", say["looked"], say["resynced"], "Ticket 12"):
        expect(trail).to_contain_text(word)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_look_well_in_both_themes_and_widths(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    feed: World,
    watch: Any,
    scheme: str,
    size: str,
) -> None:
    page = open_page(color_scheme=scheme, **(PHONE if size == "phone" else {}))
    log_in(page, SAM)
    speak(page, "fr" if size == "phone" else "en")
    found = page.request.get("/support?q=mercure").text()
    (transaction,) = set(re.findall(r"/support/transactions/[0-9A-Z]{26}", found))
    (person,) = set(
        re.findall(r"/support/people/[0-9A-Z]{26}", page.request.get("/support?q=camille").text())
    )
    interface = f"/support/interfaces/{feed.interface_id}"
    for address in (
        "/support",
        "/support?q=nothing+at+all",
        "/support?q=faure",
        "/support?q=carte",
        f"/support/entities/{feed.entity_id}",
        person,
        transaction,
        interface,
        f"/support/accounts/{feed.account_id}",
        f"/support/accounts/{feed.account_id}?day={TUESDAY}",
        f"/support/accounts/{feed.account_id}?day={TODAY}",
        f"/accounts/{feed.account_id}/history",
        "/configuration/connectors",
    ):
        page.goto(address)
        looks_well(page)
    page.goto(interface)
    # The browser asks for the missing reason itself; without that, our own page does.
    page.locator("form[aria-labelledby=days-title]").evaluate("form => form.noValidate = true")
    watch.foresee("status of 422")
    page.get_by_role(
        "button", name=re.compile("^(Redemander ces jours|Ask for these days)")
    ).click()
    expect(page.get_by_role("alert")).to_be_visible()
    looks_well(page)
