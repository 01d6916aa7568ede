"""Log in by e-mail and password: what works, what is refused, and what it must not tell."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from sqlmodel import select

from tests.support.web import Browser
from webapp.demo.cast import PASSWORD
from webapp.storage import passwords
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.people import User
from webapp.views.throttle import PER_ACCOUNT

CAMILLE = "camille@faure.example"


def audited(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_the_right_password_logs_in_and_leads_home(stranger: Browser, app: object) -> None:
    answer = stranger.log_in(CAMILLE)

    assert (answer.status_code, answer.location) == (303, "/")
    assert stranger.get("/").status_code in (200, 302)


def test_the_address_is_taken_in_any_case(stranger: Browser) -> None:
    assert stranger.log_in(" Camille@Faure.EXAMPLE ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [(CAMILLE, "wrong password"), ("nobody@faure.example", PASSWORD), (CAMILLE, PASSWORD + " ")],
)
def test_a_refusal_says_the_same_for_every_reason(
    stranger: Browser, email: str, password: str
) -> None:
    answer = stranger.log_in(email, password)

    assert answer.status_code == 422
    assert "This e-mail address and password do not match." in answer.text
    assert stranger.cookie() is None


def test_the_password_is_never_sent_back(stranger: Browser) -> None:
    assert "a-wrong-secret" not in stranger.log_in(CAMILLE, "a-wrong-secret").text


def test_an_empty_form_is_marked_where_something_is_missing(stranger: Browser) -> None:
    answer = stranger.log_in("", "")

    assert answer.status_code == 422
    assert 'aria-describedby="email-error"' in answer.text


def test_somebody_who_left_cannot_log_in(stranger: Browser, demo_database: Database) -> None:
    with demo_database.write() as session:
        session.exec(select(User).where(User.email == CAMILLE)).one().active = False

    assert stranger.log_in(CAMILLE).status_code == 422


def test_log_ins_and_refusals_are_audited(stranger: Browser, demo_database: Database) -> None:
    stranger.log_in(CAMILLE, "wrong password")
    stranger.log_in(CAMILLE)
    stranger.post("/logout")

    assert audited(demo_database) == ["login.failed", "login.succeeded", "login.ended"]


def test_a_hash_of_an_older_cost_is_made_anew(stranger: Browser, demo_database: Database) -> None:
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("an older password")
    with demo_database.write() as session:
        session.exec(select(User).where(User.email == CAMILLE)).one().password_hash = cheap

    assert stranger.log_in(CAMILLE, "an older password").status_code == 303

    with demo_database.read() as session:
        stored = session.exec(select(User).where(User.email == CAMILLE)).one().password_hash
    assert stored is not None
    assert not passwords.is_outdated(stored)
    assert passwords.verify_password(stored, "an older password")


def test_an_unknown_account_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """One argon2id computation either way: counted, since a stopwatch would flake."""
    work: list[str] = []
    hasher = passwords._HASHER
    stored = passwords.hash_password("a password")

    class Counting:
        def hash(self, password: str) -> str:
            work.append("hash")
            return hasher.hash(password)

        def verify(self, known: str, password: str) -> bool:
            work.append("verify")
            return hasher.verify(known, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert not passwords.verify_password(stored, "another")
    assert not passwords.verify_password(None, "another")
    assert work == ["verify", "hash"]


def test_too_many_failures_must_wait_even_with_the_right_password(stranger: Browser) -> None:
    for _ in range(PER_ACCOUNT.amount):
        assert stranger.log_in(CAMILLE, "wrong password").status_code == 422

    answer = stranger.log_in(CAMILLE)

    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text
    assert stranger.log_in("karim@faure.example").status_code == 303


def test_a_success_forgets_the_failures_before_it(stranger: Browser) -> None:
    for _ in range(3):
        for _ in range(PER_ACCOUNT.amount - 1):
            stranger.log_in(CAMILLE, "wrong password")
        assert stranger.log_in(CAMILLE).status_code == 303
        stranger.post("/logout")


@pytest.mark.parametrize(
    ("target", "reached"), [("/audit?before=01ABC", "/audit?before=01ABC"), ("//evil.example", "/")]
)
def test_one_comes_back_to_the_page_one_wanted_and_never_elsewhere(
    stranger: Browser, target: str, reached: str
) -> None:
    assert stranger.get(f"/login?next={quote(target)}").status_code == 200

    answer = stranger.post("/login", {"email": CAMILLE, "password": PASSWORD, "next": target})

    assert answer.location == reached


def test_a_page_for_people_asks_to_log_in_and_remembers_itself(stranger: Browser) -> None:
    answer = stranger.get("/audit?before=01ABC")

    assert (answer.status_code, answer.location) == (302, "/login?next=/audit?before%3D01ABC")


def test_a_logged_in_person_is_not_asked_again(logged_in: Callable[[str], Browser]) -> None:
    answer = logged_in("camille").get("/login?next=/expenses")

    assert (answer.status_code, answer.location) == (303, "/expenses")
