"""An admin connects a bank and attaches its cards in a real browser, against the practice bank.

Both languages, with and without JavaScript, desk and phone (R7-R14, R17, R18, R35-R43, R67).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from cardsync_budget_insight.sandbox.server import running
from webapp import demo

CLAIRE = "claire@faure.example"
ENTITY = "Faure Conseil SAS"
BANK, LOGIN, PASSWORD = "Sogécarte Net", "test", "1234"
CARDS = ("CARTE M KARIM BENALI", "CARTE MME SOPHIE MARCHAND", "Compte de règlement cartes")
WORDS = {
    "fr": {
        "tab": "Configuration",
        "title": "Configuration des imports de dépenses",
        "add": "Ajouter une interface bancaire",
        "go": "Continuer vers Budget Insight (Powens)",
        "share": "Confirmer et revenir",
        "cancel": "Annuler",
        "holder": "Titulaire",
        "company": "Compte société",
        "reimburse": "À rembourser",
        "import": "Import",
        "since": "Premier jour à importer",
        "save": "Enregistrer",
        "save all": "Tout enregistrer",
        "attached": r"{} rattachés? sur {}",
        "next": "La prochaine synchronisation est prévue pour le",
        "used": "Ce retour a déjà servi",
        "go on": "Enregistrer et continuer",
        "change imports": "Changer ce qui est importé",
    },
    "en": {
        "tab": "Configuration",
        "title": "Configuration of expense imports",
        "add": "Add a banking interface",
        "go": "Continue to Budget Insight (Powens)",
        "share": "Confirm and go back",
        "cancel": "Cancel",
        "holder": "Holder",
        "company": "Company account",
        "reimburse": "To reimburse",
        "import": "Import",
        "since": "First day to import",
        "save": "Save",
        "save all": "Save all",
        "attached": "{} of {} attached",
        "next": "The next sync is planned for",
        "used": "This return was already used",
        "go on": "Save and go on",
        "change imports": "Change what is imported",
    },
}
PHONE = {"viewport": {"width": 360, "height": 740}}


@dataclass
class Way:
    """One admin's browser, and how to walk in it."""

    page: Page
    language: str
    script: bool

    def word(self, name: str) -> str:
        """A label in the language of the page."""
        return WORDS[self.language][name]

    def button(self, name: str) -> Locator:
        """A button or link of the page by its label."""
        main = self.page.locator("main")
        pattern = re.compile(rf"^\s*{re.escape(self.word(name))}\s*$")
        return main.get_by_role("button", name=pattern).or_(main.get_by_role("link", name=pattern))

    def to_the_partner(self) -> None:
        """From the first page to the partner's."""
        self.page.goto("/")
        self.page.get_by_role("link", name=self.word("tab"), exact=True).click()
        self.page.locator("main").get_by_role("link", name=ENTITY).click()
        self.button("add").click()
        self.button("go").click()
        expect(self.page).to_have_url(re.compile("/webview/"))

    def to_the_accounts(self, login: str = LOGIN) -> None:
        """Choose the bank and log in there."""
        self.page.get_by_role("link", name=BANK, exact=True).click()
        self.page.locator("#login").fill(login)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("main form[method=post] button[type=submit]").first.click()

    def share(self, *names: str) -> None:
        """Tick these accounts and confirm."""
        for name in names:
            self.page.get_by_role("checkbox", name=re.compile(name)).check()
        self.page.get_by_role("button", name=self.word("share")).click()

    def connect(self) -> None:
        """The whole trip, with the imports as they are preset."""
        self.to_the_settings()
        self.button("go on").click()
        expect(self.page).to_have_url(re.compile("/configuration/imports/.*/interfaces/[^/]*$"))

    def to_the_settings(self) -> None:
        """There and back, to where it is asked what is imported."""
        self.to_the_partner()
        self.to_the_accounts()
        self.share(*CARDS)
        expect(self.page).to_have_url(re.compile("/interfaces/.*/settings"))

    def row(self, name: str) -> Locator:
        """The part of the page about one account."""
        return self.page.get_by_role("group", name=re.compile(re.escape(name)))

    def choose_holder(self, name: str, person: str) -> None:
        """Choose who holds an account, as this browser lets one."""
        holder = self.row(name).get_by_role("combobox", name=self.word("holder"))
        if self.script:
            holder.fill(person[:4])
            self.row(name).get_by_role("option", name=person).click()
        else:
            holder.select_option(label=person)

    def choose_mode(self, name: str, mode: str) -> None:
        """Say who pays."""
        self.row(name).get_by_role("radio", name=self.word(mode)).check(force=True)

    def progress(self, done: int, of: int) -> re.Pattern[str]:
        """How far the attaching has come, in words."""
        return re.compile(self.word("attached").format(done, of))

    def expect_attached(self, done: int, of: int) -> None:
        """Expect the progress to say so."""
        expect(self.page.locator("#progress")).to_contain_text(self.progress(done, of))


