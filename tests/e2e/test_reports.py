"""A report goes its way in a real browser: completed, submitted, sent back, submitted, approved.

In both languages, on a phone and at a desk, with and without JavaScript, by day and by night.
"""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.support.office import DAY, Office
from tests.support.report_desk import ReportDesk
from webapp.domain.people import Role
from webapp.domain.reports import Step
from webapp.storage.transactions import BankTransaction

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
SCRIPTED = pytest.mark.parametrize("scripted", [True, False], ids=["JavaScript", "no JavaScript"])
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
WORDS = {
    "en": {
        "reports": "My reports",
        "month": "November 2026",
        "in": "In the report of November 2026",
        "save": "Save and next",
        "out": "Take out",
        "back": "Put back",
        "submit": "Submit the report",
        "submitted": "Submitted",
        "approvals": "To approve",
        "send back": "Send it back",
        "reason": "what is to be changed",
        "sent back": "Sent back by Sophie Marchand",
        "approve": "Approve the report",
        "approved": "Approved by Sophie Marchand",
        "changed": "The bank has changed this",
        "missing": "Complete it",
    },
    "fr": {
        "reports": "Mes notes de frais",
        "month": "novembre 2026",
        "in": "Dans la note de frais de novembre 2026",
        "save": "Enregistrer et suivante",
        "out": "Retirer",
        "back": "Remettre",
        "submit": "Soumettre la note",
        "submitted": "Soumise",
        "approvals": "À approuver",
        "send back": "La renvoyer",
        "reason": "ce qui est à modifier",
        "sent back": "Renvoyée par Sophie Marchand",
        "approve": "Approuver la note",
        "approved": "Approuvée par Sophie Marchand",
        "changed": "La banque l’a modifiée",
        "missing": "La compléter",
    },
}


class Company:
    """An employee with a card of each mode, and an approver."""

    def __init__(self, office: Office, locale: str) -> None:
        self.office = office
        entity = office.entity()
        self.ines = office.person(entity=entity, locale=locale)
        self.sophie = office.person(
            "Sophie Marchand", entity=entity, role=Role.APPROVER, locale=locale
        )
        own = office.card(
            entity, self.ines, name="Carte perso", number_last4="0042", payment_mode="reimburse"
        )
        company = office.card(entity, self.ines)
        train = {"category_id": office.category_ids["train"], "expense_status": "complete"}
        self.done = office.expense(company, "SNCF Connect", -1890, comment="Lyon, Acme", **train)
        self.own = office.expense(own, "Chez Paul", -1780, day=DAY - timedelta(days=1), **train)
        self.todo = office.expense(company, "Hotel", -12300, day=DAY - timedelta(days=2))
        self.next = office.expense(company, "Indigo", -450, day=DAY - timedelta(days=3))


@pytest.fixture
def company(empty_installation: Any) -> Callable[[str], Company]:
    return lambda locale: Company(Office(empty_installation.database), locale)


Open = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def open_as(empty_installation: Any, open_page: Open) -> Open:
    """Return a function that opens a page as a person."""

    def do(office: Office, person: str, path: str, **options: Any) -> Page:
        page = open_page(reduced_motion="reduce", **options)
        login, url = office.log_in(person), empty_installation.url
        page.context.add_cookies([{"name": "cardsync-login", "value": login, "url": url}])
        page.goto(path)
        return page

    return do


