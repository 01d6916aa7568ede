"""Play a storm from its beginning to the verdict."""

import base64
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.chaos.child import FENCE_ENVIRONMENT
from tests.support.chaos.control import Control
from tests.support.chaos.fleet import KEY, Fleet
from tests.support.chaos.judge import judge, keep_watch
from tests.support.chaos.person import Person
from tests.support.chaos.servers import OwnRedis
from tests.support.chaos.setting import furnish
from tests.support.chaos.storm import Report, Storm
from tests.support.installation import until
from tests.support.ports import free_port
from tests.support.postgres import restartable_postgres
from webapp.config import Settings, normalise_database_url
from webapp.storage import migrate
from webapp.storage.database import Database

REFS = [f"c{number}" for number in range(8)]
LEASE_SECONDS = 2.5
PROCESSES = ("worker", "worker", "clock", "clock", "web")
START_SECONDS = 60
MASTER_KEY = base64.b64encode(KEY).decode()


@dataclass(frozen=True)
class Stage:
    """A new installation with nothing running yet; ``restart``: of a database that is a server."""

    folder: Path
    database: Database
    redis: OwnRedis
    fleet: Fleet
    settings: Settings
    restart: Callable[[], None] | None = None


def settings_for(folder: Path, database_url: str, redis_url: str) -> Settings:
    """Return the settings of an installation of its own in ``folder``."""
    return Settings(
        instance=folder / "instance",
        database_url=database_url,
        redis_url=redis_url,
        port=free_port(),
        master_keys=MASTER_KEY,
    )


@contextmanager
def stage(kind: str, folder: Path, *, lease_seconds: float = LEASE_SECONDS) -> Iterator[Stage]:
    """Give an installation on ``kind`` (``sqlite`` or ``postgresql``); in the end all is killed."""
    with _database(kind, folder) as (url, restart):
        migrate.upgrade(url)
        redis = OwnRedis(folder / "redis")
        settings = settings_for(folder, url, redis.url)
        database = Database(url)
        fleet = Fleet(folder, settings, lease_seconds)
        try:
            yield Stage(folder, database, redis, fleet, settings, restart)
        finally:
            fleet.close()
            redis.close()
            database.dispose()


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, Callable[[], None] | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'cardsync.db'}", None
        return
    with restartable_postgres() as cluster:
        yield normalise_database_url(cluster.url), cluster.restart


def play(kind: str, folder: Path, *, seconds: float, seed: int, fence: bool = True) -> Report:
    """Let a storm of ``seconds`` blow over a new installation and judge what is left.

    :param fence: false to take the fence out of the workers, to see what it keeps out.
    """
    draw = random.Random(seed)
    with stage(kind, folder) as scene:
        feeds = furnish(scene.database, scene.settings, REFS)
        keep_watch(scene.database)
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        control = Control(seed, yesterday.isoformat(), 1.5 * LEASE_SECONDS)
        control.write(scene.fleet.control)
        scene.fleet.start(*PROCESSES, **({} if fence else {FENCE_ENVIRONMENT: "1"}))
        person = Person(scene.settings.local_url, feeds, random.Random(seed))
        assert until(person.press, START_SECONDS), scene.fleet.log.read_text(encoding="utf-8")
        storm = Storm(
            scene.fleet,
            scene.redis,
            scene.database,
            control,
            person,
            draw,
            Report(seed, kind, seconds),
            LEASE_SECONDS,
            scene.restart,
        )
        person.presses = person.answered = 0
        storm.blow(seconds)
        storm.become_calm()
        person.close()
        storm.report.damage = judge(scene.database, storm.control, feeds)
        return storm.report
