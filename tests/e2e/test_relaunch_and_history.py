"""An admin relaunches a sync, reads a card's history and operations, stops and restores a card.

In both languages, with and without JavaScript, at a desk and on a phone (R44, R46, R53, R68-R71,
D-G, D-I).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from cardsync_sdk import RejectedRow, TransactionKind, TransactionStatus
from cardsync_sdk.errors import SourceUnavailable
from tests.support.feed import add_card, nights, open_feed, registry_of, serve, work
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.world import World

CLAIRE = "claire@faure.example"
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
PHONE = {"viewport": {"width": 360, "height": 740}}
WORDS = {
    "fr": {
        "good": "À jour",
        "asked": "Synchronisation demandée",
        "running": "Synchronisation en cours",
        "result": "La synchronisation a réussi : 2 nouvelles, 6 inchangées, 1 en attente",
        "last": "Dernier résultat : 2 nouvelles, 6 inchangées, 1 en attente",
        "by": "Demandée par Claire Fontaine",
        "why": "Pourquoi ?",
        "reason": "Indiquer un motif",
        "history": "Historique",
        "operations": "Opérations",
        "rows": "Voir ses lignes",
        "expense": "Dépense de Camille Moreau : à compléter",
        "quarantined": "illisible",
        "failed": "Échec",
        "words": "Mots",
        "amount": "Montant",
        "search": "Chercher",
        "price": "1 234,56",
        "stop": "Ne plus synchroniser",
        "keep": "Continuer à synchroniser",
        "stopped": "Comptes arrêtés",
        "restore": "Rétablir",
    },
    "en": {
        "good": "Up to date",
        "asked": "Sync is asked for",
        "running": "Sync is running",
        "result": "The sync went well: 2 new, 6 unchanged, 1 waiting",
        "last": "Last result: 2 new, 6 unchanged, 1 waiting",
        "by": "Asked for by Claire Fontaine",
        "why": "Why?",
        "reason": "Give a reason",
        "history": "History",
        "operations": "Operations",
        "rows": "Show its rows",
        "expense": "Expense of Camille Moreau: to complete",
        "quarantined": "not readable",
        "failed": "Failed",
        "words": "Words",
        "amount": "Amount",
        "search": "Search",
        "price": "1,234.56",
        "stop": "Stop syncing",
        "keep": "Keep syncing",
        "stopped": "Stopped accounts",
        "restore": "Restore",
    },
}


@dataclass
class Way:
    """One admin's browser, and how to walk in it."""

    page: Page
    language: str
    script: bool
    feed: World
    bank: ScriptedBank

    def word(self, name: str) -> str:
        """A label in the language of the page."""
        return WORDS[self.language][name]

    @property
    def home(self) -> str:
        """The list of the entity's interfaces."""
        return f"/configuration/imports/{self.feed.entity_id}"

    @property
    def interface(self) -> str:
        """The page of the interface."""
        return f"{self.home}/interfaces/{self.feed.interface_id}"

    @property
    def part(self) -> Locator:
        """What says how the interface stands: a row, or a section."""
        return self.page.locator(f"#interface-{self.feed.interface_id}")

    @property
    def icon(self) -> Locator:
        """The state icon."""
        return self.page.locator(f"#sync-{self.feed.interface_id}")


@pytest.fixture
def bank() -> ScriptedBank:
    """A bank with a week of purchases, a monthly total and a row nobody can read."""
    rows = [
        purchase(
            "a", -1250, TODAY - 9 * DAY, memo="CARTE HOTEL MERCURE LYON", label="Hôtel Mercure"
        ),
        purchase("b", -123456, TODAY - 8 * DAY, memo="CARTE MATERIEL BUREAU", label="Bureau Plus"),
        purchase("c", 4200, TODAY - 7 * DAY, memo="AVOIR SNCF", kind=TransactionKind.REFUND),
        purchase(
            "d", -3480, TODAY - 6 * DAY, memo="CB LE ZINC", status=TransactionStatus.ANNOUNCED
        ),
        purchase("e", -990, TODAY - 8 * DAY, memo="CB CAFE"),
        purchase("sum", -130000, TODAY - 7 * DAY, memo="RELEVE", kind=TransactionKind.SUMMARY),
    ]
    return ScriptedBank(rows, extra={"rejected": [RejectedRow(CARD, "the date is missing", "q-1")]})


