"""Settings: what is given is checked, what is left out is made once and kept."""

import base64
import importlib.util
from pathlib import Path

import pytest

from webapp.config import (
    ConfigError,
    Settings,
    load_settings,
    normalise_database_url,
    parse_master_keys,
)

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgresql://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgresql+psycopg://h/db", "postgresql+psycopg://h/db"),
        ("sqlite:////srv/cards.db", "sqlite:////srv/cards.db"),
    ],
)
def test_addresses_of_databases_get_our_driver(given: str, used: str) -> None:
    assert normalise_database_url(given) == used


@pytest.mark.parametrize("given", ["mysql://h/db", "postgresql+asyncpg://h/db", "cards.db", ""])
def test_another_database_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="sqlite:// or postgresql://"):
        normalise_database_url(given)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param(f"new:{KEY}", ["new"], id="with an id"),
        pytest.param(f"new:{KEY} old:{OTHER}", ["new", "old"], id="the first encrypts"),
        pytest.param(f"new:{KEY},old:{OTHER}\n", ["new", "old"], id="commas and lines"),
        pytest.param("", [], id="none"),
    ],
)
def test_master_keys_are_read_in_their_order(text: str, ids: list[str]) -> None:
    assert [key.id for key in parse_master_keys(text)] == ids


def test_a_key_without_an_id_has_one_of_its_own() -> None:
    """A key made anew never passes for the lost one: its id differs."""
    (one,), (other,) = parse_master_keys(KEY), parse_master_keys(OTHER)
    assert one.id
    assert one.id != other.id
    assert parse_master_keys(KEY)[0].id == one.id


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hunter2", id="not base64"),
        pytest.param(base64.b64encode(b"short").decode(), id="too short"),
        pytest.param(f"a:{KEY} a:{OTHER}", id="an id twice"),
    ],
)
def test_a_wrong_master_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"32 random bytes|same id"):
        parse_master_keys(text)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PORT", "eighty", "PORT is wrong: input should be a valid integer"),
        ("PORT", "70000", "PORT is wrong: input should be less than or equal to 65535"),
        ("DATABASE_URL", "mysql://u:hunter2@h/x", "DATABASE_URL is wrong: it must start with"),
        ("CARDSYNC_MASTER_KEYS", "hunter2", "CARDSYNC_MASTER_KEYS is wrong: each key must be"),
        ("CARDSYNC_MASTER_KEY", "hunter2", "CARDSYNC_MASTER_KEYS is wrong: each key must be"),
        ("CARDSYNC_LOG_LEVEL", "loud", "CARDSYNC_LOG_LEVEL is wrong: input should be 'debug'"),
        ("CARDSYNC_PUBLIC_URL", "cards.test", "CARDSYNC_PUBLIC_URL is wrong"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    variable: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDSYNC_INSTANCE", str(tmp_path))
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as raised:
        load_settings()
    assert words in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_missing_driver_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install 'psycopg"):
        load_settings(instance=tmp_path, database_url="postgresql://h/x")


def test_an_empty_variable_is_one_that_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDSYNC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("PORT", "")
    assert load_settings().port == 8000


def test_what_is_left_out_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = load_settings(instance=tmp_path / "instance")
    again = load_settings(instance=tmp_path / "instance")
    assert first.master_keys == again.master_keys
    assert first.secret_key == again.secret_key
    assert first.database_url == f"sqlite:///{tmp_path}/instance/cardsync.db"
    assert first.instance.stat().st_mode & 0o777 == 0o700
    for path in first.instance.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_looking_makes_nothing(tmp_path: Path) -> None:
    settings = load_settings(create=False, instance=tmp_path / "instance")
    assert settings.master_keys == ()
    assert not (tmp_path / "instance").exists()


def test_an_emptied_key_file_is_never_taken_for_a_new_installation(tmp_path: Path) -> None:
    load_settings(instance=tmp_path).folder.master_keys.write_text("")
    with pytest.raises(ConfigError, match="restore it from your backup"):
        load_settings(instance=tmp_path)


def test_no_secret_is_printed() -> None:
    settings = Settings(
        secret_key="hunter1",
        master_keys=f"id:{KEY}",
        database_url="postgresql://u:hunter2@h/x",
        redis_url="redis://:hunter3@h",
    )
    for text in (repr(settings), str(settings), repr(settings.master_keys)):
        assert "hunter" not in text
        assert KEY not in text
        assert "kkkk" not in text


@pytest.mark.parametrize(
    ("values", "secure"),
    [
        ({}, False),
        ({"public_url": "https://cards.test"}, True),
        ({"public_url": "http://cards.test"}, False),
        ({"public_url": "https://cards.test", "secure_cookies": False}, False),
        ({"secure_cookies": True}, True),
    ],
)
def test_cookies_are_kept_to_https_where_people_use_it(
    values: dict[str, object], secure: bool
) -> None:
    assert Settings(**values).cookies_are_secure is secure


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::1", "http://[::1]:8000"),
        ("cards.test", "http://cards.test:8000"),
    ],
)
def test_the_address_as_seen_from_this_machine(host: str, url: str) -> None:
    assert Settings(host=host).local_url == url


@pytest.mark.parametrize(
    "given", ["smtp://mail.test", "smtp://u:p%40ss@mail.test:587", "smtps://mail.test:465"]
)
def test_a_mail_server_is_taken_and_its_password_never_printed(given: str) -> None:
    settings = Settings(smtp_url=given, mail_from="cardsync <no-reply@cards.test>")
    assert settings.smtp_url is not None
    assert settings.smtp_url.get_secret_value() == given
    assert "p%40ss" not in repr(settings)


@pytest.mark.parametrize("given", ["mail.test:587", "http://mail.test", "smtp://", "smtp://h:x"])
def test_what_is_no_mail_server_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match=r"CARDSYNC_SMTP_URL is wrong: it must look like smtp://"):
        load_settings(create=False, smtp_url=given)


@pytest.mark.parametrize("given", ["nobody", "a@b\nBcc: c@d", "@cards.test"])
def test_a_sender_is_an_address(given: str) -> None:
    with pytest.raises(ConfigError, match="CARDSYNC_MAIL_FROM"):
        load_settings(create=False, mail_from=given)
