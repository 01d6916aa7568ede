"""Log in and out in a real browser: by keyboard, without JavaScript, in both languages."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from webapp.demo.cast import PASSWORD
from webapp.setup import first_admin_link

CLAIRE = "claire@faure.example"
PHONE = {"viewport": {"width": 360, "height": 740}}
THEMES = [
    pytest.param({"color_scheme": "light", "locale": "fr-FR"}, id="light, French"),
    pytest.param({"color_scheme": "dark", "locale": "en-GB", **PHONE}, id="dark, English, phone"),
]


def test_one_logs_in_by_keyboard_alone(page: Page) -> None:
    page.goto("/login")
    expect(page.get_by_label("Adresse e-mail")).to_be_focused()
    page.keyboard.type(CLAIRE)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Configuration des imports de dépenses"
    )
    page.get_by_label("Compte de Claire Fontaine").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for link in ("Mon profil", "Synchronisation bancaire automatique"):
        expect(page.get_by_role("link", name=link)).to_be_focused()
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Vous êtes déconnecté.")


def test_the_first_tab_stop_leads_past_the_navigation(
    page: Page, log_in: Callable[[Page, str], None]
) -> None:
    log_in(page, CLAIRE)
    page.goto("/audit")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_refusal_is_said_and_the_address_kept(
    open_page: Callable[..., Page], installation: Any, watch: Any, script: bool
) -> None:
    watch.foresee("status of 422")
    page = open_page(java_script_enabled=script, locale="en-GB")
    page.goto("/login")
    page.get_by_label("E-mail address").fill(CLAIRE)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_have_text("This e-mail address and password do not match.")
    expect(page.get_by_label("E-mail address")).to_have_value(CLAIRE)
    expect(page.get_by_label("Password")).to_have_value("")


def test_everything_works_without_javascript(
    open_page: Callable[..., Page], installation: Any
) -> None:
    page = open_page(java_script_enabled=False, locale="en-GB")
    page.goto("/audit")
    page.get_by_label("E-mail address").fill(CLAIRE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/audit$"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")

    page.get_by_role("button", name="EN").click()
    expect(page).to_have_url(re.compile(r"/audit$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit trail")

    page.get_by_label("Account of Claire Fontaine").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_contain_text("You are logged out.")


def test_the_back_button_shows_nothing_after_log_out(
    page: Page, log_in: Callable[[Page, str], None]
) -> None:
    log_in(page, CLAIRE)
    page.goto("/audit")
    page.get_by_label("Compte de Claire Fontaine").click()
    page.get_by_role("button", name="Se déconnecter").click()
    page.go_back()

    expect(page).to_have_url(re.compile(r"/login"))
    expect(page.get_by_text("Claire Fontaine")).to_have_count(0)


def test_the_browser_keeps_no_trace_that_a_script_could_read(
    page: Page, log_in: Callable[[Page, str], None]
) -> None:
    log_in(page, CLAIRE)
    cookies = page.context.cookies()

    assert {cookie["name"] for cookie in cookies} >= {"cardsync-login"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies)
    assert page.evaluate("document.cookie") == ""
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "Claire" not in stored


def test_an_error_in_a_part_of_a_page_leaves_the_page_alone(
    page: Page, log_in: Callable[[Page, str], None], watch: Any
) -> None:
    watch.foresee("status of 404|Response Status Error Code 404")
    log_in(page, CLAIRE)
    page.goto("/audit")
    page.evaluate("htmx.ajax('GET', '/nowhere', {target: 'main', swap: 'innerHTML'})")

    expect(page.get_by_role("alert")).to_contain_text("Il n’y a rien à cette adresse.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Journal d’audit")


def test_a_part_asked_for_after_the_session_ended_leads_to_the_log_in_page(
    page: Page, log_in: Callable[[Page, str], None], watch: Any
) -> None:
    watch.foresee("status of 401|Response Status Error Code 401")
    log_in(page, CLAIRE)
    page.goto("/audit")
    page.context.clear_cookies(name="cardsync-login")
    page.evaluate("void htmx.ajax('GET', '/audit', {target: 'main', swap: 'innerHTML'})")

    expect(page).to_have_url(re.compile(r"/login$"))


PAGES = ["/audit", "/", "/nowhere"]


@pytest.mark.parametrize("options", THEMES)
def test_the_pages_for_strangers_are_open_to_everybody(
    open_page: Callable[..., Page],
    looks_well: Callable[[Page], None],
    watch: Any,
    options: dict[str, Any],
) -> None:
    """Checked by axe, in both themes and languages, on a desk and on a phone of 360 pixels."""
    watch.foresee("status of 4(04|22)")
    page = open_page(**options)
    for path in ("/login", "/nowhere", "/setup/used-up"):
        page.goto(path)
        looks_well(page)
    page.goto("/login")
    page.locator("main form button").click()
    expect(page.locator(".field__error")).to_have_count(2)
    looks_well(page)


@pytest.mark.parametrize("options", THEMES)
@pytest.mark.parametrize("email", [CLAIRE, "support@cardsync.example"])
def test_the_pages_for_people_are_open_to_everybody(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    watch: Any,
    options: dict[str, Any],
    email: str,
) -> None:
    watch.foresee("status of 40[34]")
    page = open_page(**options)
    log_in(page, email)
    for path in PAGES:
        page.goto(path)
        looks_well(page)
    page.locator(".menu__button").click()
    looks_well(page)


@pytest.mark.parametrize("options", THEMES)
def test_the_first_admin_sets_everything_up(
    open_page: Callable[..., Page],
    empty_installation: Any,
    looks_well: Callable[[Page], None],
    options: dict[str, Any],
) -> None:
    page = open_page(**options)
    page.goto(str(first_admin_link(empty_installation.database, empty_installation.settings)))
    looks_well(page)
    french = options["locale"] == "fr-FR"
    page.locator("#entity").fill("Atelier Nord SARL")
    page.locator("#country").select_option("BE")
    page.locator("#timezone").select_option("Europe/Brussels")
    page.locator("#name").fill("Inès Caron")
    page.locator("#email").fill("ines@nord.example")
    page.locator("#password").fill("trois mots tranquilles")
    page.get_by_role(
        "button", name="Créer et se connecter" if french else "Create and log in"
    ).click()

    expect(page.get_by_role("status")).to_contain_text("Inès Caron")
    looks_well(page)
