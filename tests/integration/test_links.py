"""Trips to a partner's page and back, and the bounded calls they need. On both databases."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select

from cardsync_sdk import (
    AccountKind,
    Form,
    IdTrait,
    Link,
    RateLimited,
    SettingField,
    Settings,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.registry import Registry
from tests.support.scripted_partner import PAGE, USER_SECRET, ScriptedPartner, card
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.schedule import FailureKind, first_run_at
from webapp.storage import links
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, LinkVisit
from webapp.storage.people import Group, LegalEntity, User
from webapp.storage.secrets import SecretBox, SecretUnreadable
from webapp.sync.links import MOST_AT_ONCE, LinkCalls, LinkProblem
from webapp.sync.visits import (
    CONNECTOR_GONE,
    SECRETS_CLOSED,
    AlreadyUsed,
    Arrival,
    Desk,
    Traveller,
    begin_visit,
    finish_visit,
    hash_of,
)

# 00:30 on the 18th in Paris, still the 17th in UTC.
NOW = datetime(2026, 3, 17, 23, 30, tzinfo=UTC)
BOX = SecretBox({"test": bytes(32)})
RETURN_URL = "https://cards.example.org/link/return"
SETTINGS = Settings()
LINK = Link("310", SETTINGS, {"token": "t"})
IBAN = "FR7630006000011234567890189"


@dataclass
class Office:
    """An admin's desk in one legal entity, with the partner it reaches."""

    desk: Desk
    partner: ScriptedPartner
    by: Traveller

    def begin(self, interface: Interface | None = None) -> str:
        """Set out; returns the one-time state that went along."""
        url = begin_visit(
            self.desk,
            self.by,
            connector=self.partner.connector(),
            return_url=RETURN_URL,
            language="fr",
            interface=interface,
        )
        assert isinstance(url, str), url
        return parse_qs(urlsplit(url).query)["state"][0]

    def come_back(self, state: str, **params: str) -> Arrival | LinkProblem:
        """Come back with this state."""
        with self.desk.database.read() as session:
            visit = links.visit_of_state(session, hash_of(state))
        assert visit is not None
        return finish_visit(self.desk, self.by, visit, {"state": state, **params})

    def connect(self) -> Arrival:
        """Go and come back."""
        arrival = self.come_back(self.begin())
        assert isinstance(arrival, Arrival), arrival
        return arrival

    def all(self, model: type[SQLModel]) -> list[SQLModel]:
        """Read every row of a table."""
        with self.desk.database.read() as session:
            return list(session.exec(select(model)))

    def accounts(self) -> dict[str, Account]:
        """Every account by the partner's ref."""
        with self.desk.database.read() as session:
            return {row.external_ref: row for row in session.exec(select(Account))}

    def interfaces(self) -> list[Interface]:
        """Every interface, the oldest first."""
        with self.desk.database.read() as session:
            return list(session.exec(select(Interface).order_by(Interface.id)))

    def later(self, **delta: int) -> "Office":
        """Return the same office at a later instant."""
        return replace(self, by=replace(self.by, now=self.by.now + timedelta(**delta)))


@pytest.fixture
def partner() -> ScriptedPartner:
    """A partner with one bank of two accounts and three cards, of which three are shared."""
    listed = (
        card("a1", kind=AccountKind.ACCOUNT, iban=IBAN),
        card("a2", kind=AccountKind.ACCOUNT, shared=False),
        card("c1", number_masked="4970 10XX XXXX 1234", holder_name="Hélène Martin"),
        card("c2", shared=False),
        card("c3"),
    )
    return ScriptedPartner({"310": ("Sogécarte Net", listed)})


