"""The first administrator: one link, used once, that founds group, entity and person (R7)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from sqlmodel import SQLModel, select

from tests.support.web import TOKEN, Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.setup import first_admin_link
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Category
from webapp.storage.people import Group, LegalEntity, OneTimeToken, RoleGrant, User

ANSWERS = {
    "kind": "company",
    "entity": "Atelier Nord SARL",
    "group": "",
    "country": "BE",
    "currency": "EUR",
    "timezone": "Europe/Brussels",
    "language": "fr",
    "name": "Inès Caron",
    "email": "Ines@Nord.example",
    "password": "trois mots tranquilles",
}


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    """Build the application of an empty installation."""
    return create_app(settings, database=database)


@pytest.fixture
def path(database: Database, settings: Settings) -> str:
    link = first_admin_link(database, settings)
    assert link is not None
    return urlsplit(link).path


def rows(database: Database, table: type[SQLModel]) -> list[SQLModel]:
    with database.read() as session:
        return list(session.exec(select(table)).all())


def send(browser: Browser, path: str, **changes: str) -> int:
    return browser.post(path, {**ANSWERS, **changes}).status_code


def test_the_link_founds_everything_and_logs_in(
    stranger: Browser, database: Database, path: str
) -> None:
    assert stranger.get(path).status_code == 200

    answer = stranger.post(path, ANSWERS)

    assert (answer.status_code, answer.location) == (303, "/")
    assert stranger.get("/audit").status_code == 200, "logged in, as an administrator"
    (group,) = rows(database, Group)
    (entity,) = rows(database, LegalEntity)
    (user,) = rows(database, User)
    (grant,) = rows(database, RoleGrant)
    assert (group.name, entity.name) == ("Atelier Nord SARL", "Atelier Nord SARL")
    assert (entity.country, entity.timezone, entity.currency) == ("BE", "Europe/Brussels", "EUR")
    assert (user.email, user.locale) == ("ines@nord.example", "fr")
    assert (grant.role, grant.group_id, grant.legal_entity_id) == ("admin", group.id, None)
    assert {row.ledger_account for row in rows(database, Category)} > {"625100", "625700"}


def test_a_household_is_a_group_of_one_entity(
    stranger: Browser, database: Database, path: str
) -> None:
    assert send(stranger, path, kind="household", entity="Famille Caron") == 303

    (entity,) = rows(database, LegalEntity)
    assert entity.household
    assert "groceries" in {row.code for row in rows(database, Category)}


def test_the_group_may_have_a_name_of_its_own(
    stranger: Browser, database: Database, path: str
) -> None:
    assert send(stranger, path, group="Groupe Nord") == 303

    assert [row.name for row in rows(database, Group)] == ["Groupe Nord"]


def test_the_link_works_once(app: Flask, stranger: Browser, path: str) -> None:
    assert send(stranger, path) == 303

    another = Browser(app)
    assert another.get(path).status_code == 404
    assert send(another, path) == 404


def test_an_older_link_stops_when_a_new_one_is_made(
    stranger: Browser, database: Database, settings: Settings, path: str
) -> None:
    assert first_admin_link(database, settings) is not None

    assert stranger.get(path).status_code == 404


def test_the_link_ends_after_two_days(stranger: Browser, path: str) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49)):
        assert stranger.get(path).status_code == 404
        assert send(stranger, path) == 404


def test_nobody_is_invited_once_a_group_exists(
    stranger: Browser, database: Database, settings: Settings, path: str
) -> None:
    send(stranger, path)

    assert first_admin_link(database, settings) is None


def test_the_database_keeps_no_link(database: Database, path: str) -> None:
    (row,) = rows(database, OneTimeToken)

    assert path.rpartition("/")[2] not in row.model_dump().values()


def test_the_link_names_the_public_address(database: Database, settings: Settings) -> None:
    public = settings.model_copy(update={"public_url": "https://cards.example"})

    assert str(first_admin_link(database, public)).startswith("https://cards.example/setup/")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("entity", "", "This field is required."),
        ("email", "not an address", "This is not an e-mail address"),
        ("password", "short", "It is too short"),
        ("password", "aaaaaaaaaaaaaa", "repeats itself"),
        ("password", "Atelier Nord 12", "mostly a name"),
        ("timezone", "Mars/Olympus", "Not a valid choice."),
        ("currency", "XXX", "Not a valid choice."),
    ],
)
def test_a_wrong_answer_is_marked_and_nothing_is_stored(
    stranger: Browser, database: Database, path: str, field: str, value: str, message: str
) -> None:
    answer = stranger.post(path, {**ANSWERS, field: value})

    assert answer.status_code == 422
    assert message in answer.text
    assert rows(database, Group) == []
    assert TOKEN.search(answer.text), "the form can be sent again"


def test_what_was_founded_is_audited(stranger: Browser, database: Database, path: str) -> None:
    send(stranger, path)

    actions = [row.action for row in rows(database, AuditEvent)]
    assert actions == ["group.founded", "entity.added", "role.granted", "login.succeeded"]
