"""A person is invited and deactivated; a profile; the legal entity whose lists are shown.

In both languages, with and without JavaScript, at a desk and on a phone, in both themes.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.support.import_admin import entity_named
from webapp.demo.cast import CONSEIL, LOGISTIQUE
from webapp.storage.people import User

CLAIRE, CAMILLE = "claire@faure.example", "camille@faure.example"
PHONE = {"viewport": {"width": 360, "height": 740}}
NEW = "quatre mots fort calmes"
WORDS = {
    "fr": {
        "people": "Personnes",
        "name": "Nom",
        "email": "Adresse e-mail",
        "role": "Rôle",
        "place": "Où",
        "add": "Ajouter et inviter",
        "password": "Choisissez un mot de passe",
        "set": "Enregistrer le mot de passe et se connecter",
        "deactivate": "Désactiver",
        "gone": "ne peut plus se connecter",
        "all": "Toutes les entités juridiques",
        "only": f"Seule {LOGISTIQUE} est affichée",
    },
    "en": {
        "people": "People",
        "name": "Name",
        "email": "E-mail address",
        "role": "Role",
        "place": "Where",
        "add": "Add and invite",
        "password": "Choose a password",
        "set": "Set the password and log in",
        "deactivate": "Deactivate",
        "gone": "can no longer log in",
        "all": "All legal entities",
        "only": f"Only {LOGISTIQUE} is shown",
    },
}


def speak(page: Page, language: str) -> None:
    if page.locator("html").get_attribute("lang") != language:
        page.get_by_role("button", name=re.compile(f"^{language.upper()}")).click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_person_is_invited_chooses_a_password_and_is_deactivated(
    installation: Any,
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    language: str,
    script: bool,
) -> None:
    say = WORDS[language]
    admin = open_page(java_script_enabled=script)
    log_in(admin, CLAIRE)
    speak(admin, language)
    admin.locator(".subnav").get_by_role("link", name=say["people"]).click()
    admin.get_by_label(say["name"]).fill("Inès Caron")
    admin.get_by_label(say["email"]).fill("ines@faure.example")
    admin.get_by_label(say["place"]).select_option(label=CONSEIL)
    admin.get_by_role("button", name=say["add"]).click()
    link = admin.locator("code.invitation").inner_text()

    guest = open_page(java_script_enabled=script)
    guest.goto(link[link.index("/invitation/") :])
    speak(guest, language)
    guest.get_by_label(say["password"]).fill(NEW)
    guest.get_by_role("button", name=say["set"]).click()
    expect(guest.get_by_role("status")).to_contain_text("Inès Caron")

    admin.get_by_role("link", name=say["deactivate"]).click()
    admin.get_by_role("button", name=say["deactivate"]).click()
    expect(admin.get_by_role("status")).to_contain_text(say["gone"])
    guest.reload()
    expect(guest).to_have_url(re.compile("/login"))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_one_legal_entity_is_chosen_in_the_top_bar(
    installation: Any,
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    language: str,
    script: bool,
    size: str,
) -> None:
    say = WORDS[language]
    page = open_page(java_script_enabled=script, **(PHONE if size == "phone" else {}))
    log_in(page, CLAIRE)
    speak(page, language)
    page.goto("/audit")
    switcher = page.locator(".switcher")
    box = switcher.locator("summary").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    switcher.locator("summary").click()
    switcher.get_by_role("button", name=LOGISTIQUE).click()
    expect(page.locator("main")).to_contain_text(say["only"])
    switcher.locator("summary").click()
    switcher.get_by_role("button", name=say["all"]).click()
    expect(page.locator("main")).not_to_contain_text(say["only"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_look_well_in_both_themes_and_widths(
    installation: Any,
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    watch: Any,
    scheme: str,
    size: str,
) -> None:
    page = open_page(color_scheme=scheme, **(PHONE if size == "phone" else {}))
    log_in(page, CLAIRE)
    speak(page, "fr" if size == "phone" else "en")
    with installation.database.read() as session:
        camille = session.exec(select(User.id).where(User.email == CAMILLE)).one()
    entity = entity_named(installation.database, CONSEIL)
    for address in (
        "/configuration/people",
        f"/configuration/people/{camille}",
        f"/configuration/people/{camille}/deactivate",
        f"/configuration/entities/{entity}",
        "/configuration/connectors",
        "/support",
        "/profile",
    ):
        page.goto(address)
        looks_well(page)
    watch.foresee("status of 4")
    page.goto("/profile")
    page.locator("form[aria-labelledby=password-title] button").click()
    looks_well(page)
    page.goto("/configuration/people")
    page.locator("form[aria-labelledby=add-title] button").click()
    looks_well(page)
    page.locator(".switcher summary").click()
    looks_well(page)
    page.goto(f"/configuration/people/{camille}")
    page.locator("form[action$=invitation] button").click()
    expect(page.locator("code.invitation")).to_be_visible()
    looks_well(page)
