"""Automatic bank sync is reached by label and by keyboard, with and without JavaScript (R58)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

CLAIRE = "claire@faure.example"

OpenPage = Callable[..., Page]
LogIn = Callable[[Page, str], None]


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R58_R59_the_path_is_reached_from_the_user_menu_by_keyboard(
    open_page: OpenPage, log_in: LogIn, looks_well: Callable[[Page], None], script: bool
) -> None:
    page = open_page(java_script_enabled=script)
    log_in(page, CLAIRE)
    page.locator(".menu__button").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Synchronisation bancaire automatique").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Synchronisation bancaire automatique"
    )
    looks_well(page)
    page.get_by_role("link", name="Activer la synchronisation").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ce qui se passe")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Ce qui se passe")).to_have_attribute(
        "aria-current", "step"
    )
    page.get_by_text("Qui voit quoi").first.click()
    looks_well(page)