@pytest.fixture
def feed(installation: Any, bank: ScriptedBank) -> World:
    """Camille's card with a past: good nights, a failed one, one that failed and then went well."""
    registry = registry_of(bank)
    serve(installation.app, registry)
    world = open_feed(installation.database, installation.settings, registry)
    add_card(world, "card-2", "Carte de service")

    def fail(_page: int) -> None:
        raise SourceUnavailable("503 from the bank")

    nights(world, [TODAY - 5 * DAY, TODAY - 4 * DAY])
    bank.before_page = fail
    nights(world, [TODAY - 3 * DAY, TODAY - 2 * DAY])
    bank.before_page = lambda _page: None
    nights(world, [TODAY - 2 * DAY, TODAY - DAY, TODAY], hour=5)
    return world


SetOut = Callable[..., Way]


@pytest.fixture
def set_out(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    feed: World,
    bank: ScriptedBank,
) -> SetOut:
    """Return a function that opens a browser in which the admin is logged in."""

    def start(language: str = "fr", *, script: bool = True, **options: Any) -> Way:
        page = open_page(java_script_enabled=script, **options)
        log_in(page, CLAIRE)
        if language == "en":
            page.get_by_role("button", name="EN").click()
            expect(page.locator("html")).to_have_attribute("lang", "en")
        return Way(page, language, script, feed, bank)

    return start