def photo() -> FilePayload:
    buffer = BytesIO()
    Image.new("RGB", (600, 900), "white").save(buffer, "JPEG")
    return {"name": "hotel.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def unchecked(_page: Page) -> None:
    """Stand in for the check of a page without JavaScript: what checks it is a script."""


def row(page: Page, expense: str) -> Any:
    return page.locator(f"#line-{expense}")


@SIZES
@SCRIPTED
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_R4_a_report_goes_its_way(
    company: Callable[[str], Company],
    open_as: Open,
    looks_well: Check,
    locale: str,
    scripted: bool,
    size: dict[str, int],
    watch: Any,
) -> None:
    watch.foresee("status of 422")  # sent back without a reason
    if not scripted:
        looks_well = unchecked
    words, here = WORDS[locale], company(locale)
    options = {"viewport": size, "java_script_enabled": scripted}
    page = open_as(here.office, here.ines, "/reports", **options)
    page.locator(".report-outside button").click()
    page.get_by_role("link", name=words["month"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["month"])
    expect(row(page, here.todo)).to_contain_text(words["missing"])
    looks_well(page)

    complete_hotel(page, here, words)
    take_out_and_put_back(page, here, words)
    page.get_by_role("button", name=words["submit"]).click()
    expect(page.locator(".report-state")).to_contain_text(words["submitted"])
    looks_well(page)

    boss = open_as(here.office, here.sophie, "/approvals", **options)
    send_back(boss, here, words, looks_well)
    page.reload()
    expect(page.locator(".report-reason")).to_contain_text(words["sent back"])
    expect(page.locator(".report-reason")).to_contain_text("Add the client to Chez Paul.")
    looks_well(page)
    page.get_by_role("button", name=words["submit"]).click()
    expect(page.locator(".report-state")).to_contain_text(words["submitted"])

    boss.goto("/approvals")
    boss.get_by_role("link", name="Inès Durand").click()
    boss.get_by_role("button", name=words["approve"]).click()
    expect(boss.locator("#announcements")).not_to_be_empty()
    page.reload()
    expect(page.locator("main")).to_contain_text(words["approved"])
    looks_well(page)


def send_back(boss: Page, here: Company, words: dict[str, str], looks_well: Check) -> None:
    """Look at a submitted report and its receipt, then send it back with a reason."""
    looks_well(boss)
    boss.get_by_role("link", name="Inès Durand").click()
    expect(boss.locator(".report-line")).to_have_count(3)
    expect(row(boss, here.done)).to_contain_text("Lyon, Acme")
    receipt = row(boss, here.todo).get_by_role("link", name="hotel.jpg").get_attribute("href")
    assert boss.request.get(receipt).headers["content-type"] == "image/jpeg"
    boss.get_by_role("button", name=words["send back"]).click()
    expect(boss.locator("#reason-error")).to_be_visible()
    looks_well(boss)
    boss.get_by_label(words["reason"]).fill("Add the client to Chez Paul.")
    boss.get_by_role("button", name=words["send back"]).click()
    expect(boss.get_by_role("heading", level=1)).to_be_visible()


def complete_hotel(page: Page, here: Company, words: dict[str, str]) -> None:
    """Complete what is missing from the report's page; it enters the report by itself."""
    row(page, here.todo).get_by_role("link", name=words["missing"]).click()
    page.locator(".picker__option", has_text="Train").click()
    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name=words["save"]).click()
    page.wait_for_url(lambda url: here.todo not in url)
    page.goto(f"/expenses/{here.todo}")
    page.get_by_role("link", name=words["in"]).click()
    expect(page.locator("section:has(#inside) .report-line")).to_have_count(3)


def take_out_and_put_back(page: Page, here: Company, words: dict[str, str]) -> None:
    """Take an expense out of the report and put it back."""
    row(page, here.done).get_by_role("button", name=words["out"]).click()
    expect(page.locator("section:has(#inside) .report-line")).to_have_count(2)
    row(page, here.done).get_by_role("button", name=words["back"]).click()
    expect(page.locator("section:has(#inside) .report-line")).to_have_count(3)


@SIZES
@THEMES
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_R19_R20_I12_every_state_looks_well(
    company: Callable[[str], Company],
    open_as: Open,
    looks_well: Check,
    locale: str,
    theme: str,
    size: dict[str, int],
) -> None:
    words, here = WORDS[locale], company(locale)
    desk = ReportDesk(here.office.database)
    options = {"viewport": size, "color_scheme": theme}
    page = open_as(here.office, here.ines, "/reports", **options)
    boss = open_as(here.office, here.sophie, "/approvals", **options)
    for empty in (page, boss):
        looks_well(empty)
    report = desk.submitted(here.ines, here.done, here.own)
    transaction = here.office.stored(here.done).transaction_id
    here.office.change(BankTransaction, transaction, amount_minor=-1950, content="changed")
    for step in (None, Step.SEND_BACK, Step.SUBMIT, Step.APPROVE):
        if step is not None:
            holder = step is Step.SUBMIT
            desk.step(here.ines if holder else here.sophie, report, step, "Which client?")
        visit(page, ["/reports", f"/reports/{report}", f"/expenses/{here.done}"], looks_well)
        visit(boss, ["/approvals", f"/approvals/{report}"], looks_well)
        if step is None:
            expect(row(boss, here.done)).to_contain_text(words["changed"])
            expect(row(boss, here.done).locator(".expense__amount")).to_contain_text("18")
    page.goto(f"/reports/{report}")
    expect(page.locator(".report-totals .stat").first).to_contain_text("17")


def visit(page: Page, paths: list[str], looks_well: Check) -> None:
    for path in paths:
        page.goto(path)
        looks_well(page)


def test_what_moves_is_said_and_the_focus_stays_near(
    company: Callable[[str], Company], open_as: Open
) -> None:
    here = company("en")
    report = ReportDesk(here.office.database).put_in(here.ines, here.done, here.own)
    page = open_as(here.office, here.ines, f"/reports/{report}")
    button = row(page, here.done).get_by_role("button", name="Take out")
    button.focus()
    button.press("Enter")
    expect(page.locator("#announcements[aria-live]")).to_contain_text("out of the report")
    expect(page.locator(".report-state")).to_be_focused()
    assert page.url.endswith(f"/reports/{report}")
