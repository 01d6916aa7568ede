"""Who may open what: every route, for every kind of person, computed from its declared policy.

A new route is covered without a line here; a new kind of id in an address needs one in
:mod:`tests.support.crowd`. Outside one's legal entities 404, inside without the right 403 (D-T, R7,
R33).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.support.crowd import Crowd, Somebody, Things
from tests.support.web import Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Right
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.receipts import ReceiptStore
from webapp.views.access import Policy, needs, policy_of, refuse_undeclared_routes

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Not of a legal entity: the same for everybody.
ANYTHING = {
    "token": "no-such-link",
    "filename": "app.css",
    "slug": "first-interface",
    # None of the connectors installed with the demo rings.
    "connector": "budget_insight",
    "path": "news",
}
# What is wrong with an empty form is not a matter of rights.
REFUSED_FORM = (400, 409, 422)
# The only rows that a page may write when it is shown.
LOOKS = ("support.looked", "support.searched")


@pytest.fixture
def crowd(database: Database, settings: Settings) -> Crowd:
    return Crowd(database, ReceiptStore(settings.folder.files / "receipts"))


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


@dataclass(frozen=True)
class Ask:
    """One request: a method on a route, with the ids of one legal entity in its address."""

    rule: Rule
    method: str
    policy: Policy
    things: Things
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


def asks(app: Flask, things: Things) -> Iterator[Ask]:
    """Give every method of every route of the application."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        policy = policy_of(app, rule.endpoint)
        assert policy is not None, f"{rule.rule} declares no policy"
        path = adapter.build(rule.endpoint, values_for(rule, things.ids), force_external=False)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Ask(rule, method, policy, things, path)


def values_for(rule: Rule, ids: Mapping[str, str]) -> dict[str, str]:
    """Fill in the parameters of a route, or say where to add a new one."""
    known = {**ANYTHING, **ids}
    unknown = rule.arguments - set(known)
    assert not unknown, (
        f"{rule.rule} has the parameter {', '.join(sorted(unknown))}, which this test cannot fill "
        "in. Add one such thing to Crowd._things in tests/support/crowd.py, under that name."
    )
    return {name: known[name] for name in rule.arguments}


def expected(ask: Ask, somebody: Somebody) -> str:
    """Return what the declared policy promises."""
    policy, right = ask.policy, ask.policy.right
    if not policy.signed_in:
        return "anything but a refusal"
    if not somebody.cookie:
        return "log in"
    if right is None:
        return "done"
    if not ask.rule.arguments:
        return "done" if somebody.holds_anywhere(right) else "403"
    if ask.things.entity not in somebody.roles:
        return "404"
    if right not in somebody.rights_in(ask.things.entity):
        return "403"
    owned = ask.things.owned & ask.rule.arguments
    return "403" if owned and somebody.user_id != ask.things.owner else "done"


def outcome(answer: TestResponse, ask: Ask, promised: str) -> str:
    """Return what an answer was, in the words of :func:`expected`."""
    code = answer.status_code
    logged_out = ask.rule.endpoint == "auth.log_out" and promised == "done"
    if code in (302, 303) and answer.location.startswith("/login") and not logged_out:
        return "log in"
    if promised == "anything but a refusal":
        return promised if code not in (401, 403) and code < 500 else str(code)
    done = code < 400 or (ask.method in UNSAFE and code in REFUSED_FORM)
    # The partner's page brings a state of its own; without one there is nothing to come back to.
    return (
        "done"
        if done or (ask.rule.endpoint == "imports.link_return" and code == 404)
        else str(code)
    )


def open_as(app: Flask, somebody: Somebody) -> Browser:
    browser = Browser(app)
    if somebody.cookie:
        browser.client.set_cookie("cardsync-login", somebody.cookie)
    return browser


def send(browser: Browser, ask: Ask) -> TestResponse:
    if ask.method == "GET":
        return browser.get(ask.path)
    return browser.post(ask.path, method=ask.method)


def fresh_people(crowd: Crowd) -> list[Somebody]:
    """Log everybody in again, since one of the routes logs them out."""
    return [
        Somebody(p.name, p.user_id, crowd.here.log_in(p.user_id) if p.cookie else "", p.roles)
        for p in crowd.people
    ]


@pytest.mark.parametrize("whose", ["own", "foreign"])
def test_every_route_answers_everybody_as_its_policy_promises(
    app: Flask, crowd: Crowd, whose: str
) -> None:
    things: Things = getattr(crowd, whose)
    wrong, counted = [], 0
    for ask in asks(app, things):
        for somebody in fresh_people(crowd):
            promised = expected(ask, somebody)
            got = outcome(send(open_as(app, somebody), ask), ask, promised)
            counted += 1
            if got != promised:
                wrong.append(f"{ask} as {somebody.name}: {got} instead of {promised}")

    assert not wrong, "\n".join(wrong)
    assert counted >= 6 * 20, "the map of routes was not walked"