@pytest.fixture
def office(database: Database, partner: ScriptedPartner) -> Office:
    """An admin of a French entity."""
    with database.write() as session:
        group = Group(name="Exemple", created_at=NOW)
        session.add(group)
        session.flush()
        entity = LegalEntity(group_id=group.id, name="Exemple SAS", created_at=NOW)
        user = User(group_id=group.id, email="admin@example.org", name="Ada", created_at=NOW)
        session.add_all([entity, user])
    connector = partner.connector()
    desk = Desk(database, BOX, Registry({connector.info.slug: connector}))
    return Office(desk, partner, Traveller(user.id, entity, NOW))


# The trip out


def test_R37_the_trip_carries_a_one_time_state_bound_to_admin_and_entity(office: Office) -> None:
    state = office.begin()
    (visit,) = office.all(LinkVisit)
    assert isinstance(visit, LinkVisit)
    assert visit.state_hash == hash_of(state)
    assert visit.user_id == office.by.user_id
    assert visit.legal_entity_id == office.by.entity.id
    assert visit.expires_at == NOW + timedelta(minutes=30)
    assert len(state) >= 43, "256 bits"


def test_R37_the_state_itself_is_stored_nowhere(office: Office) -> None:
    state = office.begin()
    assert state not in dump(office.desk.database)


def test_what_the_partner_made_is_kept_sealed_and_not_made_twice(office: Office) -> None:
    office.begin()
    office.begin()
    assert office.partner.users_made == 1
    again = office.partner.seen_links[1]
    assert again is not None
    assert again.secrets == {"token": USER_SECRET}
    assert USER_SECRET not in dump(office.desk.database)


def test_a_bank_is_added_with_the_entitys_user_but_never_in_place_of_another_bank(
    office: Office,
) -> None:
    office.connect()
    office.begin()
    taken_along = office.partner.seen_links[-1]
    assert taken_along is not None
    assert (taken_along.ref, taken_along.institution) == ("", "")
    assert taken_along.secrets == {"token": USER_SECRET}


def test_to_connect_again_the_interfaces_own_link_goes_along(office: Office) -> None:
    office.connect()
    office.begin(office.interfaces()[0])
    taken_along = office.partner.seen_links[-1]
    assert taken_along is not None
    assert taken_along.ref == "310"


def test_another_entity_has_its_own_user_at_the_partner(office: Office) -> None:
    office.connect()
    with office.desk.database.write() as session:
        other = LegalEntity(group_id=office.by.entity.group_id, name="Autre", created_at=NOW)
        session.add(other)
    replace(office, by=replace(office.by, entity=other)).begin()
    assert office.partner.seen_links == [None, None]


def test_a_refused_start_stores_nothing(office: Office) -> None:
    office.partner.fail["begin_link"] = SourceUnavailable("down")
    problem = begin_visit(
        office.desk,
        office.by,
        connector=office.partner.connector(),
        return_url=RETURN_URL,
        language="fr",
    )
    assert problem == LinkProblem(FailureKind.UNAVAILABLE, "unavailable")
    assert office.all(LinkVisit) == []


def test_R8_questions_in_our_own_page_are_not_asked(office: Office) -> None:
    office.partner.answers["begin_link"] = Form((SettingField("password", "Password"),))
    calls = LinkCalls(office.partner.connector())
    problem = calls.begin(SETTINGS, return_url=RETURN_URL, state="s", language="fr", link=None)
    assert problem == LinkProblem(FailureKind.PLUGIN_BUG, "asks_in_our_page")


# The way back


def test_R10_R13_R41_R67_exactly_the_shared_accounts_are_stored(office: Office) -> None:
    arrival = office.connect()
    assert [shared.added for shared in arrival.shared] == [3]
    assert set(office.accounts()) == {"a1", "c1", "c3"}
    (interface,) = office.interfaces()
    assert (interface.institution, interface.link_ref) == ("Sogécarte Net", "310")
    assert {account.interface_id for account in office.accounts().values()} == {interface.id}


