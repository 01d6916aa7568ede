"""Choosing the legal entity, its interfaces, one of them (R7, R29, R33, R35, R36, R43, R67)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from tests.support.import_admin import Admin, change, entity_named, link_of, words
from tests.support.scripted_partner import ScriptedPartner, card
from tests.support.web import Browser
from webapp.demo.cast import BENELUX, CONSEIL, LOGISTIQUE
from webapp.domain.interfaces import InterfaceState
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

LogIn = Callable[[str], Browser]


# Who may, and where (R7, R33, R35, R36)


def test_R35_the_page_is_found_by_its_visible_labels(claire: Admin) -> None:
    front = claire.browser.get("/", follow_redirects=True)
    tab = link_of(front, "Configuration")
    page = claire.browser.get(tab, follow_redirects=True)
    assert "Configuration of expense imports" in words(page)
    assert claire.browser.get("/configuration").location == tab


def test_R36_with_several_entities_one_is_chosen_first(claire: Admin) -> None:
    page = claire.browser.get("/configuration/imports")
    for name in (CONSEIL, LOGISTIQUE, BENELUX):
        assert name in words(page)
    assert "Add a banking interface" not in words(page)
    assert "Add a banking interface" in words(claire.browser.get(claire.home))


def test_R36_the_only_entity_one_reaches_is_chosen_already(
    logged_in: LogIn, demo_database: Database
) -> None:
    answer = logged_in("thomas").get("/configuration/imports")
    assert answer.location.endswith(entity_named(demo_database, LOGISTIQUE))


def test_R33_an_entity_lists_only_its_own_interfaces(
    claire: Admin, partner: ScriptedPartner
) -> None:
    claire.connect()
    other = replace(claire, entity_id=entity_named(claire.database, BENELUX))
    partner.banks = {"400": ("Banque du Nord", (card("n1", name="Carte Nord"),))}
    other.connect()
    assert "Sogécarte Net" in words(claire.browser.get(claire.home))
    assert "Banque du Nord" not in words(claire.browser.get(claire.home))
    assert "Sogécarte Net" not in words(claire.browser.get(other.home))


@pytest.mark.parametrize("name", ["thomas", "elodie"])
def test_R7_R33_an_admin_of_another_entity_finds_nothing(
    claire: Admin, logged_in: LogIn, name: str
) -> None:
    page = claire.connect()
    stranger = logged_in(name)
    for path in (claire.home, f"{claire.home}/add", page):
        assert stranger.get(path).status_code == 404
    for path in (f"{claire.home}/connect", f"{claire.home}/files", f"{page}/accounts"):
        assert stranger.post(path, {"connector": "partner"}).status_code == 404


def test_R7_inside_the_entity_without_the_right_it_is_refused(
    claire: Admin, logged_in: LogIn
) -> None:
    employee = logged_in("camille")
    assert employee.get(f"{claire.home}/add").status_code == 403
    assert employee.post(f"{claire.home}/connect", {"connector": "partner"}).status_code == 403
    assert employee.get("/configuration/imports").status_code == 403


def test_an_interface_is_not_reached_through_another_entity(claire: Admin) -> None:
    page = claire.connect()
    other = entity_named(claire.database, BENELUX)
    assert claire.browser.get(page.replace(claire.entity_id, other)).status_code == 404


# The list and the page of one interface (R29, R43, R67)


def test_an_entity_without_interfaces_says_what_one_is_for(claire: Admin) -> None:
    page = claire.browser.get(claire.home)
    assert "No banking interface yet" in words(page)
    assert page.text.count("button--primary") == 1


def test_R43_R67_list_and_page_show_name_partner_progress_and_next_sync(claire: Admin) -> None:
    interface = claire.connect()
    listed = words(claire.browser.get(claire.home))
    assert "Sogécarte Net" in listed
    assert "0 of 4 attached" in listed
    assert "through Example Partner" in listed
    assert "Next sync:" in listed
    page = words(claire.browser.get(interface))
    assert "The next sync is planned for" in page
    assert "Imports begin the day after the set-up." in page
    assert "•••• 1234" in page


def test_each_state_is_told_in_words_with_what_to_do(claire: Admin) -> None:
    page = claire.connect()
    with claire.database.read() as session:
        interface_id = session.exec(select(Interface.id)).one()
    for state, reason, said in (
        (InterfaceState.NEEDS_USER, "consent_expired", "The consent given to the bank has run out"),
        (InterfaceState.REJECTED, "x", "Refused by the partner"),
        (InterfaceState.STOPPED, "", "Nothing is fetched any more"),
        (InterfaceState.INCOMPLETE, "", "Connect again to finish"),
    ):
        change(claire.database, interface_id, state=state, last_error_reason=reason)
        shown = claire.browser.get(page)
        assert said in words(shown), state
        assert f'action="{page}/reconnect"' in shown.text, "every state has an exit"
    change(claire.database, interface_id, state=InterfaceState.ACTIVE, last_error="down")
    assert "tried again by itself" in words(claire.browser.get(page))


def test_connecting_again_mends_the_interface_and_keeps_its_accounts(claire: Admin) -> None:
    page = claire.connect()
    before = claire.account("c1").id
    with claire.database.read() as session:
        interface_id = session.exec(select(Interface.id)).one()
    change(claire.database, interface_id, state=InterfaceState.NEEDS_USER, next_due_at=None)
    answer = claire.browser.post(f"{page}/reconnect")
    state = parse_qs(urlsplit(answer.location).query)["state"][0]
    assert claire.come_back(state).location == f"{page}/settings"
    assert claire.account("c1").id == before
    assert "were already known" in words(claire.browser.get(page))


# Cost


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_no_page_asks_more_of_the_database_for_more_rows(
    claire: Admin, partner: ScriptedPartner
) -> None:
    page = claire.connect()
    costs = []
    for size in (1, 30):
        partner.banks = {
            f"{size}-{number}": (
                f"Banque {number}",
                tuple(card(f"{size}-{number}-{each}") for each in range(size)),
            )
            for number in range(size)
        }
        claire.come_back(claire.begin()["state"])
        with claire.database.read() as session:
            page = (
                f"{claire.home}/interfaces/"
                + session.exec(select(Interface.id).order_by(col(Interface.id).desc())).all()[0]
            )
        with counted(claire.database) as sent:
            for path in ("/configuration/imports", claire.home, f"{claire.home}/add", page):
                assert claire.browser.get(path).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1]