def test_an_interface_is_not_reached_through_another_entity(app: Flask, crowd: Crowd) -> None:
    """R33: one's own entity in the address does not open what belongs to another."""
    admin = next(p for p in crowd.people if p.name == "admin of A")
    mixed = Things(
        crowd.own.entity, {**crowd.foreign.ids, "entity_id": crowd.own.entity}, crowd.own.owner
    )
    wrong = [
        f"{ask}: {answer.status_code}"
        for ask in asks(app, mixed)
        if {"entity_id", "interface_id"} <= ask.rule.arguments
        and (answer := send(open_as(app, admin), ask)).status_code != 404
    ]

    assert not wrong


def test_what_does_not_exist_is_404(app: Flask, crowd: Crowd) -> None:
    nothing = Things("", dict.fromkeys(crowd.own.ids, "01NOSUCHTHING0000000000000"), "")
    wrong = [
        f"{ask} as {somebody.name}: {answer.status_code}"
        for somebody in crowd.people[1:]
        for ask in asks(app, nothing)
        if ask.policy.right is not None
        and ask.rule.arguments
        and (answer := send(open_as(app, somebody), ask)).status_code != 404
    ]

    assert not wrong


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in database.metadata.sorted_tables
        }


def dump_but_for_looks(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, without the trace that a look of support leaves."""
    rows = dump(database)
    with database.read() as session:
        trail = session.exec(select(AuditEvent)).scalars()
        looks = {event.id for event in trail if event.action in LOOKS}
    rows["audit_event"] = [row for row in rows["audit_event"] if row[0] not in looks]
    return rows


def test_no_get_changes_a_row(app: Flask, crowd: Crowd, database: Database) -> None:
    before = dump(database)
    for somebody in crowd.people:
        for things in (crowd.own, crowd.foreign):
            for ask in asks(app, things):
                if ask.method == "GET":
                    send(open_as(app, somebody), ask)

    assert dump_but_for_looks(database) == before


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, None),
        ({"Sec-Fetch-Site": "same-origin"}, "0" * 64),
        ({"Sec-Fetch-Site": "cross-site"}, ""),
        ({"Sec-Fetch-Site": "same-site"}, ""),
        ({"Sec-Fetch-Site": "cross-site", "HX-Request": "true"}, ""),
    ],
    ids=["no token", "wrong token", "another site", "a sister site", "htmx from another site"],
)
def test_no_unsafe_route_obeys_another_page(
    app: Flask, crowd: Crowd, database: Database, headers: dict[str, str], token: str | None
) -> None:
    before, answers = dump(database), {}
    for somebody in crowd.people[1:]:
        browser = open_as(app, somebody)
        for ask in asks(app, crowd.own):
            if ask.method in UNSAFE and not ask.policy.by_program:
                answer = browser.post(ask.path, token=token, method=ask.method, headers=headers)
                answers[f"{ask} as {somebody.name}"] = answer.status_code

    assert set(answers.values()) == {403}, answers
    assert dump(database) == before


def test_only_the_address_that_sources_ring_at_is_called_by_programs(app: Flask) -> None:
    """Each route more without the walls against other pages is a decision, made here."""
    open_to_programs = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if (policy := policy_of(app, rule.endpoint)) is not None and policy.by_program
    }

    assert open_to_programs == {"/hooks/<connector>", "/hooks/<connector>/<path:path>"}


def test_a_route_without_a_policy_stops_the_application(app: Flask) -> None:
    app.view_functions["bare"] = lambda: "open to all"
    app.url_map.add(Rule("/bare", endpoint="bare"))

    with pytest.raises(RuntimeError, match=r"/bare \(bare\)"):
        refuse_undeclared_routes(app)


def test_a_view_that_forgets_to_check_what_it_is_asked_for_answers_nothing(
    app: Flask, crowd: Crowd
) -> None:
    """The last wall: a mistake in a view is an error for everybody, never another's data."""
    app.add_url_rule(
        "/forgetful/<entity_id>",
        "forgetful",
        needs(Right.CONFIGURE)(lambda entity_id: f"the data of {entity_id}"),
    )
    admin = next(p for p in crowd.people if p.name == "admin of A")
    answer = open_as(app, admin).get(f"/forgetful/{crowd.foreign.entity}")

    assert answer.status_code == 500
    assert "the data of" not in answer.text
