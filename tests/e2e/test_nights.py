"""An admin switches the nights of an interface off and on, in both languages, on any screen (R53)."""

import os
from pathlib import Path

from playwright.sync_api import Page

CLAIRE = "claire@faure.example"
WORDS = {
    "fr": {
        "off": "Synchroniser seulement à la demande",
        "on": "Synchroniser chaque nuit",
        "asleep": "Seulement à la demande",
        "nothing": "Aucune synchronisation prévue",
        "again": "Elle est de nouveau synchronisée chaque nuit",
    },
    "en": {
        "off": "Sync only when asked",
        "on": "Sync every night",
        "asleep": "Only when asked",
        "nothing": "No sync is planned",
        "again": "It is synced every night again",
    },
}


def photograph(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"nights-{name}.png", full_page=True)
