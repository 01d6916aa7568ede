"""An employee completes expenses in a real browser: in both languages, on a phone and at a desk,
with and without JavaScript (R2, R3, R17, R18).
"""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from sqlmodel import select

from tests.support.office import DAY, Office
from webapp.storage.expenses import Receipt

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
SCRIPTED = pytest.mark.parametrize("scripted", [True, False], ids=["JavaScript", "no JavaScript"])
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n0\n%%EOF\n"
WORDS = {
    "en": {
        "list": "My expenses",
        "save": "Save and next",
        "close": "Close",
        "train": "Train",
        "left": "expenses to complete",
        "draft": "It stays to complete",
        "done": "Complete: “SNCF Connect”. Next: “Chez Paul”.",
        "finished": "Everything is complete",
        "refused": "neither a photo",
        "none": "This is not an expense…",
        "transfer": "Money moved between own accounts",
        "take out": "Take it out",
        "is none": "is not an expense any more",
        "take up": "It is an expense after all",
        "again": "is an expense again",
    },
    "fr": {
        "list": "Mes dépenses",
        "save": "Enregistrer et suivante",
        "close": "Fermer",
        "train": "Train",
        "left": "dépenses à compléter",
        "draft": "La dépense reste à compléter",
        "done": "Complète\xa0: «\xa0SNCF Connect\xa0». Suivante\xa0: «\xa0Chez Paul\xa0».",
        "finished": "Tout est complet",
        "refused": "ni une photo",
        "none": "Ce n’est pas une dépense…",
        "transfer": "Un virement entre comptes à soi",
        "take out": "La retirer",
        "is none": "n’est plus une dépense",
        "take up": "C’est bien une dépense",
        "again": "est de nouveau une dépense",
    },
}


@pytest.fixture
def office(empty_installation: Any) -> Office:
    return Office(empty_installation.database)


@pytest.fixture
def employee(office: Office) -> Callable[[str], tuple[str, str]]:
    """Return a function that hires an employee with a card and three expenses."""
    entity = office.entity()

    def hire(locale: str) -> tuple[str, str]:
        person = office.person(entity=entity, locale=locale)
        card = office.card(entity, person)
        for age, (title, minor) in enumerate(
            [("SNCF Connect", -8900), ("Chez Paul", -1780), ("Indigo", -450)]
        ):
            office.expense(card, title, minor, day=DAY - timedelta(days=age))
        return person, card

    return hire


@pytest.fixture
def open_as(
    office: Office, empty_installation: Any, open_page: Callable[..., Page]
) -> Callable[..., Page]:
    """Return a function that opens "My expenses" as a person."""

    def open_list(person: str, *, size: dict[str, int] = DESK, **options: Any) -> Page:
        page = open_page(viewport=size, reduced_motion="reduce", **options)
        login, url = office.log_in(person), empty_installation.url
        page.context.add_cookies([{"name": "cardsync-login", "value": login, "url": url}])
        page.goto("/expenses")
        return page

    return open_list


def photo() -> FilePayload:
    buffer = BytesIO()
    Image.new("RGB", (600, 900), "white").save(buffer, "JPEG")
    return {"name": "ticket.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def receipts_of(office: Office) -> list[Receipt]:
    with office.database.read() as session:
        return list(session.exec(select(Receipt)))


Hire = Callable[[str], tuple[str, str]]
Open = Callable[..., Page]
Check = Callable[[Page], None]


@SIZES
@SCRIPTED
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_R2_R3_an_expense_is_completed_with_a_receipt_and_the_next_one_opens(
    employee: Hire,
    open_as: Open,
    locale: str,
    scripted: bool,
    size: dict[str, int],
    office: Office,
    looks_well: Check,
) -> None:
    words = WORDS[locale]
    person, _ = employee(locale)
    page = open_as(person, size=size, java_script_enabled=scripted)
    expect(page.get_by_role("heading", level=1)).to_have_text(words["list"])
    expect(page.locator("#left")).to_contain_text(f"3 {words['left']}")
    if scripted:  # what checks the page is a script
        looks_well(page)

    page.get_by_role("link", name="SNCF Connect").click()
    expect(page.locator(".opened__title")).to_have_text("SNCF Connect")
    assert page.url.endswith("/expenses") == scripted, "in its place, or on a page of its own"
    page.locator(".picker__option", has_text=words["train"]).click()
    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name=words["save"]).click()

    expect(page.locator(".opened__title")).to_have_text("Chez Paul")
    expect(page.locator("#announcements")).to_contain_text(words["done"])
    (receipt,) = receipts_of(office)
    assert receipt.media_type == "image/jpeg"
    if scripted:  # what checks the page is a script
        looks_well(page)

    for title in ("Chez Paul", "Indigo"):
        expect(page.locator(".opened__title")).to_have_text(title)
        page.locator(".picker__option", has_text=words["train"]).click()
        page.get_by_role("button", name=words["save"]).click()
    expect(page.locator("#left")).to_contain_text(words["finished"])
    expect(page.locator(".completion")).to_have_count(0)


def test_by_keyboard_alone_focus_goes_where_the_work_is(employee: Hire, open_as: Open) -> None:
    person, _ = employee("en")
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


