"""Every look and every act of support is in the trail of those it concerns, and of nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.support.helpdesk import find, link_in, trail
from tests.support.import_admin import words
from tests.support.web import Browser
from tests.support.world import World
from webapp.storage.accounts import Account
from webapp.storage.people import RoleGrant, User

TUESDAY = datetime.now(UTC).date() - timedelta(days=5)
Enter = Callable[[str], Browser]


def test_each_look_and_act_is_in_the_trail_of_the_group(
    sam: Browser, claire: Browser, feed: World
) -> None:
    find(sam, "mercure")
    for address in (
        f"/support/entities/{feed.entity_id}",
        link_in(sam, "camille", "people"),
        f"/support/interfaces/{feed.interface_id}",
        f"/support/accounts/{feed.account_id}?day={TUESDAY}",
        link_in(sam, "mercure", "transactions"),
        f"/accounts/{feed.account_id}/history",
        f"/accounts/{feed.account_id}/operations",
    ):
        assert sam.get(address).status_code == 200
    sam.post(f"/support/interfaces/{feed.interface_id}/sync", {"why": "Ticket 12"})

    looks = [one.target_kind for one in trail(feed) if one.action == "support.looked"]
    assert looks == [
        *("entity", "person", "interface", "account", "transaction", "history", "operations")
    ]
    page = words(claire.get("/audit"))
    assert "Support searched and found something here “mercure” Sam Rivers" in page
    assert page.count("Support looked at") == len(looks)
    assert "Support asked for a sync Banque Feed · “Ticket 12” Sam Rivers" in page


def test_a_search_is_seen_only_where_it_found_something(
    sam: Browser, enter: Enter, feed: World
) -> None:
    find(sam, "mercure")
    find(sam, "girard")
    find(sam, "nobody at all")

    rows = [(one.group_id is None, one.detail.get("words")) for one in trail(feed)]
    assert (False, "mercure") in rows
    assert (False, "girard") in rows
    assert (True, None) in rows, "what was found nowhere is nobody's, and without its words"
    elodie = words(enter("elodie@girard.example").get("/audit"))
    assert "“girard”" in elodie
    assert "mercure" not in elodie
    assert "nobody at all" not in elodie


def test_an_administrator_who_looks_at_their_own_leaves_no_trace(
    claire: Browser, feed: World
) -> None:
    find(claire, "mercure")
    find(claire, "nobody at all")
    claire.get(f"/support/interfaces/{feed.interface_id}")
    claire.get(f"/accounts/{feed.account_id}/history")
    assert trail(feed) == []

    claire.post(f"/support/interfaces/{feed.interface_id}/sync", {"why": "mine"})
    assert [one.action for one in trail(feed)] == ["support.resynced"]


def test_a_card_number_that_was_looked_for_is_kept_nowhere(sam: Browser, feed: World) -> None:
    number = "4970101234567893"
    feed.change(Account, feed.account_id, name=f"Carte {number}")
    assert number in find(sam, number)
    (row,) = trail(feed)
    assert row.detail["words"] == "************7893"


@pytest.mark.parametrize(
    "address", ["/support?q=a%00b", "/support/entities/a%00b", "/configuration/people/a%00b"]
)
def test_a_null_character_in_an_address_is_refused(claire: Browser, address: str) -> None:
    """PostgreSQL takes none in a text."""
    assert claire.get(address).status_code in (400, 404)


def test_a_null_character_in_a_form_is_refused(sam: Browser, feed: World) -> None:
    address = f"/support/interfaces/{feed.interface_id}/sync"
    assert sam.post(address, {"why": "a\x00b"}).status_code == 400
    assert trail(feed) == []


def test_R33_a_role_in_another_legal_entity_is_not_told(enter: Enter, feed: World) -> None:
    thomas = enter("thomas@faure.example")
    with feed.database.write() as session:
        maxime = session.exec(select(User).where(User.email == "maxime@faure.example")).one()
        session.add(
            RoleGrant(
                user_id=maxime.id,
                role="accountant",
                legal_entity_id=feed.entity_id,
                created_at=maxime.created_at,
            )
        )
        address = f"/support/people/{maxime.id}"
    page = words(thomas.get(address))
    assert "Faure Logistique SARL" in page
    assert "Faure Conseil SAS" not in page
