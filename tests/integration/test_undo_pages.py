"""The undo of a run on its page and at the command line: shown first, then done on purpose (I3)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlmodel import col, select

from tests.support.feed import nights, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.cli import cli
from webapp.config import Settings
from webapp.storage import logins
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.people import User
from webapp.storage.runs import SyncRun

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank(
        [
            purchase("h1", -4200, TODAY - 6 * DAY, memo="HOTEL DU PARC"),
            purchase("t1", -900, TODAY - 7 * DAY, memo="TAXI"),
        ]
    )


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: ScriptedBank) -> World:
    """Camille's card, which was synced once; she has commented the hotel."""
    registry = registry_of(bank)
    serve(app, registry)
    world = open_feed(demo_database, settings, registry)
    nights(world, [TODAY - 2 * DAY])
    hotel = next(one.id for one in world.transactions() if one.external_id == "h1")
    expense = next(one.id for one in world.expenses() if one.transaction_id == hotel)
    world.change(Expense, expense, comment="Trade fair", version=2)
    return world


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The group's administrator, in English."""
    return claires_browser(app, feed.database)


def runs(world: World) -> list[SyncRun]:
    with world.database.read() as session:
        mine = select(SyncRun).where(SyncRun.interface_id == world.interface_id)
        return list(session.exec(mine.order_by(col(SyncRun.started_at))))


def address(world: World, number: int = 0) -> str:
    return f"/runs/{runs(world)[number].id}/undo"


def seen(page: str) -> str:
    """Return the digest of the plan that a page shows."""
    return page.partition('name="seen" value="')[2].partition('"')[0]


def test_the_plan_says_what_goes_and_what_stays_and_why(claire: Browser, feed: World) -> None:
    page = claire.get(address(feed))
    text = words(page)

    assert page.status_code == 200
    assert "1 transaction goes" in text
    assert "1 transaction stays" in text
    assert "These stay: Somebody worked on the expense" in text
    assert text.index("These go") < text.index("TAXI") < text.index("These stay")
    assert f"/accounts/{feed.account_id}/operations/" in page.text
    assert len(feed.transactions()) == 2, "looking changes nothing"


def test_it_is_undone_with_a_reason_that_the_trail_keeps(claire: Browser, feed: World) -> None:
    plan = seen(claire.get(address(feed)).text)
    nameless = claire.post(address(feed), {"seen": plan, "why": " "})
    done = claire.post(address(feed), {"seen": plan, "why": "test rows of the bank"})
    page = claire.get(done.location)

    assert nameless.status_code == 422
    assert "Say why" in words(nameless)
    assert done.status_code == 303
    assert [one.external_id for one in feed.transactions()] == ["h1"]
    assert "1 transaction goes" in words(page)
    assert "Claire Fontaine on" in words(page)
    assert "Ask for these days again" in words(page)
    first = (TODAY - 6 * DAY).isoformat()
    assert f"last={(TODAY - 3 * DAY).isoformat()}" in page.text
    assert first > page.text.partition("first=")[2][:10]
    trail = words(claire.get("/audit"))
    assert "What a sync brought taken back" in trail
    assert "test rows of the bank" in trail
    with feed.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "run.undone")
        assert session.exec(query).one().actor_id is not None


def test_pressed_twice_it_is_undone_once(claire: Browser, feed: World) -> None:
    answer = {"seen": seen(claire.get(address(feed)).text), "why": "wrong rows"}
    codes = [claire.post(address(feed), answer).status_code for _time in range(2)]

    assert codes == [303, 303]
    with feed.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "run.undone")
        assert len(session.exec(query).all()) == 1


