"""One's own profile, and the legal entity one chose to see."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.import_admin import entity_named, words
from tests.support.office import EPOCH
from tests.support.web import Browser
from webapp.demo.cast import BENELUX, CONSEIL, HOME, LOGISTIQUE, PASSWORD
from webapp.storage import audit
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.people import LegalEntity, User
from webapp.views.throttle import PER_ACCOUNT

LoggedIn = Callable[[str], Browser]
CAMILLE = "camille@faure.example"
NEW = "quatre mots fort calmes"


def english(browser: Browser) -> Browser:
    browser.post("/language", {"language": "en"})
    return browser


def change(browser: Browser, old: str = PASSWORD, new: str = NEW) -> object:
    return browser.post("/profile/password", {"old": old, "password": new})


def actions(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_name_and_language_are_changed(logged_in: LoggedIn, demo_database: Database) -> None:
    browser = logged_in("camille")
    answer = browser.post("/profile", {"name": " Camille Moreau-Petit ", "language": "en"})
    assert answer.status_code == 303

    with demo_database.read() as session:
        user = session.exec(select(User).where(User.email == CAMILLE)).one()
    assert (user.name, user.locale) == ("Camille Moreau-Petit", "en")
    assert "Your profile is saved." in words(browser.get("/profile"))
    assert actions(demo_database)[-1] == "person.changed"
    assert browser.post("/profile", {"name": "", "language": "xx"}).status_code == 422


def test_the_password_is_changed_with_the_old_one_and_other_sessions_end(
    app: Flask, logged_in: LoggedIn, demo_database: Database
) -> None:
    here, elsewhere = english(logged_in("camille")), logged_in("camille")
    assert change(here).status_code == 303  # type: ignore[attr-defined]

    assert here.get("/expenses").status_code == 200
    assert elsewhere.get("/expenses").status_code == 302
    assert Browser(app).log_in(CAMILLE).status_code == 422
    assert Browser(app).log_in(CAMILLE, NEW).status_code == 303
    with demo_database.read() as session:
        stored = session.exec(select(User.password_hash).where(User.email == CAMILLE)).one()
    assert str(stored).startswith("$argon2id$")
    assert "person.password_changed" in actions(demo_database)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("wrong password", NEW, "This is not your password."),
        ("", NEW, "This field is required."),
        (PASSWORD, "short", "It is too short"),
        (PASSWORD, "camille moreau", "mostly a name"),
        (PASSWORD, "aaaaaaaaaaaaaaa", "repeats itself"),
    ],
)
def test_a_wrong_old_or_weak_new_password_changes_nothing(
    app: Flask, logged_in: LoggedIn, old: str, new: str, told: str
) -> None:
    answer = change(english(logged_in("camille")), old, new)

    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert told in words(answer)  # type: ignore[arg-type]
    assert Browser(app).log_in(CAMILLE).status_code == 303


def test_guessing_the_old_password_is_slowed_down_as_at_the_log_in(logged_in: LoggedIn) -> None:
    browser = english(logged_in("camille"))
    for number in range(PER_ACCOUNT.amount):
        assert change(browser, f"wrong guess {number}").status_code == 422  # type: ignore[attr-defined]
    answer = change(browser)

    assert answer.status_code == 429  # type: ignore[attr-defined]
    assert "Too many attempts" in words(answer)  # type: ignore[arg-type]


def test_the_other_sessions_are_listed_and_ended(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    here, elsewhere = english(logged_in("camille")), logged_in("camille")
    page = words(here.get("/profile"))
    assert page.count("last used") == 2
    assert page.count("This browser") == 1
    assert here.post("/profile/sessions/end").status_code == 303

    assert here.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 302
    assert "End the others" not in words(here.get("/profile"))
    assert "login.others_ended" in actions(demo_database)


# The entity switcher


def choose(browser: Browser, database: Database, name: str) -> None:
    wanted = entity_named(database, name) if name else ""
    assert browser.post("/entity", {"entity": wanted, "next": "/audit"}).location == "/audit"


def record(database: Database, *names: str) -> None:
    with database.write() as session:
        for name in names:
            place = session.exec(select(LegalEntity).where(LegalEntity.name == name)).one()
            audit.record(
                session,
                at=EPOCH,
                action="entity.added",
                target_kind="legal_entity",
                target_id=place.id,
                group_id=place.group_id,
                legal_entity_id=place.id,
            )


def trail(browser: Browser) -> set[str]:
    page = browser.get("/audit").text
    return {
        name
        for name in (CONSEIL, LOGISTIQUE, BENELUX)
        if f'<td data-label="Where">{name}</td>' in page
    }


def test_one_legal_entity_is_chosen_and_lists_show_it_and_say_so(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    record(demo_database, CONSEIL, LOGISTIQUE)
    claire = english(logged_in("claire"))
    assert trail(claire) == {CONSEIL, LOGISTIQUE}
    choose(claire, demo_database, LOGISTIQUE)

    assert trail(claire) == {LOGISTIQUE}
    assert f"Only {LOGISTIQUE} is shown" in words(claire.get("/audit"))
    imports = claire.get("/configuration/imports")
    assert imports.location.endswith(entity_named(demo_database, LOGISTIQUE))
    assert CONSEIL in claire.get("/configuration/imports?all=1").text
    other = f"/configuration/imports/{entity_named(demo_database, CONSEIL)}"
    assert claire.get(other).status_code == 200, "a convenience, never a border"
    assert trail(english(logged_in("claire"))) == {CONSEIL, LOGISTIQUE}, "of this session only"
    choose(claire, demo_database, "")
    assert trail(claire) == {CONSEIL, LOGISTIQUE}


def test_R33_choosing_what_is_out_of_reach_chooses_nothing(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    record(demo_database, CONSEIL, LOGISTIQUE)
    claire = english(logged_in("claire"))
    choose(claire, demo_database, HOME)

    assert trail(claire) == {CONSEIL, LOGISTIQUE}


@pytest.mark.parametrize(
    ("name", "offered"),
    [("claire", True), ("philippe", True), ("thomas", False), ("support", False)],
)
def test_only_those_who_reach_several_are_offered_the_choice(
    logged_in: LoggedIn, name: str, offered: bool
) -> None:
    assert ('action="/entity"' in logged_in(name).get("/profile").text) is offered
