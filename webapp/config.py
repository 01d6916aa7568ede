"""The settings of an installation, read once from the environment.

``DATABASE_URL``, ``REDIS_URL``, ``HOST`` and ``PORT`` keep their usual names; all else is
``CARDSYNC_*``. ``docs/operations.md`` explains each one.
"""

import base64
import binascii
import hashlib
import importlib.util
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from webapp.paths import InstanceFolder, read_or_create_private

KEY_BYTES = 32
POSTGRESQL_DRIVER = "postgresql+psycopg://"


class ConfigError(Exception):
    """A setting is missing or wrong; the text names it and says what it must be."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key for the connectors' secrets; only its ``id`` is stored beside what it encrypts."""

    id: str
    key: bytes = field(repr=False)


def normalise_database_url(url: str) -> str:
    """Return ``url`` with the driver cardsync uses; ``postgres://`` is taken as PostgreSQL.

    :raises ValueError: if it is neither SQLite nor PostgreSQL.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return POSTGRESQL_DRIVER + rest
    if separator and scheme == "sqlite":
        return url
    raise ValueError("it must start with sqlite:// or postgresql://")


def parse_master_keys(text: str) -> tuple[MasterKey, ...]:
    """Read keys written ``id:base64`` or ``base64``, separated by spaces, commas or new lines.

    The first encrypts; all decrypt. A key without an id is given one made of its digest.

    :raises ValueError: for a key that is not 32 bytes in base64, or an id used twice.
    """
    keys = tuple(_parse_master_key(word) for word in text.replace(",", " ").split())
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("two keys have the same id")
    return keys


def _parse_master_key(word: str) -> MasterKey:
    id_, _, encoded = word.rpartition(":")
    try:
        key = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"each key must be {KEY_BYTES} random bytes in base64")
    return MasterKey(id_ or hashlib.sha256(b"cardsync master key" + key).hexdigest()[:8], key)


def _master_keys(value: object) -> object:
    return parse_master_keys(value) if isinstance(value, str) else value


def _names(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _absolute(value: object) -> object:
    return Path(value).expanduser().absolute() if isinstance(value, str | Path) else value


def _mail_server(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value.get_secret_value())
        usable = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port or 1) > 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise ValueError("it must look like smtp://user:password@host:587 or smtps://…:465")
    return value


def _default_database(data: dict[str, Any]) -> str:
    return f"sqlite:///{InstanceFolder(data['instance']).database}" if "instance" in data else ""


class Settings(BaseSettings):
    """Every setting of an installation. Values are checked; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix="CARDSYNC_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    instance: Annotated[Path, BeforeValidator(_absolute)] = Field(
        Path("instance"), validate_default=True
    )
    database_url: Annotated[str, BeforeValidator(normalise_database_url)] = Field(
        default_factory=_default_database, validation_alias="DATABASE_URL", repr=False
    )
    redis_url: str | None = Field(None, validation_alias="REDIS_URL", repr=False)
    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8000, validation_alias="PORT", ge=1, le=65535)
    secret_key: SecretStr = SecretStr("")
    master_keys: Annotated[tuple[MasterKey, ...], NoDecode, BeforeValidator(_master_keys)] = Field(
        (),
        validation_alias=AliasChoices("CARDSYNC_MASTER_KEYS", "CARDSYNC_MASTER_KEY"),
        repr=False,
    )
    public_url: str | None = Field(None, pattern=r"^https?://[^/]+$")
    secure_cookies: bool | None = None
    trusted_proxies: int = Field(0, ge=0, le=10)
    plugins: Annotated[frozenset[str] | None, NoDecode, BeforeValidator(_names)] = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    max_upload_mb: int = Field(15, ge=1, le=200)
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(8, ge=1, le=64)
    sync_threads: int = Field(32, ge=1, le=256)
    sync_memory_mb: int = Field(1024, ge=0)
    demo: bool = False
    smtp_url: Annotated[SecretStr | None, AfterValidator(_mail_server)] = None
    mail_from: str | None = Field(None, pattern=r"^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$", max_length=200)

    @cached_property
    def folder(self) -> InstanceFolder:
        """Return the places inside the instance folder."""
        return InstanceFolder(self.instance)

    @property
    def cookies_are_secure(self) -> bool:
        """Say whether cookies are for HTTPS only: as set, else when the public address is HTTPS."""
        if self.secure_cookies is not None:
            return self.secure_cookies
        return (self.public_url or "").startswith("https://")

    @property
    def local_url(self) -> str:
        """Return the address of the web process as seen from this machine."""
        host = "127.0.0.1" if self.host in ("", "0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Return the address that messages lead people to, without a slash at its end."""
        return self.public_url or self.local_url


def load_settings(*, create: bool = True, **overrides: Any) -> Settings:
    """Read the environment, then the instance folder for what the environment leaves out.

    The two kinds of keys are generated once into the instance folder, outside the database,
    unless ``create`` is false. ``redis_url`` falls back to the Redis of a running ``cardsync up``.

    :raises ConfigError: if a setting is wrong.
    """
    try:
        settings = Settings(**overrides)
        _require_driver(settings.database_url)
        return settings.model_copy(update=_from_instance(settings, create=create))
    except ValidationError as error:
        raise ConfigError(_in_words(error)) from None
    except OSError as error:
        raise ConfigError(
            f"the instance folder {settings.instance} cannot be used: {error.strerror}. "
            "Give its owner the right to write, or set CARDSYNC_INSTANCE to another folder."
        ) from error


def _require_driver(database_url: str) -> None:
    if database_url.startswith(POSTGRESQL_DRIVER) and importlib.util.find_spec("psycopg") is None:
        raise ConfigError(
            "DATABASE_URL names a PostgreSQL database, but its driver is not installed. "
            "Install it: pip install 'psycopg[binary]>=3.3'"
        )


def _from_instance(settings: Settings, *, create: bool) -> dict[str, object]:
    found: dict[str, object] = {}
    folder = settings.folder
    if create:
        folder.create()
    if not settings.secret_key.get_secret_value() and (create or folder.secret_key.exists()):
        key = read_or_create_private(folder.secret_key, secrets.token_urlsafe(KEY_BYTES))
        found["secret_key"] = SecretStr(key)
    if not settings.master_keys and (create or folder.master_keys.exists()):
        fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        found["master_keys"] = _master_keys_of(folder, fresh)
    if settings.redis_url is None and folder.redis_url.exists():
        found["redis_url"] = folder.redis_url.read_text(encoding="utf-8").strip() or None
    return found


def _master_keys_of(folder: InstanceFolder, fresh: str) -> tuple[MasterKey, ...]:
    try:
        keys = parse_master_keys(read_or_create_private(folder.master_keys, fresh))
    except ValueError as error:
        raise ConfigError(f"{folder.master_keys} cannot be used: {error}.") from None
    if not keys:
        raise ConfigError(f"{folder.master_keys} is empty: restore it from your backup.")
    return keys


def _in_words(error: ValidationError) -> str:
    """Say which variables are wrong and why, without repeating their values."""
    sentences = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else "a setting"
        if name in Settings.model_fields:
            name = f"CARDSYNC_{name.upper()}"
        reason = problem["msg"].removeprefix("Value error, ")
        sentences.append(f"{name} is wrong: {reason[:1].lower()}{reason[1:].rstrip('.')}.")
    return " ".join(sentences)
