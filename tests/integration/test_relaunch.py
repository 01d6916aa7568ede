"""Relaunching a sync by its state icon (R53, R68, R71, D-H, D-I)."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlmodel import col, select

from cardsync_sdk.errors import RateLimited
from tests.support.feed import open_feed, registry_of, serve, work
from tests.support.import_admin import claires_browser, words
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import HTMX, Browser
from tests.support.world import World
from webapp.config import Settings
from webapp.domain.interfaces import DueReason
from webapp.domain.schedule import planned_at
from webapp.jobs.asking import (
    Answer,
    Asked,
    Demand,
    Joined,
    Later,
    NotPossible,
    Obstacle,
    ask_for_sync,
    clean,
)
from webapp.jobs.clock import Clock
from webapp.jobs.doorbell import Doorbell
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.runs import SyncRun

NOW = datetime.now(UTC)


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank([purchase(name, day=NOW.date()) for name in ("a", "b", "c")])


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: ScriptedBank) -> World:
    """A card of Faure Conseil fed by the bank; nothing is due before tomorrow."""
    registry = registry_of(bank)
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


def demand(feed: World, why: str = "", at: datetime = NOW, user: str | None = None) -> Demand:
    with feed.database.read() as session:
        entity = session.get_one(LegalEntity, feed.entity_id)
    return Demand(feed.interface_id, entity, user or feed.user_id, at, why)


def ask(feed: World, **values: object) -> Answer:
    answer = ask_for_sync(
        feed.database,
        feed.engine.registry,
        lambda: True,
        demand(feed, **values),  # type: ignore[arg-type]
    )
    assert answer is not None
    return answer


def runs(feed: World) -> list[SyncRun]:
    with feed.database.read() as session:
        query = select(SyncRun).where(SyncRun.interface_id == feed.interface_id)
        return list(session.exec(query.order_by(col(SyncRun.started_at), col(SyncRun.id))))


def audited(feed: World) -> list[str]:
    with feed.database.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.target_id == feed.interface_id)
        return list(session.exec(query.order_by(col(AuditEvent.id))))


# What is asked


def test_R53_a_demand_makes_one_run_which_keeps_who_asked_and_why(feed: World) -> None:
    assert ask(feed, why="  the purchase\nof Tuesday ") == Asked(heard=True)
    work(feed)

    (run,) = runs(feed)
    assert (run.trigger, run.asked_by, run.outcome) == ("demand", feed.user_id, "ok")
    assert run.asked_why == "the purchase of Tuesday"
    assert run.n_new == 3
    assert audited(feed) == ["interface.sync_asked"]


def test_R71_a_second_press_joins_the_run_that_is_due_and_the_one_that_runs(
    feed: World, bank: ScriptedBank
) -> None:
    answers: list[object] = [ask(feed), ask(feed)]
    bank.before_page = lambda _page: answers.append(ask(feed))
    work(feed)
    work(feed)

    assert answers == [Asked(heard=True), Joined(), Joined()]
    assert [run.trigger for run in runs(feed)] == ["demand"]
    assert audited(feed) == ["interface.sync_asked", *["interface.sync_joined"] * 2]


def test_R71_F15_two_people_at_the_same_moment_ask_once(feed: World) -> None:
    start, answers = Barrier(2), []

    def press() -> None:
        start.wait()
        answers.append(ask(feed))

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(type(answer).__name__ for answer in answers) == ["Asked", "Joined"]


def test_a_demand_joins_a_night_that_is_due_and_leaves_it_a_night(feed: World) -> None:
    feed.change(Interface, feed.interface_id, next_due_at=NOW - timedelta(seconds=1))

    assert ask(feed) == Joined()
    work(feed)
    assert [run.trigger for run in runs(feed)] == ["schedule"]


@pytest.mark.parametrize("hour", [0, 1, 6, 14, 23])
def test_R22_a_demand_neither_brings_a_night_forward_nor_doubles_it(feed: World, hour: int) -> None:
    """Demands at any hour of ten days: one scheduled run each night, as without them."""
    first = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) + timedelta(days=2)
    planned = planned_at(first.date(), ZoneInfo("Europe/Paris"), feed.interface_id)
    feed.change(Interface, feed.interface_id, next_due_at=planned)
    nights: list[datetime] = []
    for day in range(10):
        events = [("demand", first + timedelta(days=day, hours=hour))]
        events += [("clock", first + timedelta(days=day, minutes=10 * n)) for n in range(144)]
        for kind, moment in sorted(events, key=lambda event: event[1]):
            if kind == "demand":
                ask(feed, at=moment)
            due, reason = feed.interface().next_due_at, feed.interface().due_reason
            if due is not None and due <= moment:
                feed.sync_at(moment)
                nights += [moment] if reason == DueReason.SCHEDULE else []
    days = [night.date() for night in nights]

    assert len(days) == len(set(days)) == 10


OBSTACLES = {
    "needs_user": Obstacle.NEEDS_USER,
    "rejected": Obstacle.REJECTED,
    "stopped": Obstacle.STOPPED,
    "incomplete": Obstacle.INCOMPLETE,
}


@pytest.mark.parametrize("state", OBSTACLES)
def test_an_interface_that_needs_a_person_cannot_be_relaunched(feed: World, state: str) -> None:
    feed.change(Interface, feed.interface_id, state=state, next_due_at=None)

    assert ask(feed) == NotPossible(OBSTACLES[state])
    assert feed.interface().next_due_at is None
    assert audited(feed) == []


def test_files_have_nothing_to_relaunch(feed: World) -> None:
    feed.change(Interface, feed.interface_id, connector="files")
    assert ask(feed) == NotPossible(Obstacle.BY_FILE)


def test_a_connector_that_is_not_installed_is_said(feed: World) -> None:
    feed.change(Interface, feed.interface_id, connector="gone")
    assert ask(feed) == NotPossible(Obstacle.NO_CONNECTOR)


def test_DH_when_the_quota_is_used_up_a_click_says_when_it_will_run(
    feed: World, bank: ScriptedBank, claire: Browser
) -> None:
    until = NOW + timedelta(hours=3)

    def refuse(_page: int) -> None:
        raise RateLimited("quota", until=until)

    bank.before_page = refuse
    ask(feed)
    work(feed)
    planned = feed.interface().next_due_at
    assert planned is not None

    assert ask(feed) == Later(planned, nightly=False)
    answer = claire.post(f"{page_of(feed)}/sync", {"place": "page"}, headers=HTMX)
    assert "next possible on" in words(answer)
    assert "The sync runs by itself then" in words(answer)
    assert feed.interface().next_due_at == planned


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", ""), ("  a\n b\t", "a b"), ("x" * 300, "x" * 200), ("bell\x07", "bell")],
)
def test_a_reason_is_kept_as_one_line(typed: str, kept: str) -> None:
    assert clean(typed) == kept


# The doorbell


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()
        held: list[socket.socket] = []

        def hold() -> None:
            server.settimeout(0.1)
            while not stop.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = Thread(target=hold, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        stop.set()
        thread.join()
        for one in held:
            one.close()


def refused_redis() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


@pytest.mark.parametrize("kind", ["silent", "refused"])
def test_F07_without_a_redis_the_page_answers_soon_and_the_clock_rings(
    feed: World, app: Flask, claire: Browser, kind: str, silent_redis: str
) -> None:
    url = silent_redis if kind == "silent" else refused_redis()
    parts = app.extensions["cardsync"]
    app.extensions["cardsync"] = type(parts)(
        parts.settings,
        parts.database,
        parts.secrets,
        parts.registry,
        Doorbell(url),
        parts.throttle,
    )
    token = claire.token()
    begun = time.monotonic()
    claire.get(page_of(feed))
    usual = time.monotonic() - begun
    begun = time.monotonic()
    answer = claire.post(f"{page_of(feed)}/sync", {"place": "page"}, token=token, headers=HTMX)
    took = time.monotonic() - begun

    assert answer.status_code == 200
    assert "Sync is asked for" in words(answer)
    rung: list[int] = []
    Clock(feed.database, lambda due: not rung.append(due)).tick(datetime.now(UTC))
    assert rung == [1]
    assert took < 1 + usual, "what a page takes on this machine, and a second for the dead Redis"
