"""To a partner's page: the one-time state, what is kept, secrets at rest (R8, R37)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cardsync_sdk import (
    Form,
    SettingField,
    Settings,
    SourceUnavailable,
)
from tests.support.link_desk import BOX, NOW, RETURN_URL, LinkDesk, dump
from tests.support.scripted_partner import USER_SECRET, card
from webapp.domain.schedule import FailureKind
from webapp.storage import links
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, LinkVisit
from webapp.storage.people import LegalEntity
from webapp.storage.secrets import SecretUnreadable
from webapp.sync.links import LinkCalls, LinkProblem
from webapp.sync.visits import (
    begin_visit,
    hash_of,
)

# The trip out


def test_R37_the_trip_carries_a_one_time_state_bound_to_admin_and_entity(office: LinkDesk) -> None:
    state = office.begin()
    (visit,) = office.all(LinkVisit)
    assert visit.state_hash == hash_of(state)
    assert visit.user_id == office.by.user_id
    assert visit.legal_entity_id == office.by.entity.id
    assert visit.expires_at == NOW + timedelta(minutes=30)
    assert len(state) >= 43, "256 bits"


def test_R37_the_state_itself_is_stored_nowhere(office: LinkDesk) -> None:
    state = office.begin()
    assert state not in dump(office.desk.database)


def test_what_the_partner_made_is_kept_sealed_and_not_made_twice(office: LinkDesk) -> None:
    office.begin()
    office.begin()
    assert office.partner.users_made == 1
    again = office.partner.seen_links[1]
    assert again is not None
    assert again.secrets == {"token": USER_SECRET}
    assert USER_SECRET not in dump(office.desk.database)


def test_a_bank_is_added_with_the_entitys_user_but_never_in_place_of_another_bank(
    office: LinkDesk,
) -> None:
    office.connect()
    office.begin()
    taken_along = office.partner.seen_links[-1]
    assert taken_along is not None
    assert (taken_along.ref, taken_along.institution) == ("", "")
    assert taken_along.secrets == {"token": USER_SECRET}


def test_to_connect_again_the_interfaces_own_link_goes_along(office: LinkDesk) -> None:
    office.connect()
    office.begin(office.interfaces()[0])
    taken_along = office.partner.seen_links[-1]
    assert taken_along is not None
    assert taken_along.ref == "310"


def test_another_entity_has_its_own_user_at_the_partner(office: LinkDesk) -> None:
    office.connect()
    with office.desk.database.write() as session:
        other = LegalEntity(group_id=office.by.entity.group_id, name="Autre", created_at=NOW)
        session.add(other)
    replace(office, by=replace(office.by, entity=other)).begin()
    assert office.partner.seen_links == [None, None]


def test_a_refused_start_stores_nothing(office: LinkDesk) -> None:
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


def test_R8_questions_in_our_own_page_are_not_asked(office: LinkDesk) -> None:
    office.partner.answers["begin_link"] = Form((SettingField("password", "Password"),))
    calls = LinkCalls(office.partner.connector())
    problem = calls.begin(Settings(), return_url=RETURN_URL, state="s", language="fr", link=None)
    assert problem == LinkProblem(FailureKind.PLUGIN_BUG, "asks_in_our_page")


# Secrets at rest


def test_a_link_copied_to_another_interface_does_not_open_there(office: LinkDesk) -> None:
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