@pytest.fixture
def practice_bank(installation: Any, tmp_path: Path) -> Iterator[str]:
    """Run the practice bank on a free port, and point the installation to it."""
    with running(tmp_path / "bank", lambda: datetime.now(UTC)) as url:
        demo.use_sandbox(installation.database, installation.settings, "budget-insight", url)
        yield url


SetOut = Callable[..., Way]


@pytest.fixture
def set_out(
    open_page: Callable[..., Page], log_in: Callable[[Page, str], None], practice_bank: str
) -> Iterator[SetOut]:
    """Return a function that opens a browser in which the admin is logged in."""
    opened = []

    def start(language: str = "fr", *, script: bool = True, **options: Any) -> Way:
        page = open_page(java_script_enabled=script, **options)
        opened.append(page)
        log_in(page, CLAIRE)
        if language == "en":
            page.get_by_role("button", name="EN").click()
            expect(page.locator("html")).to_have_attribute("lang", "en")
        return Way(page, language, script)

    yield start
    for page in opened:  # before the bank is gone, which its pages may still load from
        page.close()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R35_to_R43_the_admins_whole_way(set_out: SetOut, language: str, script: bool) -> None:
    way = set_out(language, script=script)
    way.connect()

    expect(way.page.get_by_role("heading", level=1)).to_have_text(BANK)
    expect(way.page.get_by_role("group", name=re.compile("CARTE|Compte"))).to_have_count(3)
    for name in CARDS:
        expect(way.row(name)).to_be_visible()
    way.expect_attached(0, 3)

    way.choose_holder(CARDS[0], "Camille Moreau")
    way.choose_mode(CARDS[0], "company")
    way.row(CARDS[0]).get_by_role("button", name=way.word("save")).click()
    way.expect_attached(1, 3)

    for name in CARDS[1:]:
        way.choose_holder(name, "Camille Moreau")
        way.choose_mode(name, "reimburse")
    way.button("save all").click()
    way.expect_attached(3, 3)
    expect(way.page.locator("#progress")).to_contain_text(way.word("next"))

    way.page.locator("main").get_by_role("link", name=ENTITY).click()
    expect(way.page.get_by_role("heading", level=1)).to_have_text(way.word("title"))
    expect(way.page.locator("main")).to_contain_text(way.progress(3, 3))


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R39_the_search_for_the_issuing_bank_leads_to_its_card_service(
    set_out: SetOut, script: bool
) -> None:
    way = set_out("en", script=script)
    way.page.locator("main").get_by_role("link", name=ENTITY).click()
    way.button("add").click()
    way.page.get_by_label("Name of the bank or card service").fill("societe generale")
    if not script:
        way.page.get_by_role("button", name="Search").click()
    expect(way.page.locator("#found-summary")).to_contain_text("first Sogécarte Net")
    first = way.page.locator("#found").get_by_role("listitem").first
    expect(first).to_contain_text("company cards of Société Générale are found in Sogécarte Net")
    first.get_by_role("button", name=f"Connect {BANK}").click()
    expect(way.page).to_have_url(re.compile("/webview/"))


