"""An employee completes expenses in a real browser: in both languages, on a phone and at a desk,
with and without JavaScript (R2, R3, R17, R18).
"""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select
from werkzeug.serving import make_server

from tests.support.office import DAY, Office
from webapp.app import create_app
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.expenses import Receipt

PHONE, DESK = (360, 740), (1280, 900)
WORDS = {
    "en": {
        "list": "My expenses",
        "save": "Save and next",
        "close": "Close",
        "train": "Train",
        "left": "expenses to complete",
        "draft": "It stays to complete",
        "done": "“SNCF Connect” is complete. Next: “Chez Paul”.",
        "finished": "Everything is complete",
        "refused": "neither a photo",
    },
    "fr": {
        "list": "Mes dépenses",
        "save": "Enregistrer et suivante",
        "close": "Fermer",
        "train": "Train",
        "left": "dépenses à compléter",
        "draft": "La dépense reste à compléter",
        "done": "«\xa0SNCF Connect\xa0» est complète. Suivante\xa0: «\xa0Chez Paul\xa0».",
        "finished": "Tout est complet",
        "refused": "ni une photo",
    },
}


class Site:
    """The application answering on a port of this machine, over an office of its own."""

    def __init__(self, url: str, office: Office, instance: Path) -> None:
        self.url, self.office, self.instance = url, office, instance
        self.entity = office.entity()

    def employee(self, locale: str) -> tuple[str, str]:
        """Hire an employee with a card and three expenses; return the person and the card."""
        person = self.office.person(entity=self.entity, locale=locale)
        card = self.office.card(self.entity, person)
        for age, (title, minor) in enumerate(
            [("SNCF Connect", -8900), ("Chez Paul", -1780), ("Indigo", -450)]
        ):
            self.office.expense(card, title, minor, day=DAY - timedelta(days=age))
        return person, card


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, redis_url: str) -> Iterator[Site]:
    settings = Settings(
        instance=tmp_path / "instance",
        database_url=sqlite_url,
        redis_url=redis_url,
        secret_key="a secret key for tests only",
        master_keys="YSBtYXN0ZXIga2V5IGZvciB0aGUgdGVzdHMgb25seSE=",
    )
    database = Database(sqlite_url)
    server = make_server("127.0.0.1", 0, create_app(settings, database=database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.port}", Office(database), settings.instance)
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


Open = Callable[..., Page]


@pytest.fixture
def open_as(site: Site, browser: Browser) -> Iterator[Open]:
    """Return a function that opens "My expenses" as a person; the console must stay silent."""
    contexts, complaints = [], []

    def open_page(
        person: str, *, size: tuple[int, int] = DESK, path: str = "/expenses", **options: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        cookie = {
            "name": "cardsync-login",
            "value": site.office.log_in(person),
            "url": site.url,
        }
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                # An answer that refuses a form is logged by the browser, as it should be.
                if message.type in ("error", "warning") and "status of 4" not in message.text
                else None
            ),
        )
        page.goto(site.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def photo() -> dict[str, Any]:
    buffer = BytesIO()
    Image.new("RGB", (600, 900), "white").save(buffer, "JPEG")
    return {"name": "ticket.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def receipts_of(site: Site) -> list[Receipt]:
    with site.office.database.read() as session:
        return list(session.exec(select(Receipt)))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scripted", [True, False], ids=["JavaScript", "no JavaScript"])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_R2_R3_an_expense_is_completed_with_a_receipt_and_the_next_one_opens(
    site: Site, open_as: Open, locale: str, scripted: bool, size: tuple[int, int]
) -> None:
    words = WORDS[locale]
    person, _ = site.employee(locale)
    page = open_as(person, size=size, java_script_enabled=scripted)
    expect(page.get_by_role("heading", level=1)).to_have_text(words["list"])
    expect(page.locator("#left")).to_contain_text(f"3 {words['left']}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]

    page.get_by_role("link", name="SNCF Connect").click()
    expect(page.locator(".opened__title")).to_have_text("SNCF Connect")
    assert page.url.endswith("/expenses") == scripted, "in its place, or on a page of its own"
    page.locator(".picker__option", has_text=words["train"]).click()
    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name=words["save"]).click()

    expect(page.locator(".opened__title")).to_have_text("Chez Paul")
    expect(page.locator("#announcements")).to_contain_text(words["done"])
    (receipt,) = receipts_of(site)
    assert receipt.media_type == "image/jpeg"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]

    for title in ("Chez Paul", "Indigo"):
        expect(page.locator(".opened__title")).to_have_text(title)
        page.locator(".picker__option", has_text=words["train"]).click()
        page.get_by_role("button", name=words["save"]).click()
    expect(page.locator("#left")).to_contain_text(words["finished"])
    expect(page.locator(".completion")).to_have_count(0)


def test_by_keyboard_alone_focus_goes_where_the_work_is(site: Site, open_as: Open) -> None:
    person, _ = site.employee("en")
    page = open_as(person)
    page.get_by_role("link", name="Chez Paul").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".opened__title")).to_have_text("Chez Paul")
    expect(page.locator("input[name=category]").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".opened__title")).to_have_text("Indigo")
    expect(page.locator("input[name=category]").first).to_be_focused()
    page.get_by_role("link", name="Close").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".completion")).to_have_count(0)
    expect(page.get_by_role("link", name="Indigo")).to_be_focused()


