"""The same bank again: updated, never doubled; holders and history are kept (R45, R67)."""

from dataclasses import replace
from datetime import date, timedelta

from sqlmodel import select

from cardsync_sdk import (
    IdTrait,
)
from tests.support.link_desk import NOW, LinkDesk
from tests.support.scripted_partner import card
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.sync.attaching import Saver
from webapp.sync.matching import match_account


def test_R67_the_same_connection_again_is_updated_never_doubled(office: LinkDesk) -> None:
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


def test_R45_a_card_ticked_later_joins_without_disturbing_the_others(office: LinkDesk) -> None:
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


def test_R13_a_card_unticked_at_the_partner_is_no_longer_shared(office: LinkDesk) -> None:
    office.connect()
    name, listed = office.partner.banks["310"]
    kept = tuple(replace(one, shared=one.ref == "c1") for one in listed)
    office.partner.banks["310"] = (name, kept)
    arrival = office.later(days=3).connect()
    assert [one.stopped for one in arrival.shared] == [2]
    assert {ref for ref, account in office.accounts().items() if account.shared} == {"c1"}


def test_an_interface_that_waited_for_its_admin_is_due_at_once(office: LinkDesk) -> None:
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


def test_a_known_card_under_a_new_connection_keeps_holder_mode_and_marks(office: LinkDesk) -> None:
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


def test_an_interface_all_of_whose_cards_moved_away_is_stopped(office: LinkDesk) -> None:
    listed = (card("c1", number_masked="**** 1234", holder_name="Hélène Martin"),)
    office.partner.banks = {"310": ("Bred", listed)}
    office.connect()
    office.partner.banks = {"999": ("Bred", (replace(listed[0], ref="n1"),))}
    office.connect()
    old, new = office.interfaces()
    assert (old.state, old.next_due_at) == (InterfaceState.STOPPED, None)
    assert new.state == InterfaceState.ACTIVE


def test_two_cards_that_look_alike_stay_two(office: LinkDesk) -> None:
    twin = card("c1", number_masked="**** 1234", holder_name="Hélène Martin")
    office.partner.banks = {"310": ("Bred", (twin, replace(twin, ref="c2")))}
    office.connect()
    assert len({account.identity_id for account in office.accounts().values()}) == 2
    assert len(office.all(AccountIdentity)) == 2


def test_I9_another_entity_that_shares_the_same_account_has_its_own(office: LinkDesk) -> None:
    office.connect()
    with office.desk.database.write() as session:
        other = LegalEntity(group_id=office.by.entity.group_id, name="Autre", created_at=NOW)
        session.add(other)
    replace(office, by=replace(office.by, entity=other)).connect()
    assert len(office.interfaces()) == 2
    with office.desk.database.read() as session:
        assert len(list(session.exec(select(Account)))) == 6


def test_an_account_that_shows_no_currency_yet_takes_the_entitys(office: LinkDesk) -> None:
    office.partner.banks["310"] = ("Bred", (card("c1", currency="XXX"),))
    office.connect()
    assert office.accounts()["c1"].currency == "EUR"


def test_an_accounts_own_id_policy_is_kept(office: LinkDesk) -> None:
    policy = frozenset({IdTrait.CHANGES_ON_BOOKING, IdTrait.STABLE})
    office.partner.banks["310"] = ("Bred", (card("c1", id_traits=policy), card("c2")))
    office.connect()
    assert office.accounts()["c1"].id_traits == "changes_on_booking stable"
    assert office.accounts()["c2"].id_traits == ""


def test_R63_a_matched_account_is_found_again_under_every_later_connection(
    office: LinkDesk,
) -> None:
    shown = card("c1", number_masked="**** 1234", holder_name="Hélène Martin")
    office.partner.banks = {"310": ("Bred", (shown, card("x")))}
    office.connect()
    known = office.accounts()["x"].id
    with office.desk.database.write() as session:
        session.get_one(Account, known).shared = False
        by = Saver(session, office.by.entity, office.by.user_id, NOW)
        place, new = office.interfaces()[0].id, office.accounts()["c1"].id
        match_account(by, place, new, known, by_file=[])
    for connection, ref in (("310", "c1"), ("999", "n1")):
        office.partner.banks = {connection: ("Bred", (replace(shown, ref=ref),))}
        office.connect()
        (account,) = office.accounts().values()
        assert (account.id, account.external_ref, account.shared) == (known, ref, True)


def test_R64_a_household_takes_all_there_is_until_it_chooses_otherwise(office: LinkDesk) -> None:
    """D-B: cards of a company begin with the month."""
    office.connect()
    assert {one.import_mode for one in office.accounts().values()} == {"start_of_month"}
    with office.desk.database.write() as session:
        session.get_one(LegalEntity, office.by.entity.id).household = True
    entity = replace_household(office)
    office.partner.banks["310"] = ("Bred", (card("home"),))
    replace(office, by=replace(office.by, entity=entity)).connect()
    assert office.accounts()["home"].import_mode == "all_available"


def replace_household(office: LinkDesk) -> LegalEntity:
    """Read the legal entity again."""
    with office.desk.database.read() as session:
        return session.get_one(LegalEntity, office.by.entity.id)


def test_D_O_an_account_that_is_listed_again_is_seen_again(office: LinkDesk) -> None:
    office.connect()
    with office.desk.database.write() as session:
        account = session.get_one(Account, office.accounts()["c1"].id)
        account.not_seen_since = account.created_at
    office.connect()
    assert office.accounts()["c1"].not_seen_since is None
