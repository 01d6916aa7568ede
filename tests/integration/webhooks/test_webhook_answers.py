"""What a webhook is answered: verified or not, known or not, and nothing in between (D05, D06)."""

import io
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from cardsync_sdk.errors import SourceUnavailable
from tests.support.bell import LINK, Bell
from tests.support.feed import open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.ringing_bank import SECRET, RingingBank, news, signed
from tests.support.scripted_bank import ScriptedBank
from tests.support.world import World
from webapp.config import Settings
from webapp.domain.interfaces import InterfaceState
from webapp.storage import links
from webapp.storage.interfaces import Interface
from webapp.storage.secrets import SecretBox
from webapp.views.services import EXTENSION
from webapp.views.throttle import REFUSED_PER_ADDRESS, Throttle
from webapp.views.webhooks import LARGEST_BODY

NOW = datetime.now(UTC)
BODY = news(("e1", LINK))
LATER = timedelta(minutes=10)

FORGED: dict[str, tuple[bytes, dict[str, str]]] = {
    "no signature": (BODY, {}),
    "an empty signature": (BODY, {**signed(BODY), "X-Bank-Signature": ""}),
    "letters no digest has": (BODY, {**signed(BODY), "X-Bank-Signature": "\u00e9"}),
    "another secret": (BODY, signed(BODY, secret="a guess")),
    "another body": (BODY.replace(b"e1", b"e2"), signed(BODY)),
    "another time": (BODY, {**signed(BODY), "X-Bank-Time": str(int(NOW.timestamp()) + 1)}),
    "too old": (BODY, signed(BODY, at=NOW - LATER)),
    "from the future": (BODY, signed(BODY, at=NOW + LATER)),
    "no time": (BODY, {"X-Bank-Signature": signed(BODY)["X-Bank-Signature"]}),
    "no list of news": (b"[]", signed(b"[]")),
}


def untouched(bell: Bell, before: Interface) -> bool:
    """Say whether nothing was written."""
    return bell.events() == [] and bell.world.interface() == before


@pytest.mark.parametrize("forged", FORGED)
def test_D06_what_is_not_proved_to_be_true_and_fresh_is_401_and_writes_nothing(
    bell: Bell, forged: str
) -> None:
    before = bell.world.interface()
    answer = bell.send(*FORGED[forged])

    assert (answer.status_code, answer.data) == (401, b"")
    assert untouched(bell, before)


def test_D06_a_replay_does_nothing_at_once_and_is_refused_after_ten_minutes(
    bell: Bell, bank: RingingBank
) -> None:
    headers = signed(BODY)
    assert bell.send(BODY, headers).status_code == 204
    once = (bell.events(), bell.world.interface())
    assert bell.send(BODY, headers).status_code == 204
    assert (bell.events(), bell.world.interface()) == once

    bank.clock = lambda: datetime.now(UTC) + LATER
    assert bell.send(BODY, headers).status_code == 401
    assert (bell.events(), bell.world.interface()) == once