@pytest.mark.parametrize("scripted", [True, False], ids=["JavaScript", "no JavaScript"])
def test_a_draft_stays_open_and_a_bad_file_costs_nothing_that_was_typed(
    site: Site, open_as: Open, scripted: bool
) -> None:
    words = WORDS["fr"]
    person, _ = site.employee("fr")
    page = open_as(person, java_script_enabled=scripted)
    page.get_by_role("link", name="SNCF Connect").click()
    page.locator("textarea").fill("Visite du client")
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text(words["draft"])).to_be_visible()

    page.locator(".picker__option", has_text=words["train"]).click()
    page.locator("textarea").fill("Visite du client à Lyon")
    bad = {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    page.locator("input[type=file]").set_input_files(bad)  # type: ignore[arg-type]
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text(words["refused"])).to_be_visible()
    expect(page.locator("textarea")).to_have_value("Visite du client à Lyon")
    expect(page.locator("input[name=category]:checked")).to_have_count(1)

    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator(".opened__title")).to_have_text("Chez Paul")


def test_U01_two_windows_tell_each_other_and_lose_nothing(site: Site, open_as: Open) -> None:
    person, _ = site.employee("en")
    first, second = open_as(person), open_as(person)
    for page, comment in ((first, "From the first"), (second, "From the second")):
        page.get_by_role("link", name="SNCF Connect").click()
        page.locator("textarea").fill(comment)
    first.get_by_role("button", name="Save and next").click()
    expect(first.get_by_text("It stays to complete")).to_be_visible()
    second.get_by_role("button", name="Save and next").click()
    expect(second.get_by_role("alert")).to_contain_text("changed meanwhile")
    expect(second.get_by_role("alert")).to_contain_text("From the first")
    expect(second.locator("textarea")).to_have_value("From the second")
    second.get_by_role("button", name="Save and next").click()
    expect(second.get_by_text("It stays to complete")).to_be_visible()


def test_the_filters_narrow_the_list_in_place_and_stay_in_the_address(
    site: Site, open_as: Open
) -> None:
    person, card = site.employee("en")
    site.office.expense(card, "Old", day=DAY - timedelta(days=60))
    page = open_as(person)
    page.locator(".segmented__option", has_text="To complete").click()
    expect(page).to_have_url(f"{site.url}/expenses?show=to_complete&month=")
    page.get_by_label("Month").select_option(label="September 2026")
    expect(page.locator(".row__link")).to_have_text(["Old"])
    page.reload()
    expect(page.locator(".row__link")).to_have_text(["Old"])


def test_the_list_grows_as_one_scrolls_and_the_next_one_is_found_below(
    site: Site, open_as: Open
) -> None:
    person, card = site.employee("en")
    site.office.expenses(card, 120, day=DAY - timedelta(days=30))
    page = open_as(person)
    expect(page.locator(".row__link")).to_have_count(50)
    page.locator("#list-end a").scroll_into_view_if_needed()
    expect(page.locator(".row__link")).to_have_count(100)
    page.locator("#list-end a").scroll_into_view_if_needed()
    expect(page.locator(".row__link")).to_have_count(123)
    titles = page.locator(".row__link").all_inner_texts()
    assert len(set(titles)) == 123


def test_a_receipt_is_seen_replaced_and_removed(site: Site, open_as: Open) -> None:
    person, _ = site.employee("en")
    page = open_as(person)
    page.get_by_role("link", name="SNCF Connect").click()
    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name="Save and next").click()
    thumb = page.get_by_role("img", name="Open the receipt")
    expect(thumb).to_be_visible()
    page.wait_for_function("document.querySelector('.thumb img').naturalWidth > 0")
    pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n0\n%%EOF\n"
    other = {"name": "ticket.pdf", "mimeType": "application/pdf", "buffer": pdf}
    page.locator("input[type=file]").set_input_files(other)  # type: ignore[arg-type]
    page.get_by_role("button", name="Save and next").click()
    expect(page.locator(".held__name")).to_have_text("ticket.pdf")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert download.value.suggested_filename == "ticket.pdf"
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".held")).to_have_count(0)
    assert receipts_of(site) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_barrier_is_found_in_either_theme(
    site: Site, open_as: Open, scheme: str, size: tuple[int, int]
) -> None:
    person, card = site.employee("fr")
    site.office.expense(card, "Hôtel", -9000, status="announced")
    site.office.expense(card, "Rendu", 900)
    site.office.expense(card, "Annulé", -900, status="cancelled")
    site.office.expense(card, "Fait", -900, expense_status="complete")
    page = open_as(person, size=size, color_scheme=scheme)
    no_barriers(page)
    page.get_by_role("link", name="Hôtel").click()
    page.locator(".completion").wait_for()
    no_barriers(page)
    page.locator("textarea").fill("Nuit")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("reste à compléter").wait_for()
    no_barriers(page)
    page.goto(f"{site.url}/expenses?show=complete&month=2026-01")
    no_barriers(page)


def no_barriers(page: Page) -> None:
    """Check the page as axe does, by WCAG 2.2 level AA."""
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert found.violations_count == 0, found.generate_report()
