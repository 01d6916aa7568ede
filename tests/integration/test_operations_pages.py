"""The operations of one account: the newest first, found by words, amount and days (R69)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from cardsync_sdk import Merchant, TransactionKind
from tests.support.feed import add_card, nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.views import history as pages

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank()


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: ScriptedBank) -> World:
    """Camille's card, fed by the bank."""
    registry = registry_of(bank)
    serve(app, registry)
    return open_feed(demo_database, settings, registry)


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The admin's browser, in English."""
    return claires_browser(app, feed.database)


def address(feed: World, part: str = "operations", account: str = "") -> str:
    return f"/accounts/{account or feed.account_id}/{part}"


@pytest.fixture
def shop(feed: World, bank: ScriptedBank) -> World:
    """Operations to look for."""
    bank.rows = [
        purchase("1", -1250, TODAY - 9 * DAY, memo="CARTE 12/11 HÔTEL MERCURE LYON"),
        purchase("2", -123456, TODAY - 8 * DAY, memo="VIR 100% COTON", label="Coton & Cie"),
        purchase("3", 1250, TODAY - 7 * DAY, memo="AVOIR SNCF", kind=TransactionKind.REFUND),
        purchase("4", -999, TODAY - 6 * DAY, memo="PRLV", merchant=Merchant(name="Café Zoé")),
        purchase("5", -5000, TODAY - 5 * DAY, memo="100 COTONS a_b"),
    ]
    nights(feed, [TODAY - 2 * DAY])
    return feed


def found(claire: Browser, feed: World, **query: str) -> list[str]:
    page = claire.get(address(feed, "operations"), query_string=query)
    return [words_in.strip() for words_in in re.findall(r'row__title">([^<]*)<', page.text)]


MERCURE, COTON, SNCF = "CARTE 12/11 HÔTEL MERCURE LYON", "Coton &amp; Cie", "AVOIR SNCF"
CAFE, COTONS = "Café Zoé", "100 COTONS a_b"


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, [COTONS, CAFE, SNCF, COTON, MERCURE]),
        ({"words": "hotel"}, [MERCURE]),
        ({"words": "HÔTEL lyon"}, [MERCURE]),
        ({"words": "hotel paris"}, []),
        ({"words": "cafe zoe"}, [CAFE]),
        ({"words": "100%"}, [COTON]),
        ({"words": "a_b"}, [COTONS]),
        ({"words": "axb"}, []),
        ({"words": "/"}, [MERCURE]),
        ({"words": "'; drop table"}, []),
        ({"amount": "12.50"}, [SNCF, MERCURE]),
        ({"amount": "12,50 €"}, [SNCF, MERCURE]),
        ({"amount": "-12.50"}, [MERCURE]),
        ({"amount": "+12.50"}, [SNCF]),
        ({"amount": "1,234.56"}, [COTON]),
        ({"amount": "1 234,56"}, [COTON]),
        ({"from": (TODAY - 6 * DAY).isoformat()}, [COTONS, CAFE]),
        ({"to": (TODAY - 8 * DAY).isoformat()}, [COTON, MERCURE]),
        (
            {"from": (TODAY - 8 * DAY).isoformat(), "to": (TODAY - 7 * DAY).isoformat()},
            [SNCF, COTON],
        ),
        ({"words": "coton", "amount": "50"}, [COTONS]),
    ],
)
def test_R69_operations_are_found_by_words_amount_and_days(
    claire: Browser, shop: World, query: dict[str, str], titles: list[str]
) -> None:
    assert found(claire, shop, **query) == titles


def test_an_operation_is_found_by_either_of_its_two_dates(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    """D-C: the purchase and the booking date both count, and both are shown."""
    bank.rows = [purchase("x", day=TODAY - 9 * DAY, booked_on=TODAY - 4 * DAY, memo="X")]
    nights(feed, [TODAY - 2 * DAY])
    assert found(claire, feed, **{"from": (TODAY - 5 * DAY).isoformat()}) == ["X"]
    assert "booked on" in words(claire.get(address(feed, "operations")))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"amount": "a lot"}, "This amount cannot be read"),
        ({"from": "yesterday"}, "This day cannot be read"),
        ({"from": "2026-05-02", "to": "2026-05-01"}, "The last day is before the first one"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(
    claire: Browser, shop: World, query: dict[str, str], message: str
) -> None:
    page = claire.get(address(shop, "operations"), query_string=query)
    assert message in words(page)
    assert 'aria-invalid="true"' in page.text
    assert found(claire, shop, **query) == []


def test_the_operations_page_by_key_and_keep_the_search(
    claire: Browser, feed: World, bank: ScriptedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS_PER_PAGE", 3)
    bank.rows = [purchase(f"{n}", -100, TODAY - 5 * DAY, memo=f"SHOP {n}") for n in range(8)]
    bank.rows.append(purchase("other", -100, TODAY - 5 * DAY, memo="ELSEWHERE"))
    nights(feed, [TODAY - DAY])
    where: str | None = f"{address(feed, 'operations')}?words=shop"
    seen: list[str] = []
    while where:
        page = claire.get(where).text
        seen += re.findall(r"SHOP \d", page)
        older = re.search(r'href="([^"]+below=[^"]+)"', page)
        where = older[1].replace("&amp;", "&") if older else None

    assert sorted(seen) == [f"SHOP {n}" for n in range(8)]


def test_R69_every_synchronised_account_is_at_hand(claire: Browser, feed: World) -> None:
    other = add_card(feed, "card-2", "Carte Anna")
    page = claire.get(address(feed, "operations")).text
    assert "All synchronised accounts of Faure Conseil SAS" in page
    assert address(feed, "operations", other) in page
