"""The log: one line an event, no secret, no line forged from outside."""

import json
import logging
from collections.abc import Iterator

import pytest

from webapp import logs
from webapp.config import Settings


@pytest.fixture(autouse=True)
def root_logger_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_event_is_one_line_with_its_time_level_and_place(capsys) -> None:
    logs.configure(Settings(log_format="json"))
    logging.getLogger("webapp.sync").info("fetched %s rows", 3)
    (event,) = written(capsys)
    assert event["event"] == "fetched 3 rows"
    assert event["level"] == "info"
    assert event["logger"] == "webapp.sync"
    assert str(event["timestamp"]).endswith("Z")


@pytest.mark.parametrize("name", ["password", "client_secret", "access_token", "Authorization"])
def test_what_is_called_a_secret_is_hidden(name: str, capsys) -> None:
    logs.configure(Settings(log_format="json"))
    logging.getLogger("webapp").warning("called the source", extra={name: "hunter2"})
    (event,) = written(capsys)
    assert event[name] == logs.BLOT


def test_what_others_tell_of_each_request_is_left_out(capsys) -> None:
    logs.configure(Settings(log_format="json"))
    logging.getLogger("httpx2").info("GET https://bank.test/?token=hunter2")
    assert written(capsys) == []


def test_an_outsider_cannot_forge_a_line(capsys) -> None:
    logs.configure(Settings(log_format="text"))
    logging.getLogger("webapp").warning("no such page: %s", "/x\n2026 [info] all is well")
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_shows_no_variable(log_format: str, capsys) -> None:
    logs.configure(Settings(log_format=log_format))
    secret = "hunter" + "2"
    try:
        raise ValueError(len(secret))
    except ValueError:
        logging.getLogger("webapp").exception("it broke")
    text = capsys.readouterr().err
    assert "ValueError" in text
    assert "hunter2" not in text