def test_R13_nothing_of_an_unshared_account_is_stored(office: Office) -> None:
    secret_name = "Carte de la directrice"
    listed = (card("c1"), card("card-of-the-boss", name=secret_name, shared=False))
    office.partner.banks["310"] = ("Sogécarte Net", listed)
    office.connect()
    stored = dump(office.desk.database)
    assert secret_name not in stored
    assert "card-of-the-boss" not in stored


def test_R12_accounts_and_cards_are_stored_alike(office: Office) -> None:
    office.connect()
    for account in office.accounts().values():
        assert account.payment_mode is None
        assert account.import_mode == "start_of_month"
    assert {account.kind for account in office.accounts().values()} == {"account", "card"}


def test_no_more_than_four_digits_of_a_number_are_stored(office: Office) -> None:
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
    office: Office,
) -> None:
    office.connect()
    (interface,) = office.interfaces()
    assert interface.activated_on == date(2026, 3, 18), "it is past midnight in Paris"
    zone = ZoneInfo("Europe/Paris")
    assert interface.next_due_at == first_run_at(date(2026, 3, 18), zone, interface.id)
    assert interface.next_due_at.astimezone(zone).date() == date(2026, 3, 19)
    assert interface.due_reason == DueReason.FIRST
    assert interface.state == InterfaceState.ACTIVE


def test_several_banks_of_one_visit_become_several_interfaces(office: Office) -> None:
    office.partner.banks["311"] = ("American Express", (card("x1"),))
    office.partner.banks["312"] = ("Bred", (card("y1", shared=False),))
    arrival = office.connect()
    assert len(arrival.shared) == 2
    assert arrival.empty == 1
    assert {row.institution for row in office.interfaces()} == {
        "Sogécarte Net",
        "American Express",
    }


def test_R40_a_visit_that_shares_nothing_makes_no_interface(office: Office) -> None:
    office.partner.banks["310"] = ("Sogécarte Net", (card("c1", shared=False),))
    assert office.connect() == Arrival((), 1)
    assert office.interfaces() == []
    assert office.accounts() == {}


def test_R41_the_whole_query_is_handed_over_as_claims(office: Office) -> None:
    state = office.begin()
    office.come_back(state, connection_id="310", code="a/b+c")
    assert office.partner.seen_params == [{"state": state, "connection_id": "310", "code": "a/b+c"}]


def test_R41_a_return_taken_twice_is_refused_and_changes_nothing(office: Office) -> None:
    state = office.begin()
    office.come_back(state)
    before = dump(office.desk.database)
    with pytest.raises(AlreadyUsed):
        office.come_back(state)
    assert dump(office.desk.database) == before


@pytest.mark.parametrize("hook", ["finish_link", "list_accounts"])
def test_a_passing_trouble_leaves_the_return_open_for_another_try(
    office: Office, hook: str
) -> None:
    state = office.begin()
    office.partner.fail[hook] = SourceUnavailable("down")
    assert isinstance(office.come_back(state), LinkProblem)
    assert office.interfaces() == []
    office.partner.fail.clear()
    assert isinstance(office.come_back(state), Arrival)


def test_a_person_who_gives_up_ends_the_visit(office: Office) -> None:
    state = office.begin()
    office.partner.fail["finish_link"] = UserActionNeeded("access_denied", reason="cancelled")
    assert office.come_back(state, error="access_denied") == LinkProblem(
        FailureKind.USER_ACTION, "cancelled"
    )
    office.partner.fail.clear()
    with pytest.raises(AlreadyUsed):
        office.come_back(state)


def test_each_step_leaves_an_audit_row(office: Office) -> None:
    office.connect()
    events = [row for row in office.all(AuditEvent) if isinstance(row, AuditEvent)]
    assert Counter(row.action for row in events) == {
        "link_visit.begun": 1,
        "interface.connected": 1,
        "account.shared": 3,
        "link_visit.finished": 1,
    }
    assert {row.actor_id for row in events} == {office.by.user_id}
    assert {row.legal_entity_id for row in events} == {office.by.entity.id}