def test_a_plan_that_changed_is_shown_again(claire: Browser, feed: World) -> None:
    plan = seen(claire.get(address(feed)).text)
    taxi = next(one.id for one in feed.transactions() if one.external_id == "t1")
    expense = next(one.id for one in feed.expenses() if one.transaction_id == taxi)
    feed.change(Expense, expense, comment="To the fair", version=2)
    answer = claire.post(address(feed), {"seen": plan, "why": "wrong rows"})

    assert answer.status_code == 409
    assert "something changed meanwhile" in words(answer)
    assert "2 transactions stay" in words(answer)
    assert 'value="wrong rows"' in answer.text
    assert len(feed.transactions()) == 2


def test_later_syncs_are_named_and_lead_to_their_own_plan(claire: Browser, feed: World) -> None:
    nights(feed, [TODAY - DAY])
    page = claire.get(address(feed))

    assert "Undo these first" in words(page)
    assert address(feed, 1) in page.text
    assert 'name="seen"' not in page.text
    refused = claire.post(address(feed), {"seen": "any", "why": "wrong rows"})
    assert (refused.status_code, len(feed.transactions())) == (409, 2)


def test_support_may_and_the_history_says_undone(app: Flask, claire: Browser, feed: World) -> None:
    with feed.database.write() as session:
        user = session.exec(select(User).where(User.email == "support@cardsync.example")).one()
        token = logins.begin(session, user, now=datetime.now(UTC), user_agent="test")
    sam = Browser(app)
    sam.client.set_cookie("cardsync-login", token)
    (run,) = runs(feed)
    history = f"/accounts/{feed.account_id}/history?run={run.id}"
    assert address(feed) in claire.get(history).text
    assert address(feed) in sam.get(f"/support/interfaces/{feed.interface_id}").text
    plan = seen(sam.get(address(feed)).text)
    done = sam.post(address(feed), {"seen": plan, "why": "asked by Claire"})

    assert done.status_code == 303
    after = words(claire.get(history))
    assert "Undone" in after
    assert "taken back when this sync was undone" in after
    assert "Undone" in words(claire.get(f"/accounts/{feed.account_id}/history"))
    assert "Undone" in words(sam.get(f"/support/interfaces/{feed.interface_id}"))


def test_the_page_in_french(app: Flask, feed: World) -> None:
    browser = claires_browser(app, feed.database)
    with feed.database.write() as session:
        session.exec(select(User).where(User.email == "claire@faure.example")).one().locale = "fr"
    text = words(browser.get(address(feed)))
    for phrase in (
        "Planifier une synchronisation à rebours",
        "Celles-ci partent",
        "Ne rien annuler",
    ):
        assert phrase in text


@pytest.fixture
def at_home(feed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Point the commands to the test's database."""
    url = feed.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("CARDSYNC_INSTANCE", str(tmp_path / "instance"))
    return feed


def test_the_command_prints_the_plan_and_does_it_only_with_yes(at_home: World) -> None:
    (run,) = runs(at_home)
    looked = CliRunner().invoke(cli, ["undo", run.id])

    assert (looked.exit_code, len(at_home.transactions())) == (0, 2)
    assert "1 transactions it told first, untouched: they go" in looked.output
    assert "1 stay: somebody worked on its expense" in looked.output
    assert "Add --yes" in looked.output
    done = CliRunner().invoke(cli, ["undo", run.id, "--yes", "--json", "--why", "wrong rows"])
    told = json.loads(done.stdout)
    assert (told["done"], len(told["go"]), list(told["stay"].values())) == (True, 1, ["worked"])
    assert len(at_home.transactions()) == 1
    again = CliRunner().invoke(cli, ["undo", run.id, "--yes"])
    assert again.exit_code == 1
    assert "undone already" in again.stderr


def test_the_command_names_the_runs_to_undo_first(at_home: World) -> None:
    nights(at_home, [TODAY - DAY])
    first, second = runs(at_home)
    answer = CliRunner().invoke(cli, ["undo", first.id, "--yes"])

    assert answer.exit_code == 1
    assert second.id in answer.output
    assert len(at_home.transactions()) == 2
    assert CliRunner().invoke(cli, ["undo", "01NOSUCHRUN"]).exit_code == 1
