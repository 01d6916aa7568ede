"""A made-up group and a household to play with, filled in by ``cardsync up --demo``.

Only into a database that holds no group yet: real data is never mixed with it. What the people
spent comes in through the engine like everybody's transactions, never by hand.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import entry_points

from sqlmodel import Session

from cardsync_sdk.sandbox import ENTRY_POINT_GROUP, Sandbox
from webapp.config import Settings
from webapp.demo.cast import GROUPS, PASSWORD, SUPPORT, DemoGroup, DemoPerson
from webapp.domain.people import Role
from webapp.storage import founding, links, people
from webapp.storage.database import Database
from webapp.storage.passwords import hash_password
from webapp.storage.people import LegalEntity
from webapp.storage.secrets import SecretBox

LOGINS: Sequence[tuple[str, str]] = tuple(
    (person.email, person.about)
    for person in [*(p for group in GROUPS for p in group.people), SUPPORT]
    if person.about
)


def seed(database: Database, settings: Settings) -> bool:
    """Fill an empty database with the demo groups; false where a group exists already."""
    now = datetime.now(UTC)
    password_hash = hash_password(PASSWORD)
    with database.write() as session:
        if people.any_group(session):
            return False
        for group in GROUPS:
            _add_group(session, group, password_hash, now)
        support = founding.add_person(session, _person(SUPPORT, password_hash), None, now)
        founding.grant(session, support, Role.SUPPORT, now)
    return True


def use_sandbox(database: Database, settings: Settings, name: str, address: str) -> None:
    """Point the connector of the practice server ``name`` to where it answers.

    :raises KeyError: if no plugin offers that practice server.
    """
    (point,) = entry_points(group=ENTRY_POINT_GROUP, name=name)
    sandbox: Sandbox = point.load()
    box = SecretBox({key.id: key.key for key in settings.master_keys})
    with database.write() as session:
        links.store_settings(
            session, box, sandbox.connector, sandbox.settings(address), datetime.now(UTC)
        )


def first_steps() -> Sequence[str]:
    """Return the lines ``cardsync up --demo`` prints: who can log in, and what to try first."""
    width = max(len(email) for email, _ in LOGINS)
    return [
        f"Log in with the password  {PASSWORD}  as one of:",
        *(f"  {email:<{width}}  {about}" for email, about in LOGINS),
        "",
        "Try first: log in as claire@faure.example, open Configuration, choose a legal entity and",
        "add a banking interface. The bank is a practice bank; its page says what to type.",
        "What would be sent by e-mail is shown at /dev/mailbox.",
    ]


def _add_group(session: Session, demo: DemoGroup, password_hash: str, now: datetime) -> None:
    group = founding.add_group(session, demo.name, demo.categories, now)
    entities = {
        entity.name: founding.add_entity(
            session,
            LegalEntity(
                group_id=group.id,
                name=entity.name,
                country=entity.country,
                timezone=entity.timezone,
                language=demo.language,
                household=demo.household,
                receipt_from_minor=entity.receipt_from_minor,
                created_at=now,
            ),
        )
        for entity in demo.entities
    }
    for person in demo.people:
        user = founding.add_person(session, _person(person, password_hash), group.id, now)
        for role, place in person.roles:
            if place is None:
                founding.grant(session, user, role, now, group=group)
            else:
                founding.grant(session, user, role, now, entity=entities[place])


def _person(person: DemoPerson, password_hash: str) -> founding.Person:
    return founding.Person(person.name, person.email, person.locale, password_hash)