def test_D06_a_forger_does_not_fill_the_log_and_does_not_silence_the_bank(
    bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tries = REFUSED_PER_ADDRESS.amount + 10
    assert {bell.ring("e1", secret="a guess") for _ in range(tries)} == {401}

    told = [line for line in caplog.messages if "webhook" in line or "401" in line]
    assert len(told) == REFUSED_PER_ADDRESS.amount
    assert all("bad_signature" in line for line in told)
    assert bell.ring("e2") == 204


def test_D06_without_a_redis_refusals_are_still_counted() -> None:
    throttle = Throttle(None)
    told = [throttle.refused_webhook("::1") for _ in range(REFUSED_PER_ADDRESS.amount + 1)]

    assert told == [True] * REFUSED_PER_ADDRESS.amount + [False]
    assert throttle.refused_webhook("::2")


def test_D05_an_answer_does_not_say_whether_anybody_here_has_the_link(
    bell: Bell, app: Flask, feed: World, settings: Settings, bank: RingingBank
) -> None:
    stopped = {"state": InterfaceState.STOPPED, "link_ref": "stopped", "next_due_at": None}
    open_feed(feed.database, settings, feed.engine.registry, holder=None, ref="card-2", **stopped)
    answers = set()
    for link in (LINK, "stopped", "nobody's", "x" * 5_000, "' OR 1=1"):
        body = news(("e1", link))
        answer = bell.send(body, signed(body))
        kept = {name: value for name, value in answer.headers if name != "X-Request-Id"}
        answers.add((answer.status_code, answer.data, str(sorted(kept.items()))))

    assert len(answers) == 1, answers
    assert answers.pop()[:2] == (204, b"")
    assert [event.fate for event in bell.events()] == ["rang", "ignored", *["parked"] * 3]


def test_D05_a_link_of_nobody_rings_for_nobody(bell: Bell) -> None:
    before = bell.world.interface()
    assert bell.ring("e1", link="nobody's") == 204

    assert bell.world.interface() == before
    assert [event.interface_id for event in bell.events()] == [None]


def test_D05_the_same_ref_at_another_partner_is_another_link(
    bell: Bell, feed: World, settings: Settings
) -> None:
    other = open_feed(
        feed.database, settings, feed.engine.registry, "other", holder=None, ref="card-2",
        link_ref="link-2",
    )  # fmt: skip
    before = other.interface()
    assert bell.ring("e1", link="link-2") == 204

    assert other.interface() == before
    assert bell.fates() == {"e1": "parked"}


class Upset(Exception):
    """Something a plugin did not foresee."""


@pytest.mark.parametrize("fault", [Upset("top-secret"), SourceUnavailable("no keys yet")])
def test_a_connector_that_stumbles_is_500_in_the_log_and_nothing_is_written(
    bell: Bell, bank: RingingBank, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    before = bell.world.interface()
    bank.fault = fault
    answer = bell.send(BODY, signed(BODY))

    assert (answer.status_code, answer.data) == (500, b"")
    assert untouched(bell, before)
    assert "verify_and_parse_webhook" in caplog.text
    assert "top-secret" not in caplog.text


NAMELESS = [("", LINK), ("e1", ""), ("\x00", LINK), ("\ud800", "x")]


@pytest.mark.parametrize(("event", "link"), NAMELESS)
def test_a_hint_that_cannot_be_told_from_others_is_a_bug_of_the_connector(
    bell: Bell, event: str, link: str
) -> None:
    body = news((event, link))

    assert bell.send(body, signed(body)).status_code == 500
    assert bell.events() == []


def test_settings_that_no_key_opens_are_500_and_nothing_is_written(bell: Bell, feed: World) -> None:
    with feed.database.write() as session:
        another = SecretBox({"lost": bytes(range(32))})
        links.store_settings(session, another, "scripted", {"secret": SECRET}, NOW)

    assert bell.ring("e1") == 500
    assert bell.events() == []


def test_the_connector_is_given_its_own_settings_the_path_and_headers_in_lower_case(
    bell: Bell, feed: World, bank: RingingBank
) -> None:
    with feed.database.write() as session:
        links.store_settings(session, feed.engine.secrets, "scripted", {"secret": "of ours"}, NOW)

    assert bell.ring("e1") == 401
    assert bell.send(BODY, signed(BODY, secret="of ours"), "/news/v2").status_code == 204
    path, headers = bank.seen[-1]
    assert path == "news/v2"
    assert headers["x-bank-time"].isdigit()
    assert all(name == name.lower() for name in headers)


@pytest.mark.parametrize("slug", ["scripted", "files", "no-such-connector"])
@pytest.mark.parametrize("path", ["", "/news"])
def test_a_connector_that_has_no_webhooks_is_like_one_that_is_not_there(
    app: Flask, feed: World, slug: str, path: str
) -> None:
    serve(app, registry_of(ScriptedBank()))
    answer = app.test_client().post(f"/hooks/{slug}{path}", data=BODY, headers=signed(BODY))

    assert (answer.status_code, answer.data) == (404, b"")


@dataclass
class Endless(io.RawIOBase):
    """A body that says nothing of its length; ``given`` counts what was read of it."""

    given: int = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.given += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


@pytest.mark.parametrize("slug", ["scripted", "no-such-connector"])
def test_a_large_body_is_refused_before_anything_else(
    app: Flask, bell: Bell, bank: RingingBank, slug: str
) -> None:
    large, largest = b"x" * (LARGEST_BODY + 1), b"x" * LARGEST_BODY
    client = app.test_client()

    assert client.post(f"/hooks/{slug}", data=large).status_code == 413
    assert bank.seen == []
    assert client.post(f"/hooks/{slug}", data=largest).status_code in (401, 404)


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(
    app: Flask, bell: Bell, bank: RingingBank
) -> None:
    body = Endless()
    unknown = {"wsgi.input": body, "wsgi.input_terminated": True}
    environ = create_environ("/hooks/scripted", method="POST") | unknown
    environ.pop("CONTENT_LENGTH", None)
    _, status, _ = run_wsgi_app(app, environ)

    assert status.startswith("413")
    assert body.given < 2 * LARGEST_BODY
    assert bank.seen == []


def test_a_webhook_knows_no_session_and_sets_no_cookie(app: Flask, bell: Bell, feed: World) -> None:
    """A form of another page, sent with somebody's cookies, gets no further than any forger."""
    claire = claires_browser(app, feed.database)
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    form = claire.client.post("/hooks/scripted", data={"news": "e1"}, headers=foreign)
    true = claire.client.post("/hooks/scripted", data=BODY, headers={**foreign, **signed(BODY)})

    assert (form.status_code, true.status_code) == (401, 204)
    assert "Set-Cookie" not in form.headers
    assert "Set-Cookie" not in true.headers


def test_a_body_that_calls_itself_a_form_reaches_the_connector_whole(bell: Bell) -> None:
    headers = {**signed(BODY), "Content-Type": "application/x-www-form-urlencoded"}

    assert bell.send(BODY, headers).status_code == 204


@pytest.mark.parametrize(
    ("public", "address"),
    [
        (None, "http://localhost/hooks/scripted"),
        ("https://cards.example.org", "https://cards.example.org/hooks/scripted"),
    ],
)
def test_the_connectors_page_names_the_address_to_give_to_the_partner(
    app: Flask, feed: World, public: str | None, address: str
) -> None:
    services = app.extensions[EXTENSION]
    settings = services.settings.model_copy(update={"public_url": public, "secure_cookies": False})
    app.extensions[EXTENSION] = replace(services, settings=settings)
    page = words(claires_browser(app, feed.database).get("/configuration/connectors"))

    assert f"{address} Give this address to the partner" in page
    assert page.count("/hooks/") == 1, "of connectors that do not ring none is named"