def test_a_connector_that_was_removed_meanwhile_is_a_problem_not_a_crash(office: Office) -> None:
    state = office.begin()
    bare = replace(office, desk=replace(office.desk, registry=Registry({})))
    assert bare.come_back(state) == CONNECTOR_GONE


def test_secrets_sealed_under_a_lost_key_are_a_problem_not_a_crash(office: Office) -> None:
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


# The same again


def test_R67_the_same_connection_again_is_updated_never_doubled(office: Office) -> None:
    office.connect()
    (first,) = office.interfaces()
    ids = {ref: account.id for ref, account in office.accounts().items()}
    again = office.later(days=3).connect()
    assert [(one.added, one.known) for one in again.shared] == [(0, 3)]
    assert {ref: account.id for ref, account in office.accounts().items()} == ids
    (interface,) = office.interfaces()
    assert interface.activated_on == first.activated_on
    assert interface.next_due_at == first.next_due_at
    assert interface.fence > first.fence, "a run under the old consent may not write any more"


def test_R45_a_card_ticked_later_joins_without_disturbing_the_others(office: Office) -> None:
    office.connect()
    before = office.accounts()
    name, listed = office.partner.banks["310"]
    office.partner.banks["310"] = (name, tuple(replace(one, shared=True) for one in listed))
    arrival = office.later(days=3).connect()
    assert [(one.added, one.known) for one in arrival.shared] == [(2, 3)]
    after = office.accounts()
    assert {ref: after[ref].id for ref in before} == {ref: before[ref].id for ref in before}
    assert after["c2"].activated_on == date(2026, 3, 21), "the month it joined in is its first"
    assert after["c1"].activated_on is None


def test_R13_a_card_unticked_at_the_partner_is_no_longer_shared(office: Office) -> None:
    office.connect()
    name, listed = office.partner.banks["310"]
    kept = tuple(replace(one, shared=one.ref == "c1") for one in listed)
    office.partner.banks["310"] = (name, kept)
    arrival = office.later(days=3).connect()
    assert [one.stopped for one in arrival.shared] == [2]
    assert {ref for ref, account in office.accounts().items() if account.shared} == {"c1"}


def test_an_interface_that_waited_for_its_admin_is_due_at_once(office: Office) -> None:
    office.connect()
    (interface,) = office.interfaces()
    with office.desk.database.write() as session:
        row = session.get_one(Interface, interface.id)
        row.state, row.next_due_at = InterfaceState.NEEDS_USER, None
        row.last_ok_at, row.last_error_reason = NOW + timedelta(days=2), "consent_expired"
    later = office.later(days=9)
    later.connect()
    (again,) = office.interfaces()
    assert (again.state, again.last_error_reason) == (InterfaceState.ACTIVE, "")
    assert (again.next_due_at, again.due_reason) == (later.by.now, DueReason.RETRY)


def test_a_known_card_under_a_new_connection_keeps_holder_mode_and_marks(office: Office) -> None:
    office.connect()
    old = office.accounts()["c1"]
    with office.desk.database.write() as session:
        session.add(Attachment(account_id=old.id, user_id=office.by.user_id, created_at=NOW))
        row = session.get_one(Account, old.id)
        row.payment_mode, row.cursor = "company", "page 7"
        row.complete_until = date(2026, 3, 20)
    name, listed = office.partner.banks.pop("310")
    new_refs = tuple(replace(one, ref=f"new-{one.ref}") for one in listed)
    office.partner.banks["999"] = (name, new_refs)
    office.later(days=5).connect()
    moved = office.accounts()["new-c1"]
    assert moved.id == old.id
    assert moved.identity_id == old.identity_id
    assert (moved.payment_mode, moved.complete_until) == ("company", date(2026, 3, 20))
    assert moved.cursor is None, "the cursor spoke of the old connection"
    assert len(office.all(Attachment)) == 1
    old_interface, new_interface = office.interfaces()
    assert moved.interface_id == new_interface.id
    assert "c3" in office.accounts(), "without proof it stays where it was"
    assert old_interface.state == InterfaceState.ACTIVE


