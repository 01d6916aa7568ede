"""The history of one account: its runs, the calendar, what each row became (R16, R44, D-P)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from cardsync_sdk import RejectedRow, TransactionKind, TransactionStatus
from cardsync_sdk.errors import SourceUnavailable, UserActionNeeded
from tests.support.feed import add_card, nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.domain.fates import Fate
from webapp.storage import history
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.views import history as pages

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([purchase("a", day=TODAY - 10 * DAY)])


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


def address(feed: World, part: str = "history", account: str = "") -> str:
    return f"/accounts/{account or feed.account_id}/{part}"


def runs_of(feed: World, account_id: str = "") -> list[history.CardRun]:
    with feed.database.read() as session:
        account = session.get_one(Account, account_id or feed.account_id)
        return history.runs(session, account, below=None, days=None, limit=100)


def run_page(claire: Browser, feed: World, run: history.CardRun, account: str = "") -> str:
    return words(claire.get(f"{address(feed, account=account)}?run={run.run.id}"))


def fail(error: Exception) -> Callable[[int], None]:
    def raise_it(_page: int) -> None:
        raise error

    return raise_it


# The runs


def test_R44_each_run_with_when_how_long_and_counts_that_add_up(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    other = add_card(feed, "card-2", "Carte Anna")
    bank.rows += [
        purchase("b", day=TODAY - 9 * DAY),
        purchase("c", account_ref="card-2", day=TODAY - 9 * DAY),
        purchase("d", account_ref="card-3", day=TODAY - 9 * DAY),
        purchase("total", -9900, TODAY - 9 * DAY, kind=TransactionKind.SUMMARY),
    ]
    bank.extra = {"rejected": [RejectedRow(CARD, "no date", "q1")]}
    nights(feed, [TODAY - 8 * DAY, TODAY - 7 * DAY])
    second, first = runs_of(feed)
    (_second, of_other) = runs_of(feed, other)

    assert first.counts == {Fate.NEW: 2, Fate.SUMMARY: 1, Fate.QUARANTINED: 1}
    assert of_other.counts == {Fate.WAITING: 1}
    assert first.rows + of_other.rows + 1 == first.run.rows_seen == 6, "and one not shared"
    assert second.counts == {Fate.UNCHANGED: 3, Fate.QUARANTINED: 1}
    shown = words(claire.get(address(feed)))
    assert "4 rows of this account: 2 new, 0 unchanged, 0 waiting, 1 monthly total" in shown
    assert "Nightly sync" in shown
    assert "took less than a second" in shown
    assert "Over all accounts of the interface: 6 rows. 2 new" in run_page(claire, feed, first)
    assert "1 of accounts not shared" in run_page(claire, feed, first)


@pytest.mark.parametrize(
    ("error", "what", "who"),
    [
        (SourceUnavailable("503"), "did not answer", "Nobody has to act"),
        (UserActionNeeded("no", reason="consent_expired"), "has run out", "administrator must act"),
        (KeyError("amount"), "stumbled over something", "Whoever maintains the connector"),
    ],
)
def test_R44_an_error_is_told_in_words_with_who_must_act(
    claire: Browser, feed: World, bank: ScriptedBank, error: Exception, what: str, who: str
) -> None:
    bank.before_page = fail(error)
    nights(feed, [TODAY - 2 * DAY])
    answer = claire.get(address(feed))
    shown = words(answer)

    assert 'href="/help/' in answer.text.split("<main")[1].split("</main")[0], "R81"
    assert "Failed" in shown
    assert what in shown
    assert who in shown


def test_R53_the_history_says_who_asked_and_why(claire: Browser, feed: World) -> None:
    claire.post(
        f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}/sync",
        {"why": "the hotel of Tuesday"},
    )
    feed.sync_at(datetime.now(UTC))

    shown = words(claire.get(address(feed)))
    assert "On demand · asked for by Claire Fontaine: “the hotel of Tuesday”" in shown


def test_R44_the_runs_page_by_key_and_none_is_skipped_or_repeated(
    claire: Browser, feed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "RUNS_PER_PAGE", 3)
    nights(feed, [TODAY - day * DAY for day in range(8, 0, -1)])
    seen: list[str] = []
    where: str | None = address(feed)
    while where:
        page = claire.get(where).text
        seen += re.findall(r"run=([0-9A-Z]{26})", page.partition('id="runs"')[2])
        older = re.search(r'href="([^"]+below=[^"]+)#runs"', page)
        where = older[1].replace("&amp;", "&") if older else None

    assert seen == [one.run.id for one in runs_of(feed)]
    assert len(seen) == 8


def test_a_run_of_another_interface_is_not_the_accounts(
    claire: Browser, feed: World, settings: Settings
) -> None:
    other = open_feed(feed.database, settings, feed.engine.registry, ref="elsewhere")
    nights(other, [TODAY - DAY])
    (foreign,) = runs_of(other)

    assert runs_of(feed) == []
    assert claire.get(f"{address(feed)}?run={foreign.run.id}").status_code == 404


def test_an_account_that_joins_later_or_was_stopped_has_only_the_runs_of_its_time(
    feed: World,
) -> None:
    feed.change(Account, feed.account_id, created_at=datetime.now(UTC) + timedelta(hours=1))
    nights(feed, [TODAY - 2 * DAY])
    # The only run kept is the one whose days were covered for this account.
    assert len(runs_of(feed)) == 1
    feed.change(Account, feed.account_id, shared=False, stopped_at=datetime.now(UTC) - DAY)
    nights(feed, [TODAY - DAY])
    assert len(runs_of(feed)) == 1


def test_an_account_that_moved_keeps_the_runs_that_fed_it(feed: World, settings: Settings) -> None:
    nights(feed, [TODAY - 3 * DAY])
    elsewhere = open_feed(feed.database, settings, feed.engine.registry, ref="elsewhere")
    feed.change(Account, feed.account_id, interface_id=elsewhere.interface_id)
    nights(elsewhere, [TODAY - DAY])

    assert len(runs_of(feed)) == 2


@pytest.mark.parametrize("query", ["below=x", "below=2026-01-01", "run=zzz&after=x", "run=01X"])
def test_an_invented_address_is_404(claire: Browser, feed: World, query: str) -> None:
    assert claire.get(f"{address(feed)}?{query}").status_code == 404
    assert claire.get(f"{address(feed, 'operations')}?below=never~1").status_code == 404


# The calendar


def cells(page: str) -> dict[str, str]:
    """Return the state of each day of the calendar, by what a screen reader hears."""
    found = re.findall(r'calendar__day--(\w+)">(?:<a[^>]*>)?.*?visually-hidden">([^<]+): ', page)
    return {day: state for state, day in found}


def test_R44_the_calendar_says_each_day_by_words_and_shape(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    nights(feed, [TODAY - 3 * DAY])
    bank.before_page = fail(SourceUnavailable("away"))
    nights(feed, [TODAY - 2 * DAY, TODAY - DAY])
    bank.before_page = lambda _page: None
    nights(feed, [TODAY - DAY], hour=5)
    page = claire.get(address(feed)).text
    by_day = cells(page)
    said = {f"{day:%A, %B} {day.day}, {day:%Y}": day for day in (TODAY - n * DAY for n in range(5))}
    states = {(TODAY - day).days: by_day[text] for text, day in said.items() if text in by_day}

    assert states == {4: "quiet", 3: "good", 2: "failed", 1: "recovered", 0: "quiet"}
    for shape in ("circle-check", "octagon-alert", "rotate-ccw"):
        assert f"#{shape}" in page
    assert len(re.findall(r'<th scope="row"', page)) == 5
    longer = claire.get(f"{address(feed)}?weeks=13").text
    assert len(re.findall(r'<th scope="row"', longer)) == 13


def test_a_day_of_the_calendar_leads_to_its_runs(claire: Browser, feed: World) -> None:
    nights(feed, [TODAY - 3 * DAY, TODAY - 2 * DAY])
    day = (TODAY - 2 * DAY).isoformat()
    page = claire.get(f"{address(feed)}?day={day}").text

    assert len(set(re.findall(r"run=([0-9A-Z]{26})", page.partition('id="runs"')[2]))) == 1
    assert 'aria-current="date"' in page
    empty = words(claire.get(f"{address(feed)}?day={(TODAY - 9 * DAY).isoformat()}"))
    assert "There was none on this day." in empty


# Each transaction


def test_R44_each_transaction_with_the_expense_it_became_or_its_fate(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    before = TODAY - 30 * DAY
    feed.change(Account, feed.account_id, import_mode="since_date", import_from=TODAY - 20 * DAY)
    bank.rows = [
        purchase("taken", day=TODAY - 5 * DAY, label="Hôtel du Lac"),
        purchase("announced", day=TODAY - 4 * DAY, status=TransactionStatus.ANNOUNCED),
        purchase("total", -9900, TODAY - 5 * DAY, kind=TransactionKind.SUMMARY, label="Relevé"),
        purchase("early", -4321, before, label="Trop tôt"),
    ]
    bank.extra = {"rejected": [RejectedRow(CARD, "the amount is no number", "q-17")]}
    nights(feed, [TODAY - 3 * DAY])
    (run,) = runs_of(feed)
    shown = run_page(claire, feed, run)

    assert "Hôtel du Lac" in shown
    assert "Expense of Camille Moreau: to complete" in shown
    assert "announced, not booked yet" in shown
    assert "Monthly total, no expense" in shown
    assert "Trop tôt" in shown, "told from the delivery that is kept"
    assert "-€43.21" in shown
    assert "before the first day to import" in shown
    assert "Reason: the amount is no number" in shown
    assert "q-17" in shown
    assert "imported 2 days after the purchase" in shown


def test_R44_what_waits_and_what_was_withdrawn_is_said(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    card = add_card(feed, "card-2", "Carte Anna")
    bank.rows.append(purchase("w", account_ref="card-2", day=TODAY - 3 * DAY))
    nights(feed, [TODAY - 2 * DAY])
    assert "Waiting for a holder" in words(claire.get(address(feed, account=card)))
    bank.removed = [("card-2", "w"), (CARD, "a")]
    bank.rows = []
    nights(feed, [TODAY - DAY])

    assert "Withdrawn by the bank" in words(claire.get(address(feed, account=card)))
    assert "Expense of Camille Moreau: to complete withdrawn by the bank" in words(
        claire.get(address(feed))
    )


def test_R44_the_rows_of_a_run_page_by_key(
    claire: Browser, feed: World, bank: ScriptedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS_PER_PAGE", 4)
    bank.rows = [
        purchase(f"{n}", -100 - n, TODAY - 5 * DAY, label=f"Row {n:02}") for n in range(10)
    ]
    nights(feed, [TODAY - DAY])
    (run,) = runs_of(feed)
    where: str | None = f"{address(feed)}?run={run.run.id}"
    seen: list[str] = []
    while where:
        page = claire.get(where).text
        seen += re.findall(r"Row \d\d", page)
        more = re.search(r'href="([^"]+after=\d+)"', page)
        where = more[1].replace("&amp;", "&") if more else None

    assert seen == [f"Row {n:02}" for n in range(10)]


def test_R16_the_usual_age_at_import_is_measured_in_the_entitys_days(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    """A purchase of D that the bank shows at night is an expense on D+1."""
    bank.rows = [purchase("d", day=TODAY - 3 * DAY)]
    nights(feed, [TODAY - 2 * DAY], hour=3)

    assert [one.created_at.date() for one in feed.expenses()] == [TODAY - 2 * DAY]
    assert "Usually imported 1 day after the purchase" in words(claire.get(address(feed)))


# What it costs


@pytest.mark.parametrize("part", ["history", "operations", "run"])
def test_no_page_makes_more_queries_for_more_rows(
    claire: Browser, feed: World, bank: ScriptedBank, part: str
) -> None:
    def count() -> int:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        where = address(feed, "operations" if part == "operations" else "history")
        if part == "run":
            where += f"?run={runs_of(feed)[0].run.id}"
        event.listen(feed.database.engine, "before_cursor_execute", note)
        assert claire.get(where).status_code == 200
        event.remove(feed.database.engine, "before_cursor_execute", note)
        return len(seen)

    nights(feed, [TODAY - 15 * DAY])
    before = count()
    bank.rows += [purchase(f"n{n}", -n - 1, TODAY - 12 * DAY) for n in range(40)]
    nights(feed, [TODAY - day * DAY for day in range(11, 1, -1)])

    assert count() == before
