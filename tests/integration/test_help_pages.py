"""Help at hand: articles for everybody, whether they helped, requests and who sees them (R51)."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import select

from tests.support.import_admin import words
from tests.support.web import Browser
from webapp.demo.cast import CONSEIL, LOGISTIQUE
from webapp.domain.people import Right
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.help_requests import HelpRequest, HelpVote
from webapp.storage.people import LegalEntity
from webapp.views.access import policy_of

LoggedIn = Callable[[str], Browser]


def entity(database: Database, name: str) -> str:
    with database.read() as session:
        return session.exec(select(LegalEntity.id).where(LegalEntity.name == name)).one()


def asked(database: Database) -> list[HelpRequest]:
    with database.read() as session:
        return list(session.exec(select(HelpRequest)))


@pytest.mark.parametrize(
    ("language", "title", "part"),
    [
        ("fr", "Pourquoi mon achat n’est-il pas là\u00a0?", "Il est trop tôt"),
        ("en", "Why is my purchase not here?", "It is too early"),
    ],
)
def test_R51_a_stranger_reads_help_in_their_language(
    stranger: Browser, language: str, title: str, part: str
) -> None:
    headers = {"Accept-Language": language}
    assert title in stranger.get("/help", headers=headers).text
    page = stranger.get("/help/where-is-my-purchase", headers=headers)
    assert page.status_code == 200
    assert f"<h1>{title}</h1>" in page.text
    assert part in words(page)
    assert "<textarea" not in page.text, "who is not logged in cannot send a request"


def test_an_article_that_does_not_exist_is_404(stranger: Browser) -> None:
    assert stranger.get("/help/no-such-thing").status_code == 404
    assert stranger.post("/help/no-such-thing/vote", {"helpful": "yes"}).status_code == 404


def test_R51_each_admin_page_links_its_help(app: Flask, logged_in: LoggedIn) -> None:
    claire = logged_in("claire")
    pages = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and (policy := policy_of(app, rule.endpoint)) is not None
        and policy.right in (Right.CONFIGURE, Right.INSPECT)
    ]
    assert "/audit" in pages
    for page in pages:
        answer = claire.get(page)
        if answer.status_code == 200:
            assert 'href="/help' in answer.text, page
    entity_page = claire.get(f"/configuration/imports/{entity_id(claire)}")
    assert 'href="/help/first-interface"' in entity_page.text


def entity_id(browser: Browser) -> str:
    text = browser.get("/configuration/imports").text
    return text.split('href="/configuration/imports/')[1].split('"')[0]


def test_R81_an_error_page_links_what_to_do(logged_in: LoggedIn, stranger: Browser) -> None:
    claire = logged_in("claire")
    assert 'href="/help/page-not-found"' in claire.get("/no-such-page").text
    assert 'href="/help/not-allowed"' in logged_in("camille").get("/audit").text
    stale = claire.post("/language", {"language": "fr"}, token="0" * 64)
    assert 'href="/help/form-refused"' in stale.text
    assert 'href="/help/cannot-log-in"' in stranger.get("/login").text


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_R51_whether_it_helped_is_counted_once_a_visit(
    stranger: Browser, demo_database: Database, answer: str
) -> None:
    for _ in range(2):
        assert stranger.post("/help/reports/vote", {"helpful": answer}).status_code == 303
    with demo_database.read() as session:
        (vote,) = session.exec(select(HelpVote)).all()
    assert (vote.helpful, vote.not_helpful) == ((1, 0) if answer == "yes" else (0, 1))
    assert 'name="helpful"' not in stranger.get("/help/reports").text


def test_a_vote_that_is_neither_is_refused(stranger: Browser) -> None:
    assert stranger.post("/help/reports/vote", {"helpful": "maybe"}).status_code == 400


def test_R51_a_request_is_kept_audited_and_seen_where_it_belongs(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    camille, where = logged_in("camille"), entity(demo_database, CONSEIL)
    no = camille.post("/help/where-is-my-purchase/vote", {"helpful": "no"})
    assert no.location.endswith("?asked=no#request")
    form = {"text": "Mon achat de mardi", "legal_entity_id": where, "page": "/expenses"}
    sent = camille.post("/help/where-is-my-purchase/requests", form)
    assert sent.status_code == 303
    (request,) = asked(demo_database)
    assert (request.text, request.page, request.slug, request.legal_entity_id) == (
        "Mon achat de mardi",
        "/expenses",
        "where-is-my-purchase",
        where,
    )
    with demo_database.read() as session:
        actions = [row.action for row in session.exec(select(AuditEvent))]
    assert "help_request.sent" in actions
    for name, sees in (("claire", True), ("support", True), ("thomas", False), ("elodie", False)):
        assert ("Mon achat de mardi" in logged_in(name).get("/support/requests").text) is sees


def test_a_request_can_be_marked_as_answered_by_those_in_scope(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    where = entity(demo_database, CONSEIL)
    form = {"text": "Bonjour", "legal_entity_id": where}
    logged_in("camille").post("/help/reports/requests", form)
    (request,) = asked(demo_database)
    address = f"/support/requests/{request.id}/answered"

    assert logged_in("thomas").post(address).status_code == 404
    assert logged_in("camille").post(address).status_code == 403
    assert logged_in("support").post(address).status_code == 303
    (answered,) = asked(demo_database)
    assert logged_in("claire").post(address).status_code == 303
    assert asked(demo_database)[0].answered_by == answered.answered_by is not None


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"text": "  "}, id="nothing said"),
        pytest.param({"text": "x" * 4001}, id="far too much"),
        pytest.param({"text": "Help", "legal_entity_id": "01NOSUCHTHING0000000000000"}, id="where"),
        pytest.param({"text": "Help", "legal_entity_id": LOGISTIQUE}, id="somebody else's"),
    ],
)
def test_a_request_that_is_not_whole_is_refused(
    logged_in: LoggedIn, demo_database: Database, form: dict[str, str]
) -> None:
    where = entity(demo_database, CONSEIL)
    given = form.get("legal_entity_id")
    if given == LOGISTIQUE:
        given = entity(demo_database, LOGISTIQUE)
    fields = {**form, "legal_entity_id": given or where}
    answer = logged_in("camille").post("/help/reports/requests", fields)
    assert answer.status_code == 422
    assert asked(demo_database) == []


def test_the_address_one_came_from_is_never_another_sites(
    logged_in: LoggedIn, demo_database: Database
) -> None:
    form = {
        "text": "Help",
        "legal_entity_id": entity(demo_database, CONSEIL),
        "page": "https://elsewhere.example/x",
    }
    logged_in("camille").post("/help/reports/requests", form)
    assert asked(demo_database)[0].page == "/"
