"""A feed that fails and works as told, its administrators, and eyes into the outbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from cardsync_sdk.errors import ConnectorError, SourceRejected, SourceUnavailable, UserActionNeeded
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import EPOCH, World, make_world
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.interfaces import InterfaceState
from webapp.domain.people import Role
from webapp.jobs.postman import Post
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.notices import FailureEpisode, Notice
from webapp.storage.people import LegalEntity, RoleGrant, User
from webapp.sync.run import Result
from webapp.views.letters import write_letter

NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)
ERRORS: dict[str, ConnectorError] = {
    "passing": SourceUnavailable("it is down"),
    "needs_user": UserActionNeeded("a consent is over", reason="consent_expired"),
    "rejected": SourceRejected("it is closed"),
}


@dataclass
class Feed:
    """One interface at a bank that does what it is told; ``hours`` is its business time."""

    world: World
    bank: ScriptedBank
    hours: int = 0

    def end(self, how: str) -> Result | None:
        """Let one run end ``ok`` or with one of the ``ERRORS``; who must act has acted before."""

        def misbehave(_page: int) -> None:
            if how != "ok":
                raise ERRORS[how]

        self.bank.before_page = misbehave
        self.hours += 1
        now = NOW + timedelta(hours=self.hours)
        active = {"state": InterfaceState.ACTIVE.value, "next_due_at": now, "as_of": None}
        self.world.change(Interface, self.world.interface_id, **active)
        return self.world.sync_at(now)

    def admin(self, name: str = "Claire", locale: str = "en") -> str:
        """Hire an administrator of the legal entity; returns the e-mail address."""
        email = f"{name.lower()}.{new_id().lower()}@example.org"
        with self.world.database.write() as session:
            group = session.get_one(LegalEntity, self.world.entity_id).group_id
            user = User(group_id=group, email=email, name=name, locale=locale, created_at=EPOCH)
            session.add(user)
            session.flush()
            entity = self.world.entity_id
            grant = {"user_id": user.id, "legal_entity_id": entity, "created_at": EPOCH}
            session.add(RoleGrant(role=Role.ADMIN.value, **grant))
        return email

    def notices(self) -> list[Notice]:
        """Everything in the outbox, the oldest first."""
        with self.world.database.read() as session:
            return list(session.exec(select(Notice).order_by(Notice.id)))  # type: ignore[arg-type]

    def episodes(self) -> list[FailureEpisode]:
        """Every episode, the oldest first."""
        with self.world.database.read() as session:
            rows = session.exec(select(FailureEpisode).order_by(FailureEpisode.id))  # type: ignore[arg-type]
            return list(rows)

    def make_due(self) -> None:
        """Let the time pass until everything unsent is due."""
        with self.world.database.write() as session:
            for notice in session.exec(select(Notice)):
                notice.due_at = EPOCH


def failing_feed(database: Database) -> Feed:
    """Make a world whose bank has one purchase."""
    bank = ScriptedBank([purchase("a")])
    return Feed(make_world(database, bank.connector()), bank)


@contextmanager
def postal_service(database: Database, settings: Settings, server_url: str) -> Iterator[Post]:
    """Give a post whose letters are those of the application."""
    app = create_app(settings, database=database)
    with app.test_request_context(base_url=settings.base_url):
        yield Post(server_url, "cardsync <no-reply@example.org>", write_letter)
