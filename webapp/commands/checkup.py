"""The checks of ``cardsync doctor``. Each says in words what it found and how to mend it."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import entry_points
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import Engine, Table, insert, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from cardsync_sdk.hookspecs import ENTRY_POINT_GROUP
from cardsync_sdk.registry import discover
from webapp.commands.wording import first_line
from webapp.config import Settings
from webapp.jobs.heartbeat import clock_seen_at, live_workers
from webapp.storage import migrate, notices
from webapp.storage.clock import lease_now
from webapp.storage.database import Database
from webapp.storage.heartbeats import Heartbeat
from webapp.storage.tables import METADATA

SILENT_AFTER = timedelta(minutes=2)
MEBIBYTE = 1024**2
DISK_WARNING_MB = 1024
DISK_PROBLEM_MB = 100


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``remedy`` says what to do, and is empty where all is well."""

    subject: str
    state: State
    text: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every check, in the order in which one leans on another."""
    yield from check_settings(settings)
    yield from check_keys(settings)
    yield from check_database(settings)
    yield from check_redis(settings)
    yield from check_connectors(settings)
    yield from check_mail(settings)
    yield from check_disk(settings)


# Settings and keys


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Look for settings that are each right and wrong together."""
    open_to_others = not _is_loopback(settings.host)
    if open_to_others and settings.demo:
        yield _warning(
            "settings",
            f"The demo logins are public, and HOST={settings.host} lets others in.",
            "Run the demo on 127.0.0.1 only, or start without --demo.",
        )
    if open_to_others and not settings.cookies_are_secure:
        yield _warning(
            "settings",
            "People come in from other machines, but cookies are not kept to HTTPS.",
            "Serve it behind HTTPS and set CARDSYNC_PUBLIC_URL=https://…",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Look whether the keys are there and kept from other people of this machine."""
    folder = settings.folder
    if not settings.master_keys or not settings.secret_key.get_secret_value():
        yield _warning(
            "keys",
            f"There are no keys in {folder.root} yet.",
            "They are made by the first start: cardsync up, or cardsync web.",
        )
        return
    exposed = [
        path
        for path in (folder.secret_key, folder.master_keys)
        if path.exists() and path.stat().st_mode & 0o077
    ]
    for path in exposed:
        yield _warning("keys", f"Other users can read {path}.", f"chmod 600 {path}")
    if not exposed:
        yield _ok("keys", f"{len(settings.master_keys)} for secrets, 1 for cookies and forms.")


# The database, and what is read from it


def check_database(settings: Settings) -> Iterator[Finding]:
    """Look whether the database answers, is migrated, takes writes, and what is in it."""
    missing_file = _missing_file(settings.database_url)
    if missing_file:
        yield _problem(
            "database", f"There is no {missing_file} yet.", "Make it: cardsync db upgrade"
        )
        return
    database = Database(settings.database_url)
    try:
        yield from _look_into(database, settings)
    except SQLAlchemyError as error:
        yield _problem(
            "database",
            f"It does not work: {first_line(error)}",
            "Start the database, or correct DATABASE_URL.",
        )
    finally:
        database.dispose()


def _missing_file(url: str) -> Path | None:
    parts = make_url(url)
    if not parts.drivername.startswith("sqlite") or not parts.database:
        return None
    path = Path(parts.database)
    return None if path.exists() else path


def _look_into(database: Database, settings: Settings) -> Iterator[Finding]:
    if not migrate.is_current(database.engine):
        yield _problem(
            "database", "Its schema is not this version's.", "Bring it there: cardsync db upgrade"
        )
        return
    _write_and_take_back(database.engine)
    name = "SQLite" if database.is_sqlite else "PostgreSQL"
    yield _ok("database", f"{name}, at the newest schema, takes writes.")
    yield from _check_key_ids(database, settings)
    yield _check_clock(database)


def _write_and_take_back(engine: Engine) -> None:
    row = {"process": "doctor", "seen_at": datetime.now(UTC)}
    with engine.connect() as connection:
        connection.execute(insert(Heartbeat), row)
        connection.rollback()


def _check_key_ids(database: Database, settings: Settings) -> Iterator[Finding]:
    """Compare the keys with those the stored secrets were written with."""
    known = {key.id for key in settings.master_keys}
    lost = _key_ids_in_use(database) - known
    if lost:
        yield _problem(
            "keys",
            f"Stored secrets need the keys {', '.join(sorted(lost))}, which are not there.",
            f"Restore {settings.folder.master_keys} from your backup, or add the keys to "
            "CARDSYNC_MASTER_KEYS. Without them each bank has to be connected again.",
        )


def _key_ids_in_use(database: Database) -> set[str]:
    used: set[str] = set()
    with database.engine.connect() as connection:
        for table, name in _encrypted_columns():
            sealed = connection.scalars(select(table.c[name]).where(table.c[name] != ""))
            used |= {text.partition(":")[0] for text in sealed if text}
    return used


def _encrypted_columns() -> Iterator[tuple[Table, str]]:
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_encrypted"):
                yield table, column.name


def _check_clock(database: Database) -> Finding:
    seen_at = clock_seen_at(database)
    with database.read() as session:
        silence = lease_now(session) - seen_at if seen_at else None
    if silence is not None and silence < SILENT_AFTER:
        return _ok("clock", f"Gave a sign of life {int(silence.total_seconds())} s ago.")
    text = f"It has been silent since {seen_at:%Y-%m-%d %H:%M} UTC." if seen_at else "It never ran."
    return _problem("clock", text, "Start it: cardsync clock (or cardsync up)")


# Redis


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Look whether Redis answers, keeps what it is given, and is not open to everybody."""
    if settings.redis_url is None:
        yield _problem(
            "redis", "No Redis is known.", "Set REDIS_URL, or run cardsync up, which has its own."
        )
        return
    client = redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    try:
        yield from _ask_redis(client)
    except RedisError as error:
        yield _problem(
            "redis",
            f"It does not answer: {first_line(error)}",
            "Start Redis, or correct REDIS_URL. Nothing is lost: the database knows what is due.",
        )
    else:
        yield _check_workers(settings.redis_url)
    finally:
        client.close()
    if _anybody_may_write(settings.redis_url):
        yield _warning(
            "redis",
            "It is reached over the network without a password.",
            "Whoever writes into it can start jobs: set a password and TLS, or use a unix socket.",
        )


def _ask_redis(client: redis.Redis) -> Iterator[Finding]:
    client.ping()
    server = client.info("server")
    yield _ok("redis", f"Version {server['redis_version']} answers.")
    memory = client.info("memory")
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        yield _warning(
            "redis",
            f"When full it silently drops jobs (maxmemory-policy {policy}).",
            "Set maxmemory-policy noeviction.",
        )


def _check_workers(redis_url: str) -> Finding:
    names = live_workers(redis_url)
    if names:
        return _ok("worker", f"{len(names)} at work.")
    return _problem("worker", "There is none.", "Start one: cardsync worker (or cardsync up)")


def _anybody_may_write(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "unix" or parts.password:
        return False
    return not _is_loopback(parts.hostname or "localhost")


# Connectors, mail and disk


def check_connectors(settings: Settings) -> Iterator[Finding]:
    """Look whether every enabled plugin can be loaded."""
    # The reason is told below; the traceback is for the log of the running processes.
    logging.getLogger("cardsync_sdk.registry").setLevel(logging.CRITICAL)
    registry = discover(enabled=settings.plugins)
    for plugin in registry.broken:
        yield _problem(
            "connectors",
            f"The plugin {plugin.name} is broken: {plugin.reason}",
            f"Update or remove {plugin.distribution or plugin.name}, or leave it out of "
            "CARDSYNC_PLUGINS.",
        )
    installed = entry_points(group=ENTRY_POINT_GROUP).names
    for name in sorted((settings.plugins or frozenset()) - installed):
        yield _problem(
            "connectors",
            f"CARDSYNC_PLUGINS names {name}, which is not installed.",
            f"Install it, or correct the name. There is: {', '.join(sorted(installed))}.",
        )
    labels = sorted(connector.info.slug for connector in registry.connectors.values())
    if labels:
        yield _ok("connectors", f"{', '.join(labels)}.")
    else:
        yield _problem(
            "connectors", "There is none.", "Install a plugin, and name it in CARDSYNC_PLUGINS."
        )


def check_mail(settings: Settings) -> Iterator[Finding]:
    """Look whether notices of failing interfaces can leave by e-mail; none is sent."""
    if settings.smtp_url is None:
        yield _warning(
            "mail",
            "No mail server is set: admins learn of a failing interface only in the app.",
            "Set CARDSYNC_SMTP_URL and CARDSYNC_MAIL_FROM.",
        )
    elif settings.mail_from is None:
        yield _problem("mail", "No sender is set, so no notice is sent.", "Set CARDSYNC_MAIL_FROM.")
    else:
        yield _look_into_outbox(settings)


def _look_into_outbox(settings: Settings) -> Finding:
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            waiting, error = notices.unsent(session)
    except SQLAlchemyError:
        return _ok("mail", "A mail server is set.")  # the database has a finding of its own
    finally:
        database.dispose()
    if error and waiting:
        return _warning(
            "mail",
            f"{waiting} notices wait; the mail server said: {error}",
            "Correct CARDSYNC_SMTP_URL. They are tried again by themselves for three days.",
        )
    return _ok("mail", f"A mail server is set; {waiting} notices wait.")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Look whether there is room for receipts and the database."""
    folder = settings.instance
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // MEBIBYTE
    text = f"{free_mb / 1024:.1f} GiB free for {settings.instance}."
    if free_mb >= DISK_WARNING_MB:
        yield _ok("disk", text)
        return
    judge: Callable[[str, str, str], Finding] = _warning if free_mb >= DISK_PROBLEM_MB else _problem
    yield judge("disk", text, "Free some space, or move the instance folder to a larger disk.")


def _ok(subject: str, text: str) -> Finding:
    return Finding(subject, State.OK, text)


def _warning(subject: str, text: str, remedy: str) -> Finding:
    return Finding(subject, State.WARNING, text, remedy)


def _problem(subject: str, text: str, remedy: str) -> Finding:
    return Finding(subject, State.PROBLEM, text, remedy)
