"""The audit trail: it append-only, whoever writes to it, and each admin sees what is theirs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select

from tests.support.needs import REPOSITORY
from tests.support.web import Browser
from webapp.domain.life import EventKind
from webapp.storage import audit
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.people import LegalEntity, User
from webapp.views.audit import PAGE_SIZE
from webapp.views.wording import AUDIT_ACTIONS

LoggedIn = Callable[[str], Browser]
NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)


def entity(database: Database, name: str) -> LegalEntity:
    with database.read() as session:
        return session.exec(select(LegalEntity).where(LegalEntity.name == name)).one()


def record(database: Database, place: LegalEntity, action: str, **detail: str) -> None:
    with database.write() as session:
        audit.record(
            session,
            at=NOW,
            action=action,
            target_kind="legal_entity",
            target_id=place.id,
            group_id=place.group_id,
            legal_entity_id=place.id,
            **detail,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'nothing.happened'",
        "DELETE FROM audit_event",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(
    demo_database: Database, statement: str
) -> None:
    record(demo_database, entity(demo_database, "Faure Conseil SAS"), "role.granted")
    with pytest.raises(DBAPIError, match="append-only"), demo_database.write() as session:
        session.execute(text(statement))

    with demo_database.read() as session:
        assert [row.action for row in session.exec(select(AuditEvent))] == ["role.granted"]


def test_postgresql_refuses_to_empty_the_trail(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("TRUNCATE audit_event CASCADE"))
    database.dispose()


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("claire", {"Faure Conseil SAS", "Faure Logistique SARL"}),
        ("thomas", {"Faure Logistique SARL"}),
        ("elodie", {"Famille Girard"}),
    ],
)
def test_each_admin_sees_the_entities_they_administer(
    logged_in: LoggedIn, demo_database: Database, name: str, seen: set[str]
) -> None:
    places = ("Faure Conseil SAS", "Faure Logistique SARL", "Famille Girard")
    for place in places:
        record(demo_database, entity(demo_database, place), "entity.added")

    browser = logged_in(name)
    browser.post("/language", {"language": "en"})

    page = browser.get("/audit").text

    assert {place for place in places if f'<td data-label="Where">{place}</td>' in page} == seen


@pytest.mark.parametrize(
    ("name", "status"), [("camille", 403), ("philippe", 403), ("support", 403)]
)
def test_nobody_else_sees_the_trail(logged_in: LoggedIn, name: str, status: int) -> None:
    assert logged_in(name).get("/audit").status_code == status


def test_a_line_says_when_what_who_and_about_whom(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    place = entity(demo_database, "Faure Conseil SAS")
    with demo_database.read() as session:
        camille = session.exec(select(User).where(User.name == "Camille Moreau")).one()
    record(demo_database, place, "attachment.opened", user=camille.id, starts_on="2026-11-02")
    record(demo_database, place, "account.mode_set", mode="reimburse")
    browser = logged_in("claire")
    browser.post("/language", {"language": "en"})

    page = browser.get("/audit").text

    assert "Attached to an employee" in page
    assert "Faure Conseil SAS · Camille Moreau · from 2 Nov 2026" in page
    assert "Faure Conseil SAS · To reimburse" in page
    assert "16 Nov 2026 09:30" in page, "on the clock of the legal entity, in Paris"


def test_the_trail_is_paged_without_losing_or_doubling_a_line(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    place = entity(demo_database, "Faure Logistique SARL")
    total = PAGE_SIZE * 2 + 7
    for number in range(total):
        record(demo_database, place, f"test.number_{number}")  # all at one instant
    browser = logged_in("thomas")
    seen: list[str] = []
    path: str | None = "/audit"
    while path:
        page = browser.get(path).text
        seen += re.findall(r"test\.number_\d+", page)
        older = re.search(r'href="(/audit\?before=[0-9A-Z]{26})"', page)
        path = older[1] if older else None

    assert sorted(seen) == sorted(f"test.number_{number}" for number in range(total))


@pytest.mark.parametrize("before", ["", "'; DROP TABLE audit_event; --", "x" * 5000, "\u00e9"])
def test_a_made_up_page_key_shows_the_first_page(logged_in: LoggedIn, before: str) -> None:
    answer = logged_in("claire").get("/audit", query_string={"before": before})

    assert answer.status_code == 200


def test_every_recorded_action_has_its_words(app: Flask) -> None:
    """An action that the code records but the page cannot name would be shown as a key."""
    recorded = set()
    pattern = re.compile(
        r'"((?:login|group|entity|role|link_visit|interface|account|attachment|connector|report'
        r"|bank_request|expense|help_request|support|person|profile|invitation"
        r'|question|transaction|run)\.[a-z_]+)"'
    )
    for path in (REPOSITORY / "webapp").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.name != "wording.py" and ("audit" in source or "record_login" in source):
            recorded.update(pattern.findall(source))
    # Named by what happened to the transaction.
    recorded |= {f"transaction.{kind}" for kind in (EventKind.MERGED, EventKind.SPLIT)}
    # Columns and routes are written the same way.
    tables = SQLModel.metadata.sorted_tables
    columns = {f"{table.name}.{column.name}" for table in tables for column in table.columns}

    others = (columns | set(app.view_functions)) - set(AUDIT_ACTIONS)

    assert recorded - others == set(AUDIT_ACTIONS)
