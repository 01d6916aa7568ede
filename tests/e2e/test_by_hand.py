"""A purchase is entered by hand on a phone, with a photo of the receipt (R56, A28)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.support.office import Office
from webapp.storage.expenses import Expense, Receipt

PHONE = {"width": 360, "height": 740}
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
WORDS = {
    "en": {
        "enter": "Enter by hand",
        "amount": "Amount paid",
        "day": "Day of the purchase",
        "shop": "Shop, or what it was",
        "save": "Save and add the receipt",
        "waits": "Entered by hand today; the bank has not told it yet.",
        "complete": "Save and next",
        "done": "Complete: “G7 Taxis”.",
        "this one": "Is it this one?",
        "other": "No, it is another purchase",
        "go on": "Go on",
        "change": "Change or delete what you entered",
        "delete": "Delete this entry…",
        "sure": "Yes, delete this entry for good.",
        "for good": "Delete it for good",
        "deleted": "is deleted.",
    },
    "fr": {
        "enter": "Saisir à la main",
        "amount": "Montant payé",
        "day": "Jour de l’achat",
        "shop": "Commerçant, ou ce que c’était",
        "save": "Enregistrer et ajouter le justificatif",
        "waits": "Saisi à la main aujourd’hui",
        "complete": "Enregistrer et suivante",
        "done": "Complète\xa0: «\xa0G7 Taxis\xa0».",
        "this one": "Est-ce celui-ci",
        "other": "Non, c’est un autre achat",
        "go on": "Continuer",
        "change": "Modifier ou supprimer ce que vous avez saisi",
        "delete": "Supprimer cette saisie…",
        "sure": "Oui, supprimer définitivement cette saisie.",
        "for good": "Supprimer définitivement",
        "deleted": "est supprimé.",
    },
}


@pytest.fixture
def office(empty_installation: Any) -> Office:
    return Office(empty_installation.database)


@pytest.fixture
def phone_of(
    office: Office, empty_installation: Any, open_page: Callable[..., Page]
) -> Callable[..., Page]:
    """Return a function that hires an employee with a card and opens their phone."""
    entity = office.entity()

    def open_phone(locale: str, **options: Any) -> Page:
        person = office.person(entity=entity, locale=locale)
        office.card(entity, person)
        page = open_page(viewport=PHONE, reduced_motion="reduce", **options)
        url = empty_installation.url
        page.context.add_cookies(
            [{"name": "cardsync-login", "value": office.log_in(person), "url": url}]
        )
        page.goto("/expenses")
        return page

    return open_phone


def enter(page: Page, words: dict[str, str], amount: str) -> None:
    page.get_by_role("link", name=words["enter"]).click()
    page.get_by_label(words["amount"]).fill(amount)
    page.get_by_label(words["day"]).fill(YESTERDAY.isoformat())
    page.get_by_label(words["shop"]).fill("G7 Taxis")
    page.get_by_role("button", name=words["save"]).click()


def photo() -> Any:
    buffer = BytesIO()
    Image.new("RGB", (600, 900), "white").save(buffer, "JPEG")
    return {"name": "taxi.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


@pytest.mark.parametrize(
    ("locale", "scripted"),
    [("en", True), ("fr", True), ("fr", False)],
    ids=["en", "fr", "fr, no JavaScript"],
)
def test_R56_a_purchase_is_entered_on_a_phone_with_its_photo(
    phone_of: Callable[..., Page],
    office: Office,
    looks_well: Callable[[Page], None],
    watch: Any,
    locale: str,
    scripted: bool,
) -> None:
    watch.foresee("status of 409")
    words = WORDS[locale]
    page = phone_of(locale, java_script_enabled=scripted)
    looks_well(page)
    enter(page, words, "31.00" if locale == "en" else "31,00")
    expect(page.locator(".opened__title")).to_have_text("G7 Taxis")
    expect(page.get_by_text(words["waits"])).to_be_visible()
    looks_well(page)

    page.locator(".picker__option", has_text="Taxi").click()
    page.locator("input[type=file]").set_input_files(photo())
    page.get_by_role("button", name=words["complete"]).click()
    expect(page.locator("#announcements")).to_contain_text(words["done"])
    expect(page.get_by_text(words["waits"])).to_be_visible()
    with office.database.read() as session:
        (expense,) = session.exec(select(Expense)).all()
        (receipt,) = session.exec(select(Receipt)).all()
    assert (expense.status, receipt.expense_id) == ("complete", expense.id)

    enter(page, words, "31")
    expect(page.get_by_text(words["this one"])).to_be_visible()
    looks_well(page)
    page.get_by_label(words["other"]).check()
    page.get_by_role("button", name=words["go on"]).click()
    page.get_by_role("link", name=words["change"]).click()
    looks_well(page)
    page.get_by_text(words["delete"]).click()
    page.get_by_label(words["sure"]).check()
    page.get_by_role("button", name=words["for good"]).click()
    expect(page.get_by_text(words["deleted"])).to_be_visible()
    with office.database.read() as session:
        assert len(session.exec(select(Expense)).all()) == 1