def test_an_interface_all_of_whose_cards_moved_away_is_stopped(office: Office) -> None:
    listed = (card("c1", number_masked="**** 1234", holder_name="Hélène Martin"),)
    office.partner.banks = {"310": ("Bred", listed)}
    office.connect()
    office.partner.banks = {"999": ("Bred", (replace(listed[0], ref="n1"),))}
    office.connect()
    old, new = office.interfaces()
    assert (old.state, old.next_due_at) == (InterfaceState.STOPPED, None)
    assert new.state == InterfaceState.ACTIVE


def test_two_cards_that_look_alike_stay_two(office: Office) -> None:
    twin = card("c1", number_masked="**** 1234", holder_name="Hélène Martin")
    office.partner.banks = {"310": ("Bred", (twin, replace(twin, ref="c2")))}
    office.connect()
    assert len({account.identity_id for account in office.accounts().values()}) == 2
    assert len(office.all(AccountIdentity)) == 2


def test_another_entity_that_shares_the_same_account_has_its_own(office: Office) -> None:
    office.connect()
    with office.desk.database.write() as session:
        other = LegalEntity(group_id=office.by.entity.group_id, name="Autre", created_at=NOW)
        session.add(other)
    replace(office, by=replace(office.by, entity=other)).connect()
    assert len(office.interfaces()) == 2
    with office.desk.database.read() as session:
        assert len(list(session.exec(select(Account)))) == 6


def test_an_account_that_shows_no_currency_yet_takes_the_entitys(office: Office) -> None:
    office.partner.banks["310"] = ("Bred", (card("c1", currency="XXX"),))
    office.connect()
    assert office.accounts()["c1"].currency == "EUR"


def test_an_accounts_own_id_policy_is_kept(office: Office) -> None:
    policy = frozenset({IdTrait.CHANGES_ON_BOOKING, IdTrait.STABLE})
    office.partner.banks["310"] = ("Bred", (card("c1", id_traits=policy), card("c2")))
    office.connect()
    assert office.accounts()["c1"].id_traits == "changes_on_booking stable"
    assert office.accounts()["c2"].id_traits == ""


# Secrets at rest


def test_a_link_copied_to_another_interface_does_not_open_there(office: Office) -> None:
    office.partner.banks["311"] = ("American Express", (card("x1"),))
    office.connect()
    one, other = office.interfaces()
    with office.desk.database.write() as session:
        session.get_one(Interface, other.id).link_encrypted = one.link_encrypted
    with office.desk.database.read() as session:
        assert links.load_link(session, BOX, one).secrets == {"token": USER_SECRET}
        stolen = session.get_one(Interface, other.id)
        with pytest.raises(SecretUnreadable):
            links.load_link(session, BOX, stolen)


def test_settings_are_sealed_replaced_and_read_back(database: Database) -> None:
    with database.write() as session:
        links.store_settings(session, BOX, "partner", {"client_secret": "s3cret-1"}, NOW)
        links.store_settings(session, BOX, "partner", {"client_secret": "s3cret-2"}, NOW)
    with database.read() as session:
        assert links.load_settings(session, BOX, "partner")["client_secret"] == "s3cret-2"
        assert links.load_settings(session, BOX, "files").values == {}
        assert set(links.load_all_settings(session, BOX)) == {"partner"}
    assert "s3cret" not in dump(database)


# The deadline, and whatever goes wrong


def test_a_hanging_connector_gives_a_message_never_a_hung_page(partner: ScriptedPartner) -> None:
    partner.hang["list_accounts"] = 0.5
    began = time.monotonic()
    problem = LinkCalls(partner.connector(), deadline=0.05).accounts(LINK)
    assert problem == LinkProblem(FailureKind.UNAVAILABLE, "deadline")
    assert time.monotonic() - began < 0.4