def test_R8_nothing_typed_at_the_partners_ever_reaches_us(
    set_out: SetOut, installation: Any
) -> None:
    way = set_out()
    ours: list[Request] = []
    way.page.on("request", lambda r: ours.append(r) if r.url.startswith(installation.url) else None)
    way.connect()

    assert len(ours) > 10
    sent = [parse_qs(request.post_data or "") for request in ours]
    names = {name for fields in sent for name in fields}
    ours_alone = {re.sub("-[0-9A-Z]{26}$", "", name) for name in names}
    assert ours_alone == {"csrf_token", "connector", "import-all", "intake-all"}
    assert not any(f"={PASSWORD}" in request.url for request in ours)


def test_R60_several_banks_are_connected_in_one_visit(set_out: SetOut) -> None:
    way = set_out("en")
    way.to_the_partner()
    way.to_the_accounts()
    way.page.get_by_role("checkbox", name=re.compile(CARDS[0])).check()
    way.page.get_by_role("button", name="Confirm and add another bank").click()
    way.page.get_by_role("link", name="LCL", exact=True).click()
    way.page.locator("#login").fill(LOGIN)
    way.page.locator("#password").fill(PASSWORD)
    way.page.locator("main form[method=post] button[type=submit]").first.click()
    way.page.get_by_role("checkbox").first.check()
    way.page.get_by_role("button", name=way.word("share")).click()
    for bank in (BANK, "LCL"):
        expect(way.page.get_by_role("link", name=bank)).to_be_visible()
        way.button("go on").click()

    way.page.locator("main").get_by_role("link", name=ENTITY).click()
    expect(way.page.get_by_role("heading", level=1)).to_have_text(way.word("title"))
    for bank in (BANK, "LCL"):
        expect(way.page.locator("main").get_by_role("link", name=bank)).to_be_visible()


def test_R40_confirming_nothing_is_refused_at_the_partners(set_out: SetOut, watch: Any) -> None:
    watch.foresee("status of 422")
    way = set_out()
    way.to_the_partner()
    way.to_the_accounts()
    expect(way.page.get_by_role("checkbox")).to_have_count(5)
    assert not any(box.is_checked() for box in way.page.get_by_role("checkbox").all())
    way.share()

    expect(way.page).to_have_url(re.compile("/webview/"))
    expect(way.page.get_by_role("alert")).to_be_visible()


def test_R38_who_gives_up_at_the_partners_is_back_and_nothing_has_changed(
    set_out: SetOut,
) -> None:
    way = set_out("en")
    way.to_the_partner()
    way.page.get_by_role("button", name=way.word("cancel")).click()

    expect(way.page.get_by_role("status")).to_contain_text("Nothing was changed")
    expect(way.button("go")).to_be_visible()


def test_R41_the_way_back_cannot_be_walked_twice(set_out: SetOut, watch: Any) -> None:
    watch.foresee("status of 410")
    way = set_out()
    backs: list[str] = []
    way.page.on("request", lambda r: backs.append(r.url) if "/link/return" in r.url else None)
    way.connect()
    way.page.goto(backs[0])

    expect(way.page.get_by_role("heading", level=1)).to_have_text(way.word("used"))


def test_R42_a_row_is_saved_without_leaving_the_page(set_out: SetOut) -> None:
    way = set_out("en")
    way.connect()
    way.page.evaluate("window.stayed = true")
    way.choose_holder(CARDS[0], "Camille Moreau")
    way.choose_mode(CARDS[0], "company")
    way.choose_holder(CARDS[1], "Claire Fontaine")
    save = way.row(CARDS[0]).get_by_role("button", name="Save")
    save.click()

    expect(way.page.get_by_role("status")).to_contain_text("is saved. 1 of 3 attached.")
    expect(way.row(CARDS[0])).to_contain_text("Saved")
    expect(way.row(CARDS[1]).get_by_role("combobox", name="Holder")).to_have_value(
        "Claire Fontaine"
    )
    assert way.page.evaluate("window.stayed") is True
    expect(save).to_be_focused()