def more_at_the_bank(bank: ScriptedBank) -> None:
    bank.rows += [
        purchase("new-1", -2000, TODAY - DAY, memo="CB NEUF"),
        purchase("new-2", -2100, TODAY - DAY, memo="CB NEUF DEUX"),
        purchase("waits", -700, TODAY - DAY, memo="CB SERVICE", account_ref="card-2"),
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("place", ["row", "page"])
def test_R68_R71_the_icon_turns_running_then_green_and_the_counts_are_spoken(
    set_out: SetOut, language: str, place: str
) -> None:
    way = set_out(language)
    way.page.goto(way.home if place == "row" else way.interface)
    expect(way.icon).to_contain_text(way.word("good"))
    more_at_the_bank(way.bank)
    if place == "page":
        way.page.get_by_text(way.word("reason")).click()
        way.page.get_by_label(way.word("why")).fill("Mardi")
    way.icon.dblclick()
    expect(way.icon).to_contain_text(way.word("asked"))
    expect(way.part).to_contain_text(way.word("by"))
    expect(way.icon).to_be_focused()

    def look(_page: int) -> None:
        way.bank.asked.append(("looked", None))  # type: ignore[arg-type]

    way.bank.before_page = look
    asked_before = len(way.bank.asked)
    work(way.feed)
    assert len(way.bank.asked) == asked_before + 2, "one run, of one page"
    expect(way.icon).to_contain_text(way.word("good"))
    spoken = way.page.locator("#announcements")
    expect(spoken).to_contain_text(way.word("result"))
    expect(spoken).to_have_attribute("aria-live", "polite")
    expect(way.part).to_contain_text(way.word("last"))
    expect(way.icon).to_be_focused()
    expect(way.part.locator("[hx-trigger^=load]")).to_have_count(0)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_R53_R71_without_javascript_the_icon_works_too(set_out: SetOut, language: str) -> None:
    way = set_out(language, script=False)
    way.page.goto(way.interface)
    more_at_the_bank(way.bank)
    way.icon.click()
    expect(way.icon).to_contain_text(way.word("asked"))
    expect(way.part).to_contain_text(way.word("by"))
    work(way.feed)
    way.page.reload()
    expect(way.icon).to_contain_text(way.word("good"))
    expect(way.part).to_contain_text(way.word("last"))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R44_R69_from_the_card_to_its_history_and_its_operations(
    set_out: SetOut, language: str, script: bool
) -> None:
    way = set_out(language, script=script)
    page = way.page
    page.goto(way.interface)
    card = page.get_by_role("group", name=re.compile("Carte Camille"))
    card.get_by_role("link", name=re.compile(way.word("history"))).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Carte Camille")
    calendar = page.locator(".calendar")
    expect(calendar.locator(".calendar__day--failed")).to_have_count(1)
    expect(calendar.locator(".calendar__day--recovered")).to_have_count(1)
    expect(calendar.locator(".calendar__day--good")).to_have_count(4)
    calendar.locator(".calendar__day--failed a").click()
    expect(page.locator("#runs")).to_contain_text(way.word("failed"))
    page.get_by_role("link", name=way.word("history"), exact=True).click()
    page.get_by_role("link", name=re.compile(way.word("rows"))).first.click()
    expect(page.locator("main")).to_contain_text(way.word("expense"))
    expect(page.locator("main")).to_contain_text(way.word("quarantined"))

    page.get_by_role("link", name=way.word("operations"), exact=True).click()
    titles = page.locator(".operation .row__title")
    expect(titles).to_have_count(6)
    page.get_by_label(way.word("words")).fill("hotel")
    page.get_by_role("button", name=way.word("search")).click()
    expect(titles).to_have_text(["Hôtel Mercure"])
    page.get_by_label(way.word("words")).fill("")
    page.get_by_label(way.word("amount")).fill(way.word("price"))
    page.get_by_role("button", name=way.word("search")).click()
    expect(titles).to_have_text(["Bureau Plus"])


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R46_a_card_is_stopped_after_a_question_and_restored(
    set_out: SetOut, language: str, script: bool
) -> None:
    way = set_out(language, script=script)
    page = way.page
    page.goto(way.interface)
    card = page.get_by_role("group", name=re.compile("Carte Camille"))
    card.get_by_role("link", name=f"{way.word('stop')} Carte Camille").click()
    page.get_by_role("link", name=way.word("keep")).click()
    expect(card).to_be_visible()
    card.get_by_role("link", name=f"{way.word('stop')} Carte Camille").click()
    page.get_by_role("button", name=way.word("stop"), exact=True).click()
    expect(card).to_have_count(0)
    expect(page.get_by_role("region", name=way.word("stopped"))).to_contain_text("Carte Camille")
    page.get_by_role("button", name=re.compile(way.word("restore"))).click()
    expect(card).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_look_well_in_both_themes_and_widths(
    set_out: SetOut, looks_well: Callable[[Page], None], scheme: str, size: str
) -> None:
    options = PHONE if size == "phone" else {}
    way = set_out("fr" if size == "phone" else "en", color_scheme=scheme, **options)
    account = f"/accounts/{way.feed.account_id}"
    run = way.page.request.get(f"{account}/history").text()
    (run_id, *_others) = re.findall(r"run=([0-9A-Z]{26})", run)
    for address in (
        way.home,
        way.interface,
        f"{way.interface}/accounts/{way.feed.account_id}/stop",
        f"{account}/history",
        f"{account}/history?weeks=13&day={TODAY - 2 * DAY}",
        f"{account}/history?run={run_id}",
        f"{account}/operations",
        f"{account}/operations?amount=beaucoup&words=hotel",
        f"{account}/operations?words=nothing",
    ):
        way.page.goto(address)
        looks_well(way.page)
    way.page.goto(way.interface)
    way.icon.click()
    expect(way.part).to_contain_text(way.word("by"))
    looks_well(way.page)
    way.page.request.get(way.home)
    work(way.feed)
    expect(way.icon).to_contain_text(way.word("good"))
    looks_well(way.page)
    way.page.goto(f"{way.interface}/accounts/{way.feed.account_id}/stop")
    way.page.locator("main form button").click()
    expect(way.page.get_by_role("region", name=way.word("stopped"))).to_be_visible()
    looks_well(way.page)