def test_connectors_that_hang_for_good_do_not_eat_up_every_thread(
    partner: ScriptedPartner,
) -> None:
    partner.hang["list_accounts"] = 1.0
    calls = LinkCalls(partner.connector(), deadline=0.0)
    for _call in range(MOST_AT_ONCE):
        calls.accounts(LINK)
    began = time.monotonic()
    patient = LinkCalls(partner.connector(), deadline=30)
    assert patient.accounts(LINK) == LinkProblem(FailureKind.UNAVAILABLE, "deadline")
    assert time.monotonic() - began < 0.5, "refused at once"
    partner.hang.clear()
    assert _soon(lambda: isinstance(patient.accounts(LINK), tuple)), "places come back"


def _soon(condition: object) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
    return False


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            SourceUnavailable("502", user_message="Banque fermée"),
            LinkProblem(FailureKind.UNAVAILABLE, "unavailable", "Banque fermée"),
        ),
        (
            RateLimited("slow down", until=NOW),
            LinkProblem(FailureKind.RATE_LIMITED, "rate_limited", None, NOW),
        ),
        (
            UserActionNeeded("tos", reason="terms_declined"),
            LinkProblem(FailureKind.USER_ACTION, "terms_declined"),
        ),
        (
            SourceRejected("not ours", code="foreign_connection"),
            LinkProblem(FailureKind.REJECTED, "foreign_connection"),
        ),
        (ValueError("a bug"), LinkProblem(FailureKind.PLUGIN_BUG, "plugin_bug")),
    ],
    ids=["down", "too fast", "admin", "integrator", "bug"],
)
def test_each_error_comes_back_as_a_value(
    partner: ScriptedPartner, error: Exception, problem: LinkProblem
) -> None:
    partner.fail["finish_link"] = error
    assert LinkCalls(partner.connector()).finish(SETTINGS, {}, LINK) == problem


def test_the_text_of_an_unforeseen_error_is_not_logged(
    partner: ScriptedPartner, caplog: pytest.LogCaptureFixture
) -> None:
    partner.fail["list_accounts"] = RuntimeError(f"refused {USER_SECRET}")
    with caplog.at_level(logging.DEBUG):
        LinkCalls(partner.connector()).accounts(LINK)
    assert "RuntimeError" in caplog.text
    assert USER_SECRET not in caplog.text


def test_a_wrong_answer_of_a_plugin_is_its_bug(partner: ScriptedPartner) -> None:
    partner.banks = {"310": ("Bred", ["not an account"])}  # type: ignore[list-item]
    partner.answers["begin_link"] = PAGE
    calls = LinkCalls(partner.connector())
    bug = LinkProblem(FailureKind.PLUGIN_BUG, "plugin_bug")
    assert calls.accounts(LINK) == bug
    assert calls.begin(SETTINGS, return_url="", state="", language="fr", link=None) == bug


def test_the_other_calls_go_through_and_one_a_plugin_lacks_says_so(
    partner: ScriptedPartner,
) -> None:
    calls = LinkCalls(partner.connector())
    assert calls.diagnose(LINK) == {"state": "connected"}
    assert calls.select(LINK, ["c1"]) is None
    assert partner.answers["selected"] == ("c1",)
    assert calls.unlink(LINK) is None
    assert partner.banks == {}
    poor = replace(partner.connector(), hooks=frozenset({"fetch_transactions"}))
    assert LinkCalls(poor).diagnose(LINK) == LinkProblem(FailureKind.REJECTED, "not_offered")


def dump(database: Database) -> str:
    """Return every value of every table as text."""
    with database.engine.connect() as connection:
        return "\n".join(
            repr(row)
            for table in database.metadata.sorted_tables
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608
        )


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Let calls that were left behind end, so that the next test finds every place free."""
    yield
    for thread in threading.enumerate():
        if thread.name == "connector-call":
            thread.join(timeout=5)
