"""An admin switches the nights of an interface off and on (R53): both languages, any screen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESK, PHONE
from tests.support.feed import open_feed, registry_of, serve, work
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World

CLAIRE = "claire@faure.example"
WORDS = {
    "fr": {
        "off": "Désactiver",
        "on": "Activer",
        "asleep": "Seulement à la demande",
        "again": "Elle est de nouveau synchronisée chaque nuit",
    },
    "en": {
        "off": "Switch off",
        "on": "Switch on",
        "asleep": "Only when asked",
        "again": "It is synced every night again",
    },
}


@pytest.fixture
def feed(installation: Any) -> World:
    """Camille's card, synced with success just now."""
    registry = registry_of(ScriptedBank([purchase("a")]))
    serve(installation.app, registry)
    return open_feed(installation.database, installation.settings, registry)


@pytest.mark.parametrize(
    ("language", "script", "screen"),
    [("fr", True, PHONE), ("en", True, DESK), ("fr", False, DESK), ("en", False, PHONE)],
    ids=["fr, phone", "en, desk", "fr, no script", "en, phone, no script"],
)
def test_R53_the_nights_are_switched_off_and_on_again(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    feed: World,
    language: str,
    script: bool,
    screen: dict[str, int],
) -> None:
    words = WORDS[language]
    page = open_page(java_script_enabled=script, viewport=screen)
    log_in(page, CLAIRE)
    if language == "en":
        page.get_by_role("button", name="EN").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}")

    page.get_by_role("button", name=words["off"]).click()
    part = page.locator(f"#interface-{feed.interface_id}")
    expect(part).to_contain_text(words["asleep"])
    if script:
        looks_well(page)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator(f"#sync-{feed.interface_id}").click()
    work(feed)
    page.reload()
    expect(part).to_contain_text(words["asleep"])

    page.get_by_role("button", name=words["on"]).click()
    expect(page.get_by_text(words["again"])).to_be_visible()
    if script:
        looks_well(page)
