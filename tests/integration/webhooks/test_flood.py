"""A flood of webhooks over real HTTP: coalesced, all answered, and the pages stay up (D07)."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from threading import Thread

from flask import Flask
from redis import Redis
from werkzeug.serving import make_server

from tests.support.bell import LINK, Bell
from tests.support.feed import work
from tests.support.ringing_bank import RingingBank, news, signed
from tests.support.world import World
from webapp.domain.interfaces import DueReason
from webapp.domain.webhooks import WebhookFate
from webapp.jobs.doorbell import Doorbell
from webapp.jobs.queue import queue
from webapp.storage.interfaces import Interface
from webapp.sync import links
from webapp.views.services import EXTENSION

THREADS = 8
DELIVERIES = 300
PATIENCE = 30.0


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve the application on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def deliver(port: int, event: str, link: str = LINK) -> int:
    body = news((event, link))
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/hooks/scripted", body, signed(body))
    status = connection.getresponse().status
    connection.close()
    return status


def open_page(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/login")
    status = connection.getresponse().status
    connection.close()
    return status


def test_D07_a_flood_queues_one_job_and_every_answer_is_204(
    app: Flask, bell: Bell, feed: World, redis_url: str
) -> None:
    """A third of the deliveries are repetitions, some are of links that nobody here has."""
    events = [(f"e{n - n % 3 // 2}", LINK if n % 10 else "nobody's") for n in range(DELIVERIES)]
    with served(app) as port, ThreadPoolExecutor(THREADS + 1) as pool:
        answers = pool.map(lambda one: deliver(port, *one), events)
        pages = [pool.submit(open_page, port) for _ in range(3)]
        assert set(answers) == {204}
        assert [page.result() for page in pages] == [200] * 3

    # None, if Redis was too busy to be told in time: the clock rings for the row.
    assert queue(Redis.from_url(redis_url)).count <= 1
    stored = bell.events()
    assert len(stored) == len(set(events))
    rang = [event for event in stored if event.fate == WebhookFate.RANG]
    assert len(rang) == 1
    assert feed.interface().due_reason == DueReason.WEBHOOK
    work(feed)
    work(feed)
    assert len(bell.runs()) == 1


def test_D07_the_same_event_from_many_threads_at_once_is_stored_once(
    app: Flask, bell: Bell
) -> None:
    with served(app) as port, ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _n: deliver(port, "e1"), range(5 * THREADS)))

    assert set(answers) == {204}
    assert bell.fates() == {"e1": "rang"}


def test_D07_a_webhook_is_answered_within_a_second_while_redis_hangs(
    app: Flask, bell: Bell, feed: World
) -> None:
    """The best of three: this machine may be busy with other things, the webhook must not be."""
    took = []
    tomorrow = feed.interface().next_due_at
    with socket.create_server(("127.0.0.1", 0)) as hung:
        deaf = Doorbell(f"redis://127.0.0.1:{hung.getsockname()[1]}")
        app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], doorbell=deaf)
        for event in ("e1", "e2", "e3"):
            feed.change(Interface, feed.interface_id, next_due_at=tomorrow)
            began = time.monotonic()
            assert bell.ring(event) == 204
            took.append(time.monotonic() - began)

    assert min(took) < 1
    assert set(bell.fates().values()) == {"rang"}
    assert feed.interface().due_reason == DueReason.WEBHOOK, "the clock finds it in the row"


def test_webhooks_that_hang_cost_no_page_its_call(app: Flask, bell: Bell) -> None:
    """Each kind of call has places of its own; a full house is told to come again."""
    places = links._webhook_places
    taken = [places.acquire(blocking=False) for _ in range(links.MOST_AT_ONCE)]
    try:
        assert all(taken)
        assert bell.ring("e1") == 500
        assert links._places.acquire(blocking=False)
        links._places.release()
    finally:
        for _ in taken:
            places.release()

    assert bell.ring("e1") == 204


def test_a_connector_that_hangs_is_not_waited_for(
    app: Flask, bell: Bell, bank: RingingBank
) -> None:
    released = socket.socketpair()

    def hang() -> None:
        released[0].recv(1)

    bank.clock = hang  # type: ignore[assignment]
    began = time.monotonic()
    try:
        assert bell.ring("e1") == 500
        assert time.monotonic() - began < 5
    finally:
        for end in released:
            end.close()
    assert bell.events() == []
