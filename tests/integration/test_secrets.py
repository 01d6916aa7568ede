"""Secrets at rest, and what must not be found anywhere: in rows, pages, logs or forms."""

import base64
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import select

from tests.support.needs import REPOSITORY
from tests.support.web import Browser
from webapp import demo, logs
from webapp.config import Settings
from webapp.demo.cast import PASSWORD
from webapp.storage import links
from webapp.storage.database import Database
from webapp.storage.secrets import Cell, SecretBox, SecretUnreadable

LoggedIn = Callable[[str], Browser]
CELL = Cell("interface", "link_encrypted", "row-1", "entity-1")
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def test_a_secret_opens_where_it_was_sealed() -> None:
    box = SecretBox({"old": OLD})

    assert box.open(box.seal("token", CELL), CELL) == "token"


@pytest.mark.parametrize("part", ["table", "column", "row", "entity"])
def test_a_secret_copied_to_another_cell_does_not_open(part: str) -> None:
    box = SecretBox({"old": OLD})
    sealed = box.seal("token", CELL)

    with pytest.raises(SecretUnreadable):
        box.open(sealed, replace(CELL, **{part: "another"}))


def test_the_same_secret_never_looks_the_same_twice() -> None:
    box = SecretBox({"old": OLD})

    assert box.seal("token", CELL) != box.seal("token", CELL)


def test_after_a_rotation_old_secrets_open_and_new_ones_use_the_new_key() -> None:
    sealed_before = SecretBox({"old": OLD}).seal("token", CELL)
    rotated = SecretBox({"new": NEW, "old": OLD})

    assert rotated.open(sealed_before, CELL) == "token"
    assert rotated.seal("token", CELL).startswith("new:")
    with pytest.raises(SecretUnreadable, match="'old' is not configured"):
        SecretBox({"new": NEW}).open(sealed_before, CELL)


def test_an_altered_secret_does_not_open() -> None:
    box = SecretBox({"old": OLD})
    name, _, body = box.seal("token", CELL).partition(":")
    data = bytearray(base64.urlsafe_b64decode(body))
    data[-1] ^= 1
    altered = f"{name}:{base64.urlsafe_b64encode(bytes(data)).decode()}"

    with pytest.raises(SecretUnreadable):
        box.open(altered, CELL)


@pytest.mark.parametrize("keys", [{}, {"short": b"too short"}])
def test_no_box_without_a_whole_key(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(keys)


def everything_in(database: Database) -> str:
    with database.read() as session:
        return "\n".join(
            repr(tuple(row))
            for table in database.metadata.sorted_tables
            for row in session.execute(select(table))
        )


def test_no_secret_lies_open_in_the_database(
    demo_database: Database, settings: Settings, logged_in: LoggedIn
) -> None:
    """Looks at every column of every row for what was given to the application in secret."""
    demo.use_sandbox(demo_database, settings, "budget-insight", "http://127.0.0.1:9")
    token = logged_in("claire").cookie()
    box = SecretBox({key.id: key.key for key in settings.master_keys})
    with demo_database.read() as session:
        connector = links.load_settings(session, box, "budget_insight")
    assert connector["client_secret"], "it can be read by the application"
    assert token

    stored = everything_in(demo_database)

    assert "Claire Fontaine" in stored, "the search works"
    for secret in (PASSWORD, token, connector["client_secret"]):
        assert secret not in stored


def test_a_log_in_leaves_neither_password_nor_cookie_in_the_log(
    logged_in: LoggedIn, stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        token = logged_in("claire").cookie()
        stranger.log_in("claire@faure.example", "a-wrong-secret")

    assert token
    assert "failed log-in" in caplog.text, "something was logged at all"
    for secret in (PASSWORD, token, "a-wrong-secret"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "name", ["password", "access_token", "client_secret", "Cookie", "Authorization", "api_key"]
)
def test_a_value_under_a_telling_name_is_blotted_out(name: str) -> None:
    event = logs.blot_secrets(None, "info", {"event": "asked", name: "s3cr3t"})

    assert "s3cr3t" not in str(event)
    assert event["event"] == "asked"


def test_a_line_break_cannot_forge_a_second_line() -> None:
    event = logs.blot_secrets(None, "info", {"event": "asked for /x\r\n2026 [error] forged"})

    assert "\n" not in event["event"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_in_the_log_shows_no_local_variable(
    settings: Settings, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.configure(settings.model_copy(update={"log_format": form}))
        typed = "".join(["a-secret", "-somebody-typed"])
        try:
            raise ValueError("it broke")
        except ValueError:
            logging.getLogger("test").exception("a page failed")
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()

    written = capsys.readouterr().err
    assert "it broke" in written
    assert typed not in written


def test_only_our_own_people_have_a_password_here(demo_database: Database) -> None:
    """R8: no column and no form of ours ever takes the log-in of a bank."""
    columns = {
        f"{table.name}.{column.name}"
        for table in demo_database.metadata.sorted_tables
        for column in table.columns
        if "password" in column.name or "credential" in column.name
    }
    sources = {
        path.name
        for path in (REPOSITORY / "webapp").rglob("*.py")
        if "PasswordField" in path.read_text(encoding="utf-8")
    }
    templates = [
        path.name
        for path in (REPOSITORY / "templates").rglob("*.html")
        if 'type="password"' in path.read_text(encoding="utf-8")
    ]

    assert columns == {"app_user.password_hash"}
    assert sources == {"auth.py", "setup.py", "invitations.py", "profile.py"}
    assert templates == []
