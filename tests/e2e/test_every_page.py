"""Every page there is: axe finds nothing in either theme, it fits its window, no script complains.

By day in French at a desk and by night in English on a phone axe looks at each; in the other two
ways only what differs is looked at: whether the words fit.

With ``SCREENSHOTS`` naming a folder (``make screenshots``) each page is also photographed
there in both languages, at a desk and on a phone.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import DESK, PHONE, Installation, OpenPage, Watch, scrolls_sideways
from tests.support.gallery import Stop, stage, stops
from tests.support.world import World

FOLDER = os.environ.get("SCREENSHOTS")
WAYS = {
    "fr-desk": ("fr-FR", DESK, "light"),
    "fr-phone": ("fr-FR", PHONE, "light"),
    "en-desk": ("en-GB", DESK, "dark"),
    "en-phone": ("en-GB", PHONE, "dark"),
}
AXE = ("fr-desk", "en-phone")
LogIn = Callable[[Page, str], None]


@pytest.fixture
def world(installation: Installation) -> World:
    return stage(installation.app, installation.database, installation.settings)


@pytest.mark.parametrize("way", WAYS)
def test_every_page_is_accessible_and_fits(
    installation: Installation,
    world: World,
    open_page: OpenPage,
    log_in: LogIn,
    looks_well: Callable[[Page], None],
    watch: Watch,
    way: str,
) -> None:
    watch.foresee("status of 404")  # a one-time link that is used up has a page too
    locale, size, theme = WAYS[way]
    pages: dict[str | None, Page] = {}
    found = stops(installation.app, world)
    for stop in found:
        page = pages.get(stop.email)
        if page is None:
            page = pages[stop.email] = open_page(locale=locale, viewport=size, color_scheme=theme)
            if stop.email:
                log_in(page, stop.email)
                _speak(page, locale[:2])
        page.goto(stop.path)
        assert page.locator("h1").count() == 1, stop
        if way in AXE:
            looks_well(page)
        assert not scrolls_sideways(page), stop
        _photograph(page, stop, way)
    assert len(found) > 15


def _speak(page: Page, language: str) -> None:
    """Choose the language, whatever the person's own is."""
    if page.locator("html").get_attribute("lang") != language:
        page.locator(f"button[name=language][value={language}]").click()
        page.wait_for_load_state()


def _photograph(page: Page, stop: Stop, way: str) -> None:
    if FOLDER:
        folder = Path(FOLDER) / way
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{stop.endpoint}.png", full_page=True)
