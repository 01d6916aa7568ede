"""The ledger of an account: days fetched, holes, and the bank's balance beside it (I4, I8, R26)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import select

from cardsync_sdk import AccountKind, FetchWindow, Money, RemoteAccount, TransactionStatus
from tests.support.feed import add_card, nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.domain.life import EventKind
from webapp.domain.totals import Standing, Total
from webapp.storage import balances, coverage, forgetting
from webapp.storage.accounts import Account
from webapp.storage.balances import AccountBalance
from webapp.storage.database import Database
from webapp.storage.runs import Coverage
from webapp.storage.transactions import BankTransaction, TransactionEvent

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([purchase("a", -1000, TODAY - 9 * DAY, booked_on=TODAY - 9 * DAY)])


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


def history(claire: Browser, feed: World) -> str:
    return words(claire.get(f"/accounts/{feed.account_id}/history"))


def shorten(feed: World, *intervals: tuple[date, date]) -> None:
    """Have the ledger hold these intervals, one for each run there was."""
    with feed.database.write() as session:
        rows = session.exec(select(Coverage).order_by(Coverage.run_id)).all()
        for row, (first, last) in zip(rows, intervals, strict=True):
            row.first_on, row.last_on = first, last


def hole_of(feed: World, floor: date | None, until: date) -> FetchWindow | None:
    with feed.database.read() as session:
        return coverage.first_hole(session, feed.account_id, floor, until)


# Coverage


def test_I4_a_feed_without_a_gap_is_complete(claire: Browser, feed: World) -> None:
    nights(feed, [TODAY - 3 * DAY, TODAY - DAY])
    shown = history(claire, feed)
    assert "No day is missing Complete up to" in shown
    assert "The 2 syncs these days came from" in shown
    assert hole_of(feed, None, TODAY - 2 * DAY) is None


def test_I4_a_hole_is_named_and_can_be_asked_for_again(claire: Browser, feed: World) -> None:
    nights(feed, [TODAY - 3 * DAY, TODAY - DAY])
    first, hole = TODAY - 20 * DAY, FetchWindow(TODAY - 15 * DAY, TODAY - 13 * DAY)
    shorten(feed, (first, hole.first - DAY), (hole.last + DAY, TODAY - 2 * DAY))

    assert hole_of(feed, None, TODAY - 2 * DAY) == hole
    assert hole_of(feed, first - 2 * DAY, TODAY) == FetchWindow(first - 2 * DAY, first - DAY)
    shown = history(claire, feed)
    assert "Days are missing" in shown
    assert "were never fetched. Ask for these days again" in shown
    page = claire.get(f"/accounts/{feed.account_id}/history").text
    link = f"first={hole.first}&amp;last={hole.last}"
    assert link in page
    form = claire.get(
        f"/support/interfaces/{feed.interface_id}?account={feed.account_id}"
        f"&first={hole.first}&last={hole.last}"
    ).text
    assert f'name="first" value="{hole.first}"' in form
    assert f'value="{feed.account_id}" selected' in form


def test_I4_an_account_of_which_nothing_was_fetched_says_so(claire: Browser, feed: World) -> None:
    assert "No day is fetched whole yet" in history(claire, feed)
    assert hole_of(feed, TODAY - 4 * DAY, TODAY) == FetchWindow(TODAY - 4 * DAY, TODAY)


# Control totals


def tell(bank: ScriptedBank, minor: int | None, currency: str = "EUR") -> None:
    """Have the bank list the account with this balance."""
    balance = None if minor is None else Money(minor, currency)
    listed = RemoteAccount(CARD, "Account", AccountKind.ACCOUNT, "EUR", balance=balance)
    bank.extra = {"accounts": [listed]}


def total_of(feed: World) -> Total:
    with feed.database.read() as session:
        return balances.total(session, feed.account_id, TODAY)


def test_I8_a_source_without_balance_leaves_it_open(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    tell(bank, None)
    nights(feed, [TODAY - 3 * DAY])
    assert total_of(feed).standing is Standing.NOT_KNOWN
    assert "Balance not known" in history(claire, feed)


def test_I8_the_balance_agrees_with_what_was_booked_since(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    tell(bank, 100_000)
    nights(feed, [TODAY - 5 * DAY])
    bank.rows += [
        purchase("b", -2500, TODAY - 4 * DAY, booked_on=TODAY - 3 * DAY),
        purchase("c", -9900, TODAY - 3 * DAY, status=TransactionStatus.ANNOUNCED),
        purchase("told with one day only", -500, TODAY - 3 * DAY),
    ]
    tell(bank, 97_000)
    nights(feed, [TODAY - 2 * DAY])
    assert (total_of(feed).standing, total_of(feed).moved) == (Standing.AGREES, -3000)
    assert "The balance agrees" in history(claire, feed)


def test_I8_a_difference_is_shown_in_words_on_both_pages_and_clears_by_itself(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    tell(bank, 100_000)
    nights(feed, [TODAY - 5 * DAY])
    missed = purchase("m", -3150, TODAY - 4 * DAY, booked_on=TODAY - 4 * DAY)
    tell(bank, 96_850)
    nights(feed, [TODAY - 3 * DAY])

    found = total_of(feed)
    assert (found.standing, found.difference) == (Standing.DIFFERS, -3150)
    assert found.since == TODAY - 5 * DAY
    interface = words(
        claire.get(f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}")
    )
    for shown in (history(claire, feed), interface):
        assert "the transactions add up to €0.00: €31.50 differ since" in shown
        assert "Ask for these days again" in shown
        assert "What to do" in shown

    bank.rows.append(missed)
    nights(feed, [TODAY - 2 * DAY])
    assert total_of(feed).standing is Standing.AGREES


def test_I8_a_hold_counts_from_its_booking_on(feed: World, bank: ScriptedBank) -> None:
    """Booked on the day of a balance, but told as booked only after it."""
    hold = purchase("h", -2000, TODAY - 6 * DAY, status=TransactionStatus.ANNOUNCED)
    bank.rows.append(hold)
    tell(bank, 100_000)
    nights(feed, [TODAY - 5 * DAY])
    (held,) = (row.id for row in feed.transactions() if row.external_id == "h")
    feed.change(BankTransaction, held, status="booked", booked_on=TODAY - 5 * DAY)
    with feed.database.write() as session:
        session.add(
            TransactionEvent(
                transaction_id=held,
                kind=EventKind.BOOKED.value,
                at=datetime.now(UTC) - 4 * DAY,
                before={"status": "announced"},
            )
        )
    bank.rows.remove(hold)
    tell(bank, 98_000)
    nights(feed, [TODAY - 3 * DAY])
    assert total_of(feed).standing is Standing.AGREES


def test_I8_a_row_merged_within_the_account_counts_once_and_across_accounts_in_both(
    feed: World, bank: ScriptedBank
) -> None:
    tell(bank, 100_000)
    nights(feed, [TODAY - 5 * DAY])
    bank.rows += [
        purchase("x", -700, TODAY - 4 * DAY),
        purchase("x2", -700, TODAY - 4 * DAY),
        purchase("y", -300, TODAY - 4 * DAY),
        purchase("far", -300, TODAY - 4 * DAY, account_ref="card-2"),
    ]
    add_card(feed, "card-2", "Carte Anna")
    tell(bank, 99_000)
    nights(feed, [TODAY - 3 * DAY])
    ids = {row.external_id: row.id for row in feed.transactions()}
    assert total_of(feed).difference == 700
    feed.change(BankTransaction, ids["x2"], status="duplicate", merged_into=ids["x"])
    feed.change(BankTransaction, ids["y"], status="duplicate", merged_into=ids["far"])
    assert total_of(feed).standing is Standing.AGREES


def test_I8_the_last_balance_of_a_day_stands_and_one_in_other_money_does_not_count(
    feed: World, bank: ScriptedBank
) -> None:
    tell(bank, 100_000)
    nights(feed, [TODAY - 5 * DAY])
    tell(bank, 90_000)
    nights(feed, [TODAY - 4 * DAY], hour=4)
    tell(bank, 100_000)
    nights(feed, [TODAY - 4 * DAY], hour=9)
    tell(bank, 55_500, "USD")
    nights(feed, [TODAY - 3 * DAY])
    with feed.database.read() as session:
        rows = session.exec(select(AccountBalance).order_by(AccountBalance.on_day)).all()
    assert [row.balance_minor for row in rows] == [100_000, 100_000, 55_500]
    assert total_of(feed).standing is Standing.AGREES
    assert total_of(feed).last == TODAY - 4 * DAY


def test_I8_a_balance_of_an_account_that_is_not_shared_is_not_kept(
    feed: World, bank: ScriptedBank
) -> None:
    listed = RemoteAccount(
        "other", "Other", AccountKind.ACCOUNT, "EUR", balance=Money(5, "EUR"), shared=True
    )
    bank.extra = {"accounts": [listed]}
    nights(feed, [TODAY - 5 * DAY])
    with feed.database.read() as session:
        assert not session.exec(select(AccountBalance)).all()


def test_R82_deleting_what_was_imported_takes_the_balances_with_it(
    feed: World, bank: ScriptedBank
) -> None:
    tell(bank, 100_000)
    nights(feed, [TODAY - 5 * DAY])
    with feed.database.write() as session:
        session.get_one(Account, feed.account_id)
        forgetting.forget(session, feed.account_id)
    with feed.database.read() as session:
        assert not session.exec(select(AccountBalance)).all()
