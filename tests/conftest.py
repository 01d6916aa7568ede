"""Fixtures for every test: real databases, a real Redis, a browser, and no way out of the machine.

``database`` and ``database_url`` run a test twice, on SQLite and on PostgreSQL; ask for
``sqlite_url`` or ``postgres_url`` where one of them is the point. Each test gets a fresh database.
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis

from tests.support.databases import PostgresTemplate, SqliteTemplate
from tests.support.loopback import close_the_outside
from tests.support.postgres import running_postgres
from tests.support.redis_server import running_redis
from tests.support.scratch import scratch_folder
from webapp.config import Settings
from webapp.storage.database import Database

# How long a drawn example takes says how busy the machine is, and nothing of the rule.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")

OUR_VARIABLES = ("DATABASE_URL", "REDIS_URL", "HOST", "PORT")


def pytest_configure() -> None:
    """Shut the outside, and forget the settings of whoever runs the tests."""
    close_the_outside()
    for name in list(os.environ):
        if name in OUR_VARIABLES or name.startswith("CARDSYNC_"):
            del os.environ[name]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """Run one Redis for this test process; its address names no database."""
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def session_redis_url(redis_server: str) -> str:
    """Return a Redis database that lasts the session, for servers that outlive a test."""
    return f"{redis_server}?db=1"


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """Return an empty Redis database."""
    url = f"{redis_server}?db=0"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[SqliteTemplate]:
    """Migrate one SQLite file to copy."""
    with scratch_folder() as folder:
        yield SqliteTemplate(folder)


@pytest.fixture(scope="session")
def postgres_template(worker_id: str) -> Iterator[PostgresTemplate]:
    """Migrate one PostgreSQL database to copy."""
    with running_postgres() as maintenance_url:
        template = PostgresTemplate(maintenance_url, worker_id)
        yield template
        template.close()


@pytest.fixture
def sqlite_url(sqlite_template: SqliteTemplate) -> Iterator[str]:
    """Return a fresh, migrated SQLite database."""
    with scratch_folder() as folder:
        yield sqlite_template.create(folder)


@pytest.fixture
def postgres_url(postgres_template: PostgresTemplate) -> Iterator[str]:
    """Return a fresh, migrated PostgreSQL database."""
    name = postgres_template.create()
    yield postgres_template.url_of(name)
    postgres_template.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Run the test on each database: a fresh, migrated one."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open the fresh database, once on SQLite and once on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Return the settings of an installation of its own, on each database."""
    return Settings(
        instance=tmp_path / "instance",
        database_url=database_url,
        redis_url=redis_url,
        secret_key="a secret key for tests only",
        master_keys=base64.b64encode(b"a master key for the tests only!").decode(),
    )


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], request: pytest.FixtureRequest
) -> dict[str, Any]:
    """Launch the Chromium of this machine, unless the command line chose a channel."""
    if browser_type_launch_args.get("channel"):
        return browser_type_launch_args
    from tests.support.browser import chromium_for

    playwright = request.getfixturevalue("playwright")
    return {**browser_type_launch_args, "executable_path": chromium_for(playwright)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Browse as a person in Paris, on a laptop's screen."""
    return {
        **browser_context_args,
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "viewport": {"width": 1280, "height": 900},
    }
