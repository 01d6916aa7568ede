"""The state icon on the pages: a button that asks, shows the sync running, announces its counts."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from cardsync_sdk.errors import SourceUnavailable, UserActionNeeded
from tests.support.feed import LABEL, open_feed, registry_of, serve, work
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import HTMX, Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

NOW = datetime.now(UTC)
POLL = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="load delay:(\d+)s"')


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([purchase(name, day=NOW.date()) for name in ("a", "b", "c")])


@pytest.fixture
def fuel() -> ScriptedBank:
    """Another provider."""
    return ScriptedBank([purchase("f", day=NOW.date())], slug="fuel")


@pytest.fixture
def feed(
    app: Flask,
    demo_database: Database,
    settings: Settings,
    bank: ScriptedBank,
    fuel: ScriptedBank,
) -> World:
    """A card of Faure Conseil fed by the bank; nothing is due before tomorrow."""
    registry = registry_of(bank, fuel)
    serve(app, registry)
    return open_feed(demo_database, settings, registry)


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The admin's browser, in English."""
    return claires_browser(app, feed.database)


def home(feed: World) -> str:
    return f"/configuration/imports/{feed.entity_id}"


def page_of(feed: World) -> str:
    return f"{home(feed)}/interfaces/{feed.interface_id}"


def press(claire: Browser, feed: World, place: str = "page", **data: str) -> TestResponse:
    """Press the state icon with JavaScript."""
    return claire.post(f"{page_of(feed)}/sync", {"place": place, **data}, headers=HTMX)


def poll_of(answer: TestResponse) -> str:
    """Return the address the part asks by itself."""
    found = POLL.search(answer.text)
    assert found, words(answer)
    return found[1].replace("&amp;", "&")


def asks_itself(answer: TestResponse) -> bool:
    return POLL.search(answer.text) is not None


@pytest.mark.parametrize("place", ["row", "page"])
def test_R68_R71_the_icon_turns_running_and_then_announces_the_counts(
    claire: Browser, feed: World, place: str
) -> None:
    pressed = press(claire, feed, place)
    assert "<html" not in pressed.text
    assert f'id="interface-{feed.interface_id}"' in pressed.text
    assert "Sync is asked for" in words(pressed)
    assert "Asked for by Claire Fontaine" in words(pressed)

    waiting = claire.get(poll_of(pressed), headers=HTMX)
    assert "Sync is asked for" in words(waiting)
    assert 'id="announcements"' not in waiting.text
    work(feed)
    done = claire.get(poll_of(waiting), headers=HTMX)

    assert not asks_itself(done)
    assert "Up to date" in words(done)
    assert 'badge badge--good"' in done.text
    announced = done.text[done.text.index('id="announcements" hx-swap-oob="innerHTML"') :]
    assert "The sync went well: 3 new, 0 unchanged, 0 waiting." in announced
    assert "asked for by Claire Fontaine" in words(claire.get(page_of(feed)))


