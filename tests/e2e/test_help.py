"""Failures are seen and help is at hand, in a real browser (R51, R81).

From the line at the top of a page to the article, "not helpful", a request, and who answers it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.support.troubled import BROKEN, add_card, add_interface
from webapp.demo.cast import CONSEIL
from webapp.storage.help_requests import HelpRequest

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
SCRIPTED = pytest.mark.parametrize("scripted", [True, False], ids=["JavaScript", "no JavaScript"])
LogIn = Callable[[Page, str], None]
LooksWell = Callable[[Page], None]


@pytest.fixture
def broken(installation: Any) -> Any:
    """An interface that needs a person, with a card of Camille's."""
    values = {**BROKEN, "ok_hours_ago": 90}
    interface = add_interface(installation.database, CONSEIL, "Sogécarte Net", **values)
    add_card(installation.database, interface, "camille@faure.example")
    return installation


@SIZES
@SCRIPTED
def test_R51_R81_from_the_failure_to_the_article_to_a_request(
    broken: Any,
    open_page: Callable[..., Page],
    log_in: LogIn,
    looks_well: LooksWell,
    size: dict[str, int],
    scripted: bool,
) -> None:
    page = open_page(viewport=size, java_script_enabled=scripted)
    log_in(page, "claire@faure.example")
    line = page.get_by_role("complementary", name="Interfaces bancaires qui ont besoin de vous")
    expect(line).to_contain_text(f"Sogécarte Net ({CONSEIL})")
    looks_well(page)

    line.get_by_role("link", name="Que faire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Le consentement donné à la banque a expiré"
    )
    looks_well(page)
    page.get_by_role("button", name="Non").click()
    form = page.get_by_label("De quoi avez-vous besoin")
    expect(form).to_be_visible()
    looks_well(page)
    form.fill("Le partenaire n’affiche rien.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("status")).to_contain_text("Votre demande est envoyée")

    page.get_by_role("link", name="Demandes d’aide").click()
    expect(page.get_by_role("main")).to_contain_text("Le partenaire n’affiche rien.")
    looks_well(page)
    page.get_by_role("button", name="Marquer comme traitée").click()
    expect(page.get_by_role("main")).to_contain_text("Traitée")
    with broken.database.read() as session:
        (request,) = session.exec(select(HelpRequest)).all()
    assert request.answered_at is not None


@SIZES
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_DI_the_holder_reads_since_when_and_why(
    broken: Any,
    open_page: Callable[..., Page],
    log_in: LogIn,
    looks_well: LooksWell,
    size: dict[str, int],
    theme: str,
) -> None:
    page = open_page(viewport=size, color_scheme=theme, locale="fr-FR")
    log_in(page, "camille@faure.example")
    notice = page.get_by_role("region", name="Opérations de carte en retard")
    expect(notice).to_contain_text("sont en retard depuis")
    expect(notice).to_contain_text("votre administrateur doit renouveler la connexion")
    looks_well(page)

    notice.get_by_role("link", name="Pourquoi mon achat").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pourquoi mon achat")
    looks_well(page)
    page.get_by_role("link", name="Tous les articles d’aide").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aide")
    looks_well(page)


def test_who_cannot_log_in_finds_help(page: Page, looks_well: LooksWell) -> None:
    page.goto("/login")
    page.get_by_role("link", name="Que faire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Je n’arrive pas à me connecter")
    looks_well(page)
