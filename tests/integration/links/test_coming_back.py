"""Back from a partner's page: exactly what was shared is stored (R10, R13, R29, R41, R67)."""

from collections import Counter
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from cardsync_sdk import (
    AccountKind,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.registry import Registry
from tests.support.link_desk import IBAN, RETURN_URL, LinkDesk, dump
from tests.support.scripted_partner import card
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.schedule import FailureKind, first_run_at
from webapp.storage.audit import AuditEvent
from webapp.storage.secrets import SecretBox
from webapp.sync.links import LinkProblem
from webapp.sync.visits import (
    CONNECTOR_GONE,
    SECRETS_CLOSED,
    AlreadyUsed,
    Arrival,
    begin_visit,
)


def test_R10_R13_R41_R67_exactly_the_shared_accounts_are_stored(office: LinkDesk) -> None:
    arrival = office.connect()
    assert [shared.added for shared in arrival.shared] == [3]
    assert set(office.accounts()) == {"a1", "c1", "c3"}
    (interface,) = office.interfaces()
    assert (interface.institution, interface.link_ref) == ("Sogécarte Net", "310")
    assert {account.interface_id for account in office.accounts().values()} == {interface.id}


def test_R13_nothing_of_an_unshared_account_is_stored(office: LinkDesk) -> None:
    secret_name = "Carte de la directrice"
    listed = (card("c1"), card("card-of-the-boss", name=secret_name, shared=False))
    office.partner.banks["310"] = ("Sogécarte Net", listed)
    office.connect()
    stored = dump(office.desk.database)
    assert secret_name not in stored
    assert "card-of-the-boss" not in stored


def test_R12_accounts_and_cards_are_stored_alike(office: LinkDesk) -> None:
    office.connect()
    for account in office.accounts().values():
        assert account.payment_mode is None
        assert account.import_mode == "start_of_month"
    assert {account.kind for account in office.accounts().values()} == {"account", "card"}


def test_no_more_than_four_digits_of_a_number_are_stored(office: LinkDesk) -> None:
    listed = (
        card("c1", number_masked="4970101234561234", holder_name="Hélène Martin"),
        card("c2", name="VISA 4970 1012 3456 7893"),
        card("a1", kind=AccountKind.ACCOUNT, iban=IBAN),
    )
    office.partner.banks["310"] = ("Sogécarte Net", listed)
    office.connect()
    stored = dump(office.desk.database)
    for number in ("497010", "4970 1012", IBAN, IBAN[4:20]):
        assert number not in stored
    accounts = office.accounts()
    assert accounts["c1"].number_last4 == "1234"
    assert accounts["a1"].number_last4 == IBAN[-4:]
    assert accounts["c2"].name.endswith("7893")


def test_R29_the_first_run_is_planned_for_the_night_after_in_the_entitys_zone(
    office: LinkDesk,
) -> None:
    office.connect()
    (interface,) = office.interfaces()
    assert interface.activated_on == date(2026, 3, 18), "it is past midnight in Paris"
    zone = ZoneInfo("Europe/Paris")
    assert interface.next_due_at == first_run_at(date(2026, 3, 18), zone, interface.id)
    assert interface.next_due_at.astimezone(zone).date() == date(2026, 3, 19)
    assert interface.due_reason == DueReason.FIRST
    assert interface.state == InterfaceState.ACTIVE


def test_several_banks_of_one_visit_become_several_interfaces(office: LinkDesk) -> None:
    office.partner.banks["311"] = ("American Express", (card("x1"),))
    office.partner.banks["312"] = ("Bred", (card("y1", shared=False),))
    arrival = office.connect()
    assert len(arrival.shared) == 2
    assert arrival.empty == 1
    assert {row.institution for row in office.interfaces()} == {
        "Sogécarte Net",
        "American Express",
    }


def test_R40_a_visit_that_shares_nothing_makes_no_interface(office: LinkDesk) -> None:
    office.partner.banks["310"] = ("Sogécarte Net", (card("c1", shared=False),))
    assert office.connect() == Arrival((), 1)
    assert office.interfaces() == []
    assert office.accounts() == {}


def test_R41_the_whole_query_is_handed_over_as_claims(office: LinkDesk) -> None:
    state = office.begin()
    office.come_back(state, connection_id="310", code="a/b+c")
    assert office.partner.seen_params == [{"state": state, "connection_id": "310", "code": "a/b+c"}]


def test_R41_a_return_taken_twice_is_refused_and_changes_nothing(office: LinkDesk) -> None:
    state = office.begin()
    office.come_back(state)
    before = dump(office.desk.database)
    with pytest.raises(AlreadyUsed):
        office.come_back(state)
    assert dump(office.desk.database) == before


@pytest.mark.parametrize("hook", ["finish_link", "list_accounts"])
def test_a_passing_trouble_leaves_the_return_open_for_another_try(
    office: LinkDesk, hook: str
) -> None:
    state = office.begin()
    office.partner.fail[hook] = SourceUnavailable("down")
    assert isinstance(office.come_back(state), LinkProblem)
    assert office.interfaces() == []
    office.partner.fail.clear()
    assert isinstance(office.come_back(state), Arrival)


def test_a_person_who_gives_up_ends_the_visit(office: LinkDesk) -> None:
    state = office.begin()
    office.partner.fail["finish_link"] = UserActionNeeded("access_denied", reason="cancelled")
    assert office.come_back(state, error="access_denied") == LinkProblem(
        FailureKind.USER_ACTION, "cancelled"
    )
    office.partner.fail.clear()
    with pytest.raises(AlreadyUsed):
        office.come_back(state)


def test_each_step_leaves_an_audit_row(office: LinkDesk) -> None:
    office.connect()
    events = office.all(AuditEvent)
    assert Counter(row.action for row in events) == {
        "link_visit.begun": 1,
        "interface.connected": 1,
        "account.shared": 3,
        "link_visit.finished": 1,
    }
    assert {row.actor_id for row in events} == {office.by.user_id}
    assert {row.legal_entity_id for row in events} == {office.by.entity.id}


def test_a_connector_that_was_removed_meanwhile_is_a_problem_not_a_crash(office: LinkDesk) -> None:
    state = office.begin()
    bare = replace(office, desk=replace(office.desk, registry=Registry({})))
    assert bare.come_back(state) == CONNECTOR_GONE


def test_secrets_sealed_under_a_lost_key_are_a_problem_not_a_crash(office: LinkDesk) -> None:
    state = office.begin()
    other_box = SecretBox({"other": bytes(range(32))})
    locked = replace(office, desk=replace(office.desk, box=other_box))
    assert locked.come_back(state) == SECRETS_CLOSED
    problem = begin_visit(
        locked.desk,
        locked.by,
        connector=office.partner.connector(),
        return_url=RETURN_URL,
        language="fr",
    )
    assert problem == SECRETS_CLOSED