def test_the_holder_is_found_by_keyboard_alone(set_out: SetOut) -> None:
    way = set_out("en")
    way.connect()
    holder = way.row(CARDS[0]).get_by_role("combobox", name="Holder")
    holder.focus()
    way.page.keyboard.type("MORÉAU")
    found = way.row(CARDS[0]).get_by_role("listbox").get_by_role("option")
    expect(found).to_have_text(["Camille Moreau"])
    way.page.keyboard.press("ArrowDown")
    expect(holder).to_have_attribute("aria-activedescendant", re.compile("-list-0$"))
    way.page.keyboard.press("Enter")
    expect(holder).to_have_value("Camille Moreau")
    expect(holder).to_have_attribute("aria-expanded", "false")

    way.page.keyboard.type("xyz")
    expect(found).to_have_text(["Nobody of this name"])
    way.page.keyboard.press("Escape")
    expect(holder).to_have_value("Camille Moreau")


def test_R64_a_day_is_asked_only_where_it_is_needed(set_out: SetOut, watch: Any) -> None:
    watch.foresee("status of 422|Response Status Error Code 422")
    way = set_out("en")
    way.to_the_settings()
    row = way.row("For all 3 accounts")
    since = row.get_by_label("First day to import")
    expect(since).to_be_hidden()
    row.get_by_role("combobox", name="Import").select_option(label="Since a date…")
    expect(since).to_be_visible()

    way.button("go on").click()
    expect(row).to_contain_text("Give the first day to import.")
    expect(since).to_have_attribute("aria-invalid", "true")


def test_statement_files_are_a_way_without_a_bank(set_out: SetOut) -> None:
    way = set_out("en")
    way.page.locator("main").get_by_role("link", name=ENTITY).click()
    way.button("add").click()
    way.page.get_by_text("Or import statement files").click()
    way.page.get_by_label("Name", exact=True).fill("Visa Claire")
    way.page.get_by_label("Last four digits").fill("4821")
    way.page.get_by_role("button", name="Add without a bank").click()

    expect(way.row("Visa Claire")).to_contain_text("4821")
    way.expect_attached(0, 1)


@pytest.mark.parametrize(
    ("language", "options"),
    [
        pytest.param("fr", {"color_scheme": "light"}, id="French, light, desk"),
        pytest.param("en", {"color_scheme": "dark", **PHONE}, id="English, dark, phone"),
        pytest.param("fr", {"color_scheme": "light", **PHONE}, id="French, light, phone"),
    ],
)
def test_every_page_of_the_way_is_open_to_everybody_and_fits(
    set_out: SetOut,
    looks_well: Callable[[Page], None],
    watch: Any,
    language: str,
    options: dict[str, Any],
) -> None:
    watch.foresee("status of 404")
    way = set_out(language, **options)
    looks_well(way.page)
    way.page.locator("main").get_by_role("link", name=ENTITY).click()
    looks_well(way.page)
    way.button("add").click()
    way.page.locator("main details").last.locator("summary").click()
    looks_well(way.page)
    way.to_the_settings()
    looks_well(way.page)
    way.button("go on").click()
    expect(way.page).to_have_url(re.compile("/interfaces/[^/]*$"))
    looks_well(way.page)
    way.row(CARDS[0]).get_by_role("combobox", name=way.word("holder")).click()
    looks_well(way.page)
    way.page.goto("/link/return?state=invented")
    looks_well(way.page)
    way.page.go_back()
    way.page.locator("main").get_by_role("link", name=ENTITY).click()
    looks_well(way.page)
