"""One operation: where it comes from and what happened to it, in plain words (D-M, D-P)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.feed import add_card, nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.statements import statements
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.domain.life import EventKind
from webapp.storage.database import Database
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings) -> World:
    """Camille's card with two purchases, seen in three nights."""
    bank = ScriptedBank(
        [
            purchase("h1", -4200, TODAY - 6 * DAY, booked_on=TODAY - 5 * DAY, memo="HOTEL DU PARC"),
            purchase("t1", -900, TODAY - 7 * DAY, memo="TAXI"),
        ]
    )
    registry = registry_of(bank)
    serve(app, registry)
    world = open_feed(demo_database, settings, registry)
    nights(world, [TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - DAY])
    return world


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The admin's browser, in English."""
    return claires_browser(app, feed.database)


@pytest.fixture
def hotel(feed: World) -> str:
    return next(row.id for row in feed.transactions() if row.external_id == "h1")


def address(feed: World, transaction_id: str) -> str:
    return f"/accounts/{feed.account_id}/operations/{transaction_id}"


def happen(feed: World, transaction_id: str, kind: EventKind, **values: Any) -> None:
    """Write an event as a sync does."""
    with feed.database.write() as session:
        session.add(
            TransactionEvent(
                transaction_id=transaction_id, kind=kind.value, at=datetime.now(UTC), **values
            )
        )


def test_D_P_an_operation_says_which_syncs_saw_it_and_under_which_numbers(
    claire: Browser, feed: World, hotel: str
) -> None:
    with feed.database.write() as session:
        row = session.get_one(BankTransaction, hotel)
        for key in ("scripted:h0", f"c1:{'0f' * 12}:2"):
            session.add(
                TransactionAlias(
                    account_identity_id=row.account_identity_id, key=key, transaction_id=hotel
                )
            )
    shown = words(claire.get(address(feed, hotel)))
    assert "Banque Feed · seen in 3 syncs · first" in shown
    assert "The 3 numbers it came under" in shown
    assert "h1" in shown
    assert "h0" in shown
    assert "number 2 of equal ones" in shown
    listed = claire.get(f"/accounts/{feed.account_id}/operations").text
    assert address(feed, hotel) in listed


def test_D_M_its_life_is_told_in_plain_words_the_newest_last(
    claire: Browser, feed: World, hotel: str
) -> None:
    happen(
        feed,
        hotel,
        EventKind.BOOKED,
        before={"status": "announced", "amount_minor": -4000, "booked_on": None, "content": "x"},
    )
    happen(feed, hotel, EventKind.CHANGED, before={"memo": "HOTEL"})
    happen(feed, hotel, EventKind.UNDONE, before={}, user_id=feed.user_id)
    shown = words(claire.get(address(feed, hotel)))
    told = [
        "Seen for the first time",
        "Booked by the bank",
        "State: announced → booked",
        "Amount: -€40.00 → -€42.00",
        "Booked on: nothing →",
        "Changed by the bank",
        "Memo: HOTEL → HOTEL DU PARC",
        "by Camille",
    ]
    places = [shown.find(text) for text in told]
    assert -1 not in places, dict(zip(told, places, strict=True))
    assert places == sorted(places)


@pytest.mark.parametrize("kind", EventKind)
def test_each_kind_of_event_has_words(
    claire: Browser, feed: World, hotel: str, kind: EventKind
) -> None:
    happen(feed, hotel, kind)
    assert claire.get(address(feed, hotel)).status_code == 200


def test_what_belongs_together_is_linked_both_ways(
    claire: Browser, feed: World, hotel: str
) -> None:
    taxi = next(row.id for row in feed.transactions() if row.external_id == "t1")
    feed.change(BankTransaction, taxi, merged_into=hotel, status="duplicate")
    for one, other, text in (
        (taxi, hotel, "It is the same purchase as this one"),
        (hotel, taxi, "It stands for this one too"),
    ):
        page = claire.get(address(feed, one))
        assert text in words(page)
        assert address(feed, other) in page.text


@pytest.mark.parametrize(
    ("minor", "said"),
    [(-5100, "That is the total."), (-6000, "-€9.00 are missing to the total")],
    ids=["it agrees", "a purchase is missing"],
)
def test_D_N_a_monthly_total_stands_beside_the_purchases_of_its_card(
    claire: Browser, feed: World, hotel: str, minor: int, said: str
) -> None:
    payer = add_card(feed, "payer", "Compte")
    with feed.database.write() as session:
        row = session.get_one(BankTransaction, hotel).model_dump(exclude={"id", "identity_key"})
        row |= {"amount_minor": minor, "account_id": payer, "settles": feed.account_id}
        session.add(BankTransaction(**row, id="total", identity_key="total"))
    shown = words(claire.get(f"/accounts/{payer}/operations/total"))
    assert "It is the monthly total of this card, no expense" in shown
    assert said in shown


def test_support_reads_the_same_life(claire: Browser, feed: World, hotel: str) -> None:
    happen(feed, hotel, EventKind.SHOWN_AGAIN, before={"status": "expired"})
    shown = words(claire.get(f"/support/transactions/{hotel}"))
    assert "State: expired → booked" in shown
    assert "seen in 3 syncs" in shown


def test_an_operation_of_another_account_is_not_found_here(
    claire: Browser, feed: World, hotel: str
) -> None:
    other = add_card(feed, "card-2", "Carte Anna")
    assert claire.get(f"/accounts/{other}/operations/{hotel}").status_code == 404
    assert claire.get(address(feed, "0" * 26)).status_code == 404


def test_a_long_life_costs_no_more_queries(claire: Browser, feed: World, hotel: str) -> None:
    def cost() -> int:
        with statements(feed.database) as sent:
            claire.get(address(feed, hotel))
        return len(sent)

    short = cost()
    for number in range(9):
        happen(feed, hotel, EventKind.CHANGED, before={"memo": f"WORDING {number}"})
    assert cost() == short
