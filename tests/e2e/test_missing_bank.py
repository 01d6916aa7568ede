"""An admin does not find the bank, asks for it, and reads support's answer (R48)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

CLAIRE = "claire@faure.example"
SUPPORT = "support@cardsync.example"
ENTITY = "Faure Conseil SAS"

OpenPage = Callable[..., Page]
LogIn = Callable[[Page, str], None]


def to_the_search(page: Page) -> None:
    """Go from the list of legal entities to the page that adds an interface."""
    page.goto("/configuration/imports")
    page.locator("main").get_by_role("link", name=ENTITY).click()
    page.get_by_role("link", name="Ajouter une interface bancaire").first.click()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R48_the_whole_way_of_a_missing_bank(
    open_page: OpenPage, log_in: LogIn, looks_well: Callable[[Page], None], script: bool
) -> None:
    bank = f"Banque Imaginaire {'vive' if script else 'simple'}"
    page = open_page(java_script_enabled=script)
    log_in(page, CLAIRE)
    to_the_search(page)
    page.locator("#find-bank").fill(bank)
    if not script:
        page.get_by_role("button", name="Chercher").click()
    expect(page.locator("#found-summary")).to_contain_text(
        f"Rien ne s’appelle «\u00a0{bank}\u00a0»"
    )
    expect(page.locator("#bank")).to_have_value(bank)
    looks_well(page)
    page.locator("#note").fill("En Suisse")
    page.get_by_role("button", name="Le demander au support").click()
    expect(page.get_by_role("status").first).to_contain_text("le support voit la demande")

    support = open_page(java_script_enabled=script)
    log_in(support, SUPPORT)
    support.goto("/support/missing-banks")
    request = support.get_by_role("region", name=bank)
    expect(request).to_contain_text("En Suisse")
    request.locator("summary").click()
    looks_well(support)
    request.get_by_role("textbox").fill("Bientôt.")
    request.get_by_role("button").click()
    expect(support.get_by_role("region", name=bank)).to_have_count(0)

    page.reload()
    answered = page.get_by_role("listitem").filter(has_text=bank)
    expect(answered).to_contain_text("Support\u00a0: «\u00a0Bientôt.\u00a0»")
    looks_well(page)