@SCRIPTED
def test_a_draft_stays_open_and_a_bad_file_costs_nothing_that_was_typed(
    employee: Hire, open_as: Open, scripted: bool, watch: Any
) -> None:
    watch.foresee("status of 422")
    words = WORDS["fr"]
    person, _ = employee("fr")
    page = open_as(person, java_script_enabled=scripted)
    page.get_by_role("link", name="SNCF Connect").click()
    page.locator("textarea").fill("Visite du client")
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text(words["draft"])).to_be_visible()

    page.locator(".picker__option", has_text=words["train"]).click()
    page.locator("textarea").fill("Visite du client à Lyon")
    bad: FilePayload = {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    page.locator("input[type=file]").set_input_files(bad)
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text(words["refused"])).to_be_visible()
    expect(page.locator("textarea")).to_have_value("Visite du client à Lyon")
    expect(page.locator("input[name=category]:checked")).to_have_count(1)

    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator(".opened__title")).to_have_text("Chez Paul")


def test_U01_two_windows_tell_each_other_and_lose_nothing(
    employee: Hire, open_as: Open, watch: Any
) -> None:
    watch.foresee("status of 409")
    person, _ = employee("en")
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
    employee: Hire, open_as: Open, office: Office
) -> None:
    person, card = employee("en")
    office.expense(card, "Old", day=DAY - timedelta(days=60))
    page = open_as(person)
    page.locator(".segmented__option", has_text="To complete").click()
    expect(page).to_have_url("/expenses?show=to_complete&month=")
    page.get_by_label("Month").select_option(label="September 2026")
    expect(page.locator(".row__link")).to_have_text(["Old"])
    page.reload()
    expect(page.locator(".row__link")).to_have_text(["Old"])


def test_a_filter_changed_while_the_last_answer_is_on_its_way_counts(
    employee: Hire, open_as: Open, office: Office
) -> None:
    person, card = employee("en")
    office.expense(card, "Old", day=DAY - timedelta(days=60))
    page = open_as(person)
    page.evaluate("""() => {
        const month = document.querySelector("#month");
        addEventListener("htmx:beforeSwap", () => {
            month.value = "2026-09";
            month.dispatchEvent(new Event("change", {bubbles: true}));
        }, {once: true});
        document.querySelector("#show-to_complete").click();
    }""")
    expect(page.locator(".row__link")).to_have_text(["Old"])
    expect(page).to_have_url("/expenses?show=to_complete&month=2026-09")


def test_the_list_grows_as_one_scrolls_and_the_next_one_is_found_below(
    employee: Hire, open_as: Open, office: Office
) -> None:
    person, card = employee("en")
    office.expenses(card, 120, day=DAY - timedelta(days=30))
    page = open_as(person)
    expect(page.locator(".row__link")).to_have_count(50)
    page.locator("#list-end a").scroll_into_view_if_needed()
    expect(page.locator(".row__link")).to_have_count(100)
    page.locator("#list-end a").scroll_into_view_if_needed()
    expect(page.locator(".row__link")).to_have_count(123)
    titles = page.locator(".row__link").all_inner_texts()
    assert len(set(titles)) == 123


def test_a_receipt_is_seen_replaced_and_removed(
    employee: Hire, open_as: Open, office: Office
) -> None:
    person, _ = employee("en")
    page = open_as(person)
    page.get_by_role("link", name="SNCF Connect").click()
    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name="Save and next").click()
    thumb = page.get_by_role("img", name="Open the receipt")
    expect(thumb).to_be_visible()
    expect(thumb).to_have_js_property("naturalWidth", 600)
    other: FilePayload = {"name": "ticket.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.locator("input[type=file]").set_input_files(other)
    page.get_by_role("button", name="Save and next").click()
    expect(page.locator(".held__name")).to_have_text("ticket.pdf")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert download.value.suggested_filename == "ticket.pdf"
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".held")).to_have_count(0)
    assert receipts_of(office) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@SIZES
def test_no_barrier_is_found_in_either_theme(
    employee: Hire,
    open_as: Open,
    scheme: str,
    size: dict[str, int],
    office: Office,
    looks_well: Check,
) -> None:
    person, card = employee("fr")
    office.expense(card, "Hôtel", -9000, status="announced")
    office.expense(card, "Rendu", 900)
    office.expense(card, "Annulé", -900, status="cancelled")
    office.expense(card, "Fait", -900, expense_status="complete")
    page = open_as(person, size=size, color_scheme=scheme)
    looks_well(page)
    page.get_by_role("link", name="Hôtel").click()
    page.locator(".completion").wait_for()
    looks_well(page)
    page.locator("textarea").fill("Nuit")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("reste à compléter").wait_for()
    looks_well(page)
    page.goto("/expenses?show=complete&month=2026-01")
    looks_well(page)


@SIZES
@SCRIPTED
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_D_R_what_is_no_expense_is_taken_out_and_taken_up_again(
    employee: Hire,
    open_as: Open,
    looks_well: Check,
    locale: str,
    scripted: bool,
    size: dict[str, int],
) -> None:
    person, _ = employee(locale)
    page = open_as(person, size=size, java_script_enabled=scripted)
    words = WORDS[locale]
    page.get_by_role("link", name="Indigo").click()
    page.get_by_text(words["none"]).click()
    page.get_by_label(words["transfer"]).check()
    page.mouse.wheel(0, -5000)  # what lies half under the top bar is not there to be pressed
    looks_well(page)
    page.get_by_role("button", name=words["take out"]).click()
    expect(page.get_by_role("status").first).to_contain_text(words["is none"])
    looks_well(page)
    page.get_by_role("link", name="Indigo").click()
    expect(page.locator("div.not-expense")).to_contain_text(words["transfer"])
    looks_well(page)
    page.get_by_role("button", name=words["take up"]).click()
    expect(page.get_by_role("status").first).to_contain_text(words["again"])
