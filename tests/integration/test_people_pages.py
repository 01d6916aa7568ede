"""People, roles and invitations: nobody gives beyond what they administer, nobody is locked out."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.import_admin import entity_named, words
from tests.support.office import Office
from tests.support.web import Browser
from webapp.demo.cast import CONSEIL, HOME, LOGISTIQUE
from webapp.demo.cast import PASSWORD as DEMO_PASSWORD
from webapp.storage.accounts import Account, Attachment
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.people import LegalEntity, OneTimeToken, RoleGrant, User

LoggedIn = Callable[[str], Browser]
PEOPLE = "/configuration/people"
PASSWORD = "quatre mots fort calmes"


@pytest.fixture
def enter(logged_in: LoggedIn) -> LoggedIn:
    """Return a function that logs somebody in and speaks English."""

    def do(name: str) -> Browser:
        browser = logged_in(name)
        browser.post("/language", {"language": "en"})
        return browser

    return do


def user_of(database: Database, name: str) -> User:
    with database.read() as session:
        return session.exec(select(User).where(User.name == name)).one()


def page_of(database: Database, name: str) -> str:
    return f"{PEOPLE}/{user_of(database, name).id}"


def grants(database: Database, name: str) -> set[tuple[str, str | None]]:
    user = user_of(database, name)
    with database.read() as session:
        rows = session.exec(select(RoleGrant).where(RoleGrant.user_id == user.id)).all()
        return {(row.role, row.legal_entity_id) for row in rows}


def actions(database: Database) -> list[str]:
    with database.read() as session:
        found = list(session.exec(select(AuditEvent.action).order_by(AuditEvent.id)))
    return [one for one in found if one != "login.succeeded"]


def somebody(database: Database, **changes: str) -> dict[str, str]:
    return {
        "name": "Inès Caron",
        "email": "Ines@Faure.example",
        "language": "fr",
        "role": "employee",
        "place": f"entity:{entity_named(database, CONSEIL)}",
        **changes,
    }


def invitation_in(text: str) -> str:
    found = re.search(r"/invitation/[\w-]{20,}", text)
    assert found, "no invitation on the page"
    return found[0]


# Who is seen


@pytest.mark.parametrize(
    ("name", "seen", "unseen"),
    [
        ("claire", {"Camille Moreau", "Nicolas Roche", "Thomas Lemaire"}, {"Paul Girard"}),
        ("thomas", {"Nicolas Roche", "Maxime Petit", "Claire Fontaine"}, {"Camille Moreau"}),
        ("elodie", {"Paul Girard"}, {"Camille Moreau", "Sam Rivers"}),
    ],
)
def test_R33_each_administrator_sees_the_people_of_their_entities(
    enter: LoggedIn, name: str, seen: set[str], unseen: set[str]
) -> None:
    page = words(enter(name).get(PEOPLE))

    assert all(one in page for one in seen)
    assert not any(one in page for one in unseen)


@pytest.mark.parametrize("part", ["", "/deactivate"])
def test_D_T_a_person_outside_is_404(enter: LoggedIn, demo_database: Database, part: str) -> None:
    assert enter("elodie").get(page_of(demo_database, "Camille Moreau") + part).status_code == 404
    assert enter("thomas").get(page_of(demo_database, "Camille Moreau") + part).status_code == 404
    assert enter("camille").get(page_of(demo_database, "Camille Moreau") + part).status_code == 403


# Adding and inviting


def test_a_person_is_added_and_the_invitation_works_once(
    app: Flask, enter: LoggedIn, demo_database: Database
) -> None:
    answer = enter("claire").post(PEOPLE, somebody(demo_database))
    assert answer.status_code == 200, words(answer)
    link = invitation_in(answer.text)
    assert grants(demo_database, "Inès Caron") == {
        ("employee", entity_named(demo_database, CONSEIL))
    }

    guest = Browser(app)
    assert "Inès Caron" in guest.get(link).text
    assert guest.post(link, {"password": "short"}).status_code == 422
    assert guest.post(link, {"password": "ines caron 12"}).status_code == 422
    done = guest.post(link, {"password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/")
    assert guest.get("/expenses").status_code == 200
    assert Browser(app).get(link).status_code == 404
    assert Browser(app).post(link, {"password": PASSWORD}).status_code == 404
    assert Browser(app).log_in("ines@faure.example", PASSWORD).status_code == 303
    assert {"person.added", "role.granted", "invitation.used"} <= set(actions(demo_database))
    with demo_database.read() as session:
        (row,) = session.exec(select(OneTimeToken)).all()
        assert link.rpartition("/")[2] not in row.model_dump().values()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"email": "nobody"}, "This is not an e-mail address"),
        ({"email": "CAMILLE@faure.example"}, "Somebody has this e-mail address already"),
        ({"email": "paul@girard.example"}, "Somebody has this e-mail address already"),
        ({"role": "support"}, "Not a valid choice"),
        ({"place": "entity:01NOSUCHTHING0000000000000"}, "Not a valid choice"),
    ],
)
def test_a_wrong_answer_is_marked_and_nothing_is_stored(
    enter: LoggedIn, demo_database: Database, changes: dict[str, str], told: str
) -> None:
    answer = enter("claire").post(PEOPLE, somebody(demo_database, **changes))

    assert answer.status_code == 422
    assert told in words(answer)
    with demo_database.read() as session:
        assert session.exec(select(User).where(User.name == "Inès Caron")).all() == []


@pytest.mark.parametrize("place", [CONSEIL, HOME, "group"])
def test_nobody_gives_beyond_what_they_administer(
    enter: LoggedIn, demo_database: Database, place: str
) -> None:
    thomas = enter("thomas")
    group = user_of(demo_database, "Thomas Lemaire").group_id
    where = f"group:{group}" if place == "group" else f"entity:{entity_named(demo_database, place)}"
    assert thomas.post(PEOPLE, somebody(demo_database, place=where)).status_code == 422
    own = page_of(demo_database, "Nicolas Roche")
    assert thomas.post(f"{own}/roles", {"role": "admin", "place": where}).status_code == 422
    assert grants(demo_database, "Nicolas Roche") == {
        ("employee", entity_named(demo_database, LOGISTIQUE))
    }


def test_an_administrator_of_one_entity_cannot_lock_out_one_of_the_group(
    enter: LoggedIn, demo_database: Database
) -> None:
    """Nor become one of them, by an invitation in their name."""
    thomas, claire = enter("thomas"), page_of(demo_database, "Claire Fontaine")
    assert thomas.get(claire).status_code == 200
    for act in ("invitation", "deactivate", "reactivate"):
        assert thomas.post(f"{claire}/{act}", {"confirm": "yes"}).status_code == 403
    assert "/invitation" not in thomas.get(claire).text
    role = role_of(demo_database, "Claire Fontaine")
    assert thomas.post(f"{claire}/roles/remove", {"role": role}).status_code == 422


def role_of(database: Database, name: str) -> str:
    user = user_of(database, name)
    with database.read() as session:
        return session.exec(select(RoleGrant.id).where(RoleGrant.user_id == user.id)).one()


# Roles


def test_roles_are_given_and_taken_and_audited(enter: LoggedIn, demo_database: Database) -> None:
    claire, camille = enter("claire"), page_of(demo_database, "Camille Moreau")
    place = f"entity:{entity_named(demo_database, LOGISTIQUE)}"
    for _time in range(2):
        answer = claire.post(f"{camille}/roles", {"role": "approver", "place": place})
        assert answer.status_code == 303
    assert ("approver", entity_named(demo_database, LOGISTIQUE)) in grants(
        demo_database, "Camille Moreau"
    )
    assert len(grants(demo_database, "Camille Moreau")) == 2
    with demo_database.read() as session:
        user = user_of(demo_database, "Camille Moreau")
        rows = session.exec(select(RoleGrant).where(RoleGrant.user_id == user.id)).all()
        new = next(row.id for row in rows if row.role == "approver")
    assert claire.post(f"{camille}/roles/remove", {"role": new}).status_code == 303
    assert len(grants(demo_database, "Camille Moreau")) == 1
    assert actions(demo_database)[-2:] == ["role.granted", "role.revoked"]
    page = words(claire.get("/audit"))
    assert "Role taken away Camille Moreau · Approver" in page


def test_the_role_of_another_person_is_not_taken_through_this_one(
    enter: LoggedIn, demo_database: Database
) -> None:
    camille = page_of(demo_database, "Camille Moreau")
    other = role_of(demo_database, "Karim Benali")

    assert enter("claire").post(f"{camille}/roles/remove", {"role": other}).status_code == 422


@pytest.mark.parametrize("name", ["claire", "elodie"])
def test_the_last_administrator_stays(enter: LoggedIn, demo_database: Database, name: str) -> None:
    full = {"claire": "Claire Fontaine", "elodie": "Élodie Girard"}[name]
    browser, own = enter(name), page_of(demo_database, full)
    answer = browser.post(f"{own}/roles/remove", {"role": role_of(demo_database, full)})

    assert answer.status_code == 422
    assert "this is the last administrator there" in words(answer)
    assert browser.get(PEOPLE).status_code == 200


def test_once_there_is_another_one_an_administrator_may_go(
    enter: LoggedIn, demo_database: Database
) -> None:
    elodie, own = enter("elodie"), page_of(demo_database, "Élodie Girard")
    paul = page_of(demo_database, "Paul Girard")
    place = f"entity:{entity_named(demo_database, HOME)}"
    elodie.post(f"{paul}/roles", {"role": "admin", "place": place})
    role = role_of(demo_database, "Élodie Girard")
    answer = elodie.post(f"{own}/roles/remove", {"role": role})

    assert (answer.status_code, answer.location) == (303, "/")
    assert grants(demo_database, "Élodie Girard") == set()


# Deactivating


def test_who_is_deactivated_is_logged_out_and_keeps_everything(
    app: Flask, enter: LoggedIn, demo_database: Database
) -> None:
    office = Office(demo_database)
    camille = user_of(demo_database, "Camille Moreau")
    place = office.entity("Faure Essai", group_id=camille.group_id)
    office.grant(camille.id, place)
    office.expense(office.card(place, camille.id, name="Carte Essai"))
    own, claire = enter("camille"), enter("claire")
    assert own.get("/expenses").status_code == 200

    question = claire.get(f"{page_of(demo_database, 'Camille Moreau')}/deactivate")
    assert "Carte Essai •••• 4821" in words(question)
    assert "still attached" in words(question)
    address = f"{page_of(demo_database, 'Camille Moreau')}/deactivate"
    assert claire.post(address).status_code == 422, "only after the question"
    assert claire.post(address, {"confirm": "yes"}).status_code == 303

    assert own.get("/expenses").status_code == 302, "the session has ended"
    assert Browser(app).log_in("camille@faure.example").status_code == 422
    shown = words(claire.get(page_of(demo_database, "Camille Moreau")))
    assert "Attach each to somebody else" in shown
    with demo_database.read() as session:
        assert len(session.exec(select(Expense).where(Expense.user_id == camille.id)).all()) == 1
        assert len(session.exec(select(Attachment)).all()) == 1
        assert session.exec(select(Account)).first() is not None
    claire.post(f"{page_of(demo_database, 'Camille Moreau')}/reactivate")
    assert Browser(app).log_in("camille@faure.example").status_code == 303
    assert {"person.deactivated", "person.reactivated"} <= set(actions(demo_database))


def test_nobody_deactivates_themselves(enter: LoggedIn, demo_database: Database) -> None:
    address = f"{page_of(demo_database, 'Claire Fontaine')}/deactivate"
    answer = enter("claire").post(address, {"confirm": "yes"})

    assert answer.status_code == 422
    assert "You cannot deactivate yourself" in words(answer)


def test_a_new_invitation_replaces_the_password_and_ends_the_sessions(
    app: Flask, enter: LoggedIn, demo_database: Database
) -> None:
    own, claire = enter("camille"), enter("claire")
    address = f"{page_of(demo_database, 'Camille Moreau')}/invitation"
    first = invitation_in(claire.post(address).text)
    second = invitation_in(claire.post(address).text)
    assert Browser(app).get(first).status_code == 404, "a newer one was made"
    assert own.get("/expenses").status_code == 200, "nothing changed yet"

    guest = Browser(app)
    assert guest.post(second, {"password": PASSWORD}).status_code == 303
    assert own.get("/expenses").status_code == 302
    assert Browser(app).log_in("camille@faure.example").status_code == 422
    assert "person.invited" in actions(demo_database)


@pytest.mark.parametrize("event", ["a password of one's own", "deactivated", "a role more"])
def test_an_invitation_that_lies_about_opens_nothing_once_things_have_changed(
    app: Flask, enter: LoggedIn, demo_database: Database, event: str
) -> None:
    """Else whoever made it could become a person who may more by now, or came back."""
    own, claire = enter("camille"), enter("claire")
    page = page_of(demo_database, "Camille Moreau")
    link = invitation_in(claire.post(f"{page}/invitation").text)
    if event == "deactivated":
        claire.post(f"{page}/deactivate", {"confirm": "yes"})
        claire.post(f"{page}/reactivate")
    elif event == "a role more":
        where = f"entity:{entity_named(demo_database, LOGISTIQUE)}"
        answer = claire.post(f"{page}/roles", {"role": "admin", "place": where})
        assert "make a new one" in words(claire.get(answer.location))
    else:
        form = {"old": DEMO_PASSWORD, "password": PASSWORD}
        assert own.post("/profile/password", form).status_code == 303
    assert Browser(app).get(link).status_code == 404


def test_a_first_invitation_outlives_a_second_plain_role(
    app: Flask, enter: LoggedIn, demo_database: Database
) -> None:
    claire = enter("claire")
    link = invitation_in(claire.post(PEOPLE, somebody(demo_database)).text)
    page = page_of(demo_database, "Inès Caron")
    where = f"entity:{entity_named(demo_database, LOGISTIQUE)}"
    assert claire.post(f"{page}/roles", {"role": "employee", "place": where}).status_code == 303
    assert Browser(app).get(link).status_code == 200


# Legal entities


def settings_of(database: Database, name: str = CONSEIL) -> tuple[str, dict[str, str]]:
    place = entity_named(database, name)
    with database.read() as session:
        row = session.get_one(LegalEntity, place)
        fields = {key: getattr(row, key) for key in ("name", "timezone", "currency", "language")}
    return f"/configuration/entities/{place}", fields


def test_a_legal_entity_is_changed_and_the_change_is_told(
    enter: LoggedIn, demo_database: Database
) -> None:
    claire = enter("claire")
    address, fields = settings_of(demo_database)
    assert "A change moves the hour of the night sync" in words(claire.get(address))
    changed = {**fields, "name": "Faure Avis SAS", "timezone": "Europe/Brussels"}
    assert claire.post(address, changed).status_code == 303

    assert settings_of(demo_database, "Faure Avis SAS")[1] == changed
    told = words(claire.get("/audit"))
    assert f"{CONSEIL} → Faure Avis SAS, Europe/Paris → Europe/Brussels" in told
    assert claire.post(address, changed).status_code == 303
    assert actions(demo_database).count("entity.changed") == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": LOGISTIQUE}, "has this name already"),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice"),
        ({"currency": "XXX"}, "Not a valid choice"),
        ({"language": "de"}, "Not a valid choice"),
    ],
)
def test_wrong_settings_are_refused(
    enter: LoggedIn, demo_database: Database, changes: dict[str, str], told: str
) -> None:
    address, fields = settings_of(demo_database)
    answer = enter("claire").post(address, {**fields, **changes})

    assert answer.status_code == 422
    assert told in words(answer)
    assert settings_of(demo_database)[1] == fields


def test_D_T_the_settings_of_another_entity_are_404(
    enter: LoggedIn, demo_database: Database
) -> None:
    address, fields = settings_of(demo_database)
    assert enter("thomas").get(address).status_code == 404
    assert enter("thomas").post(address, fields).status_code == 404
    assert enter("camille").get(address).status_code == 403
