"""The guided path to automatic bank sync, as an admin meets it (R58-R62, R72, R80)."""

from collections.abc import Callable

import pytest
from sqlalchemy import event
from sqlmodel import select

from tests.support.import_admin import Admin, link_of, words
from tests.support.scripted_partner import ScriptedPartner, card
from tests.support.web import Browser
from webapp.domain.interfaces import InterfaceState
from webapp.storage.interfaces import Interface
from webapp.storage.leases import claim
from webapp.storage.runs import SyncRun

LogIn = Callable[[str], Browser]
INDEX = "/settings/bank-sync"


def guide(admin: Admin) -> str:
    """Return what the path of the admin's legal entity says, past announcements left out."""
    admin.browser.get(INDEX)
    answer = admin.browser.get(f"{INDEX}/{admin.entity_id}")
    assert answer.status_code == 200
    assert answer.text.count("button--primary") <= 1
    return words(answer)


def current(admin: Admin) -> str:
    """Return the step the path stands at."""
    page = admin.browser.get(f"{INDEX}/{admin.entity_id}").text
    return page.partition('aria-current="step">')[2].partition("<")[0]


def attach_all(admin: Admin) -> None:
    """Say who holds each account and who pays."""
    interface = admin.connect()
    holder = admin.user("camille@faure.example")
    fields: dict[str, str] = {}
    for ref in ("a1", "c1", "c2", "c3"):
        fields |= admin.fields(ref, holder, "company")
    assert admin.browser.post(f"{interface}/accounts", fields).status_code == 303


def test_R58_the_page_is_reached_from_the_user_menu_by_who_configures(
    claire: Admin, logged_in: LogIn
) -> None:
    assert link_of(claire.browser.get(claire.home), "Automatic bank sync") == INDEX
    employee = logged_in("camille")
    assert "bank-sync" not in employee.get("/expenses").text
    assert employee.get(INDEX).status_code == 403


def test_R58_it_says_for_each_legal_entity_whether_it_is_on(claire: Admin) -> None:
    page = words(claire.browser.get(INDEX))
    assert page.count("Activate synchronisation") == 3
    claire.connect()
    page = words(claire.browser.get(INDEX))
    assert "On, not finished" in page
    assert page.count("Activate synchronisation") == 2


def test_R59_R80_the_first_step_says_what_happens_and_who_the_partner_is(claire: Admin) -> None:
    assert current(claire) == "What happens"
    page = guide(claire)
    assert "Who is Example Partner?" in page
    assert "Example Partner is a banking aggregator" in page
    assert "cardsync never sees them" in page
    assert "never your password" in page


def test_R59_R61_left_half_way_it_is_incomplete_without_a_sync_and_goes_on(claire: Admin) -> None:
    claire.begin()
    assert current(claire) == "Choose the banks"
    page = guide(claire)
    assert "somebody left for the partner" in page
    assert "The connection is incomplete" in page
    assert "Choose the banks at Example Partner" in page
    with claire.database.read() as session:
        assert session.exec(select(Interface)).all() == []
        assert session.exec(select(SyncRun)).all() == []
    assert "Not on yet" in words(claire.browser.get(INDEX))


def test_R61_an_interface_without_identifiers_is_never_synchronised(claire: Admin) -> None:
    claire.connect()
    with claire.database.write() as session:
        row = session.exec(select(Interface)).one()
        row.state = InterfaceState.INCOMPLETE.value
        assert row.next_due_at is not None
        later = row.next_due_at
        session.add(row)
        interface_id = row.id
    with claire.database.write() as session:
        assert claim(session, interface_id, owner="test", now=later) is None
    assert "Not finished" in guide(claire)


def test_R59_then_the_accounts_are_matched_and_then_it_is_done(claire: Admin) -> None:
    interface = claire.connect()
    assert current(claire) == "Match the accounts"
    answer = claire.browser.get(f"{INDEX}/{claire.entity_id}")
    assert link_of(answer, "Match its accounts") == interface
    attach_all(claire)
    assert current(claire) == "Done"
    page = guide(claire)
    assert "Everything is set. The next sync is planned for" in page


def test_R72_opened_again_it_shows_the_present_choices_and_doubles_nothing(claire: Admin) -> None:
    attach_all(claire)
    page = guide(claire)
    for told in ("Carte Hugo", "•••• 1234", "Camille Moreau", "From the start of the month"):
        assert told in page
    claire.connect()
    with claire.database.read() as session:
        assert len(session.exec(select(Interface)).all()) == 1
    assert guide(claire) == page
    assert set(claire.holders().values()) == {"Camille Moreau"}


def test_R60_several_banks_of_one_visit_are_each_on_the_path(
    claire: Admin, partner: ScriptedPartner
) -> None:
    partner.banks["311"] = ("American Express", (card("x1"),))
    claire.come_back(claire.begin()["state"])
    page = guide(claire)
    assert "Sogécarte Net" in page
    assert "American Express" in page


def test_R62_no_form_of_the_path_asks_for_a_password(claire: Admin) -> None:
    for before in (lambda: None, claire.begin, claire.connect):
        before()
        assert 'type="password"' not in claire.browser.get(f"{INDEX}/{claire.entity_id}").text


def test_the_pages_make_as_many_queries_for_many_banks_as_for_one(
    claire: Admin, partner: ScriptedPartner
) -> None:
    def queries(path: str) -> int:
        seen: list[object] = []

        def note(*arguments: object) -> None:
            seen.append(arguments[2])

        event.listen(claire.database.engine, "before_cursor_execute", note)
        claire.browser.get(path)
        event.remove(claire.database.engine, "before_cursor_execute", note)
        return len(seen)

    claire.connect()
    paths = (INDEX, f"{INDEX}/{claire.entity_id}")
    before = [queries(path) for path in paths]
    for number in range(5):
        partner.banks[f"32{number}"] = (f"Bank {number}", (card(f"y{number}"),))
    claire.come_back(claire.begin()["state"])
    assert [queries(path) for path in paths] == before


@pytest.mark.parametrize("path", [INDEX, f"{INDEX}/01NOSUCHTHING0000000000000"])
def test_a_stranger_is_sent_to_log_in(stranger: Browser, path: str) -> None:
    assert stranger.get(path).location.startswith("/login")