def test_R71_while_it_runs_the_icon_says_so_and_a_press_joins(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    seen: list[str] = []

    def look(_page: int) -> None:
        seen.append(words(claire.get(page_of(feed))))
        seen.append(words(press(claire, feed)))

    press(claire, feed)
    bank.before_page = look
    work(feed)

    assert "Sync is running" in seen[0]
    assert "A sync is under way already; you joined it" in seen[1]
    assert len(bank.asked) == 1


def test_R53_R71_without_javascript_the_page_comes_back_and_says_who_asked_when(
    claire: Browser, feed: World
) -> None:
    answer = claire.post(f"{page_of(feed)}/sync", {"place": "page", "why": "Tuesday"})
    assert answer.status_code == 303
    shown = words(claire.get(answer.location))
    assert "The sync is asked for" in shown
    assert "Asked for by Claire Fontaine at" in shown
    assert "“Tuesday”" in shown
    assert "Look again" in shown
    work(feed)

    shown = words(claire.get(page_of(feed)))
    assert "Last result: 3 new, 0 unchanged, 0 waiting" in shown
    assert claire.post(f"{page_of(feed)}/sync", {"place": "row"}).location == home(feed)


def test_R68_a_sync_that_fails_says_what_happened_and_who_acts(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    def fail(_page: int) -> None:
        raise SourceUnavailable("503 from the bank")

    bank.before_page = fail
    pressed = press(claire, feed)
    work(feed)
    done = claire.get(poll_of(pressed), headers=HTMX)

    assert "The sync did not succeed. The bank or the partner did not answer." in words(done)
    assert "Nobody has to act" in words(done)
    assert "Last sync failed" in words(done)
    assert "badge--good" not in done.text


def test_an_interface_that_waits_for_a_person_is_no_button_and_says_what_to_do(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    def refuse(_page: int) -> None:
        raise UserActionNeeded("wrong password", reason="wrong_password")

    bank.before_page = refuse
    press(claire, feed)
    work(feed)
    shown = claire.get(page_of(feed))

    assert "Your action is needed" in words(shown)
    assert "The bank refused the user name or password." in words(shown)
    assert f'id="sync-{feed.interface_id}"' not in shown.text
    assert "before an administrator has done" in words(press(claire, feed))


def test_files_show_a_hint_instead_of_a_button(
    claire: Browser, feed: World, settings: Settings
) -> None:
    open_feed(feed.database, settings, feed.engine.registry, "files", ref="f", next_due_at=None)
    shown = claire.get(home(feed))
    assert "there is nothing to synchronise" in words(shown)
    assert shown.text.count("hx-post=") == 1, "the bank's interface only"


@pytest.mark.parametrize(
    ("ago", "error", "badge", "state"),
    [
        (timedelta(hours=1), "", "good", "Up to date"),
        (timedelta(hours=35), "", "good", "Up to date"),
        (timedelta(hours=37), "", "warn", "No sync for a while"),
        (timedelta(hours=1), "no answer", "warn", "Last sync failed"),
        (None, "", "info", "Waiting for its first sync"),
    ],
)
def test_DI_R70_green_only_when_good_and_fresh(
    claire: Browser, feed: World, ago: timedelta | None, error: str, badge: str, state: str
) -> None:
    feed.change(
        Interface,
        feed.interface_id,
        last_ok_at=ago and datetime.now(UTC) - ago,
        last_error=error,
    )
    for address in (home(feed), page_of(feed)):
        shown = claire.get(address)
        button = shown.text[shown.text.index(f'id="sync-{feed.interface_id}"') :]
        button = button[: button.index("</button>")]
        assert f"badge--{badge}" in button
        assert state in button
        assert "<svg" in button, "a shape beside colour and text"
        assert f"Synchronise {LABEL} now" in button


def test_what_is_due_for_long_is_not_said_to_begin_soon(claire: Browser, feed: World) -> None:
    """D-I: where no worker takes a sync up, the page does not show it as about to run."""
    feed.change(
        Interface,
        feed.interface_id,
        next_due_at=datetime.now(UTC) - timedelta(hours=5),
        last_ok_at=datetime.now(UTC) - timedelta(hours=40),
    )
    assert "No sync for a while" in words(claire.get(page_of(feed)))


def test_the_page_stops_asking_after_a_while(claire: Browser, feed: World) -> None:
    press(claire, feed)
    address = f"{page_of(feed)}/sync?place=page&seen=&asks="
    early, late = (claire.get(f"{address}{asks}", headers=HTMX) for asks in (1, 100))
    last = claire.get(f"{address}200", headers=HTMX)

    assert POLL.search(early.text)[2] == "1"  # type: ignore[index]
    assert POLL.search(late.text)[2] == "4"  # type: ignore[index]
    assert not asks_itself(last)
    assert "Look again" in words(last)


@pytest.mark.parametrize("query", ["place=elsewhere", "place=page&asks=x&seen=%27"])
def test_an_invented_address_breaks_nothing(claire: Browser, feed: World, query: str) -> None:
    answer = claire.get(f"{page_of(feed)}/sync?{query}", headers=HTMX)
    assert answer.status_code in (200, 400)
    assert claire.get(f"{page_of(feed)}/sync").status_code == 303


def test_R32_two_providers_sync_apart_and_a_failure_of_one_stops_only_that_one(
    claire: Browser, feed: World, bank: ScriptedBank, settings: Settings
) -> None:
    other = open_feed(
        feed.database,
        settings,
        feed.engine.registry,
        "fuel",
        label="Fuel cards",
        name="Carte carburant",
        ref="card-1",
    )

    def fail(_page: int) -> None:
        raise SourceUnavailable("away")

    bank.before_page = fail
    for world in (feed, other):
        press(claire, world, "row")
        work(world)
    shown = claire.get(home(feed)).text
    parts = {
        world.interface_id: shown[shown.index(f'id="interface-{world.interface_id}"') :]
        for world in (feed, other)
    }

    assert "Last sync failed" in parts[feed.interface_id].split("</li>")[0]
    assert "Up to date" in parts[other.interface_id].split("</li>")[0]
    assert "1 new" in parts[other.interface_id].split("</li>")[0]


def test_R23_the_planned_next_sync_is_shown_and_differs_from_day_to_day(
    claire: Browser, feed: World
) -> None:
    shown: list[str] = []
    for days in (1, 2, 3):
        moment = NOW + timedelta(days=days)
        feed.change(Interface, feed.interface_id, next_due_at=moment)
        feed.sync_at(moment)
        found = re.search(r"Next sync: [^0-9]*(.+? \d\d:\d\d)", words(claire.get(home(feed))))
        assert found
        shown.append(found[1][-5:])

    assert len(set(shown)) > 1


@pytest.fixture
def queries(feed: World) -> Callable[[Callable[[], object]], int]:
    """Return a function that counts the statements of what it calls."""

    def count(act: Callable[[], object]) -> int:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(feed.database.engine, "before_cursor_execute", note)
        act()
        event.remove(feed.database.engine, "before_cursor_execute", note)
        return len(seen)

    return count


def test_the_list_costs_the_same_for_one_interface_and_for_ten(
    claire: Browser,
    feed: World,
    settings: Settings,
    queries: Callable[[Callable[[], object]], int],
) -> None:
    before = queries(lambda: claire.get(home(feed)))
    for number in range(9):
        open_feed(feed.database, settings, feed.engine.registry, "fuel", ref=f"r{number}")

    assert queries(lambda: claire.get(home(feed))) == before
