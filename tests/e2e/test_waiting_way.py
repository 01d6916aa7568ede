"""Transactions wait; an admin attaches the card and takes them from a day on (R27, R28, D-E).

With and without JavaScript, at a desk and on a phone, in both themes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from webapp.demo.history import give_past
from webapp.storage.expenses import Expense
from webapp.storage.people import User
from webapp.sync.job import Engine
from webapp.views.services import EXTENSION

CARD = "Carte de service"
PHONE = {"viewport": {"width": 360, "height": 740}}
# The card nobody holds has purchases of three and of ten days ago.
RECENT, OLD = 3, 10


@dataclass
class Way:
    """The admin's browser on the page of a card whose transactions wait."""

    page: Page
    script: bool

    @property
    def row(self) -> Locator:
        """The part of the page about the card."""
        return self.page.get_by_role("group", name=re.compile(CARD))

    def choose_holder(self, person: str) -> None:
        """Choose who holds the card, and save the row."""
        holder = self.row.get_by_role("combobox", name="Holder")
        if self.script:
            holder.fill(person[:4])
            self.row.get_by_role("option", name=person).click()
        else:
            holder.select_option(label=person)
        self.row.get_by_role("radio", name="Company account").check(force=True)
        self.row.get_by_role("button", name="Save").click()

    def button(self, name: str) -> Locator:
        """A button of the preview."""
        return self.page.locator("main").get_by_role("button", name=re.compile(f"^{name}"))


@pytest.fixture
def set_out(
    open_page: Callable[..., Page], log_in: Callable[[Page, str], None], installation: Any
) -> Callable[..., Way]:
    """Return a function that leads the admin to the card."""
    parts = installation.app.extensions[EXTENSION]
    engine = Engine(installation.database, parts.registry, parts.secrets)
    give_past(engine, installation.settings.folder.files, datetime.now(UTC))

    def start(*, script: bool = True, **options: Any) -> Way:
        page = open_page(java_script_enabled=script, **options)
        log_in(page, "claire@faure.example")
        page.get_by_role("button", name="EN").click()
        page.get_by_role("link", name="Configuration", exact=True).click()
        page.locator("main").get_by_role("link", name="Faure Conseil SAS").click()
        expect(page.locator("main")).to_contain_text("In all: 2 waiting")
        page.locator("main").get_by_role("link", name=CARD).click()
        return Way(page, script)

    return start


def holders(installation: Any) -> dict[date, str]:
    """Whose expenses came of the card, by day."""
    with installation.database.read() as session:
        rows = session.exec(
            select(Expense.day, User.name, Expense.account_id).join(
                User,
                User.id == Expense.user_id,  # type: ignore[arg-type]
            )
        ).all()
        return {day: name for day, name, _account in rows if name == "Julie Perrin"}


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_R27_R28_D_E_waiting_preview_start_date_confirm_expenses(
    set_out: Callable[..., Way], installation: Any, script: bool
) -> None:
    way = set_out(script=script)
    expect(way.row).to_contain_text("2 waiting · -€303.80")
    way.choose_holder("Julie Perrin")
    preview = way.page.locator(".preview")
    expect(preview).to_contain_text("For Julie Perrin")
    expect(preview).to_contain_text("-€303.80")
    if script:
        expect(preview.get_by_role("heading")).to_be_focused()
    assert holders(installation) == {}

    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    way.page.get_by_role("radio", name="Only from a day on").check()
    first_day = way.page.get_by_label("First day", exact=True)
    first_day.fill((today - timedelta(days=RECENT + 2)).isoformat())
    way.button("Show again").click()
    expect(preview).to_contain_text("1 transaction goes on waiting. It is not lost")
    expect(preview).to_contain_text("-€239.00")
    way.button("Confirm").click()
    expect(way.page.get_by_role("status")).to_contain_text(
        "1 waiting transaction became an expense."
    )
    expect(way.row).to_contain_text("Julie Perrin since")
    assert len(holders(installation)) == 1

    way.row.get_by_role("link", name=re.compile("1 waiting")).click()
    way.button("Give those days and make expenses").click()
    expect(way.page.locator("main")).to_contain_text("Nothing waits")
    assert len(holders(installation)) == 2


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"color_scheme": "light"}, id="light, desk"),
        pytest.param({"color_scheme": "dark", **PHONE}, id="dark, phone"),
    ],
)
def test_its_pages_are_open_to_everybody_and_fit(
    set_out: Callable[..., Way], looks_well: Callable[[Page], None], options: dict[str, Any]
) -> None:
    way = set_out(**options)
    looks_well(way.page)
    way.row.get_by_role("link", name=re.compile("2 waiting")).click()
    looks_well(way.page)
    way.page.go_back()
    way.choose_holder("Julie Perrin")
    expect(way.page.locator(".preview")).to_be_visible()
    looks_well(way.page)
    way.page.locator("#save-all").click()
    expect(way.button("Confirm")).to_have_count(1)
    looks_well(way.page)
    way.button("Confirm").click()
    expect(way.row).to_contain_text("Attached")
    looks_well(way.page)
