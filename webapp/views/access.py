"""Who asks, what they may reach, and what each route demands.

Every route declares its policy with one of three decorators; the application refuses to start with
a route that has none. What a signed-in person asks for by id is always fetched through
:func:`entity_or_404` or :func:`scoped_or_404`: outside one's legal entities 404, inside without the
right 403 (D-T).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for

from webapp.domain.people import Right, Scope
from webapp.storage import people
from webapp.storage.people import LegalEntity, User
from webapp.views.pages import wants_block
from webapp.views.services import Services, services

__all__ = [
    "Policy",
    "Services",
    "Visitor",
    "asked_by_program",
    "by_program",
    "current_scope",
    "current_user",
    "entity_or_404",
    "needs",
    "now",
    "public",
    "scoped_or_404",
    "services",
    "signed_in",
    "visitor",
]

View = TypeVar("View", bound=Callable[..., object])
_ATTRIBUTE = "access_policy"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a route demands: ``signed_in`` at all, and a ``right`` in the legal entity concerned.

    ``by_program``: no browser comes here; whoever asks proves by a signature who they are.
    """

    signed_in: bool
    right: Right | None = None
    by_program: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in person of this request; ``login`` is the id of the log-in session.

    ``shown``: the legal entity whose lists they chose to see; see :mod:`webapp.views.switching`.
    """

    user: User
    scope: Scope
    login: str
    shown: str | None = None


def public(view: View) -> View:
    """Declare a route open to everybody."""
    return _declare(view, Policy(signed_in=False))


def by_program(view: View) -> View:
    """Declare a route that programs call: no session, no form, and a body only the view reads.

    The only routes without protection against other sites' pages, so the view believes nothing but
    a signature over what was sent.
    """
    return _declare(view, Policy(signed_in=False, by_program=True))


def signed_in(view: View) -> View:
    """Declare a route for any signed-in person, about nobody's data but their own."""
    return _declare(view, Policy(signed_in=True))


def needs(right: Right) -> Callable[[View], View]:
    """Declare a route that needs ``right``.

    Without parameters in its address the right must be held in at least one legal entity; with
    parameters the view itself asks :func:`entity_or_404` or :func:`scoped_or_404`, and an answer
    given without having asked is an error.
    """

    def declare(view: View) -> View:
        return _declare(view, Policy(signed_in=True, right=right))

    return declare


def _declare(view: View, policy: Policy) -> View:
    setattr(view, _ATTRIBUTE, policy)
    return view


def policy_of(app: Flask, endpoint: str) -> Policy | None:
    """Return the declared policy of ``endpoint``."""
    return getattr(app.view_functions[endpoint], _ATTRIBUTE, None)


def refuse_undeclared_routes(app: Flask) -> None:
    """Fail at start when a route declares no policy.

    :raises RuntimeError: naming the routes.
    """
    bare = sorted(
        {
            f"{rule.rule} ({rule.endpoint})"
            for rule in app.url_map.iter_rules()
            if policy_of(app, rule.endpoint) is None
        }
    )
    if bare:
        raise RuntimeError(
            f"these routes declare no policy: {', '.join(bare)}. "
            "Give each @public, @signed_in or @needs(Right.…)."
        )


def asked_by_program() -> bool:
    """Say whether this request is for a route that programs call."""
    policy = policy_of(current_app, request.endpoint) if request.endpoint else None
    return policy is not None and policy.by_program


def now() -> datetime:
    """Return the instant of this request: its clock is read once."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast(datetime, g.now)


def visitor() -> Visitor | None:
    """Return the signed-in person, or nothing for somebody unknown."""
    return cast("Visitor | None", g.get("visitor"))


def current_user() -> User:
    """Return the signed-in person; only where the policy demands one."""
    return _visitor().user


def current_scope() -> Scope:
    """Return what the signed-in person may reach; only where the policy demands one."""
    return _visitor().scope


def _visitor() -> Visitor:
    found = visitor()
    if found is None:
        abort(401)
    return found


def entity_or_404(entity_id: str, right: Right) -> LegalEntity:
    """Return the legal entity, where the person holds ``right`` in it.

    Answers 404 outside the person's entities, 403 inside without the right.
    """
    _check(entity_id, right)
    with services().database.read() as session:
        entity = people.legal_entity(session, entity_id)
    if entity is None:
        abort(404)
    return entity


class InEntity(Protocol):
    """A row that belongs to a legal entity."""

    @property
    def legal_entity_id(self) -> str:
        """Return the id of its legal entity."""


Row = TypeVar("Row", bound=InEntity)


def scoped_or_404(row: Row | None, right: Right) -> Row:
    """Return ``row``, where the person holds ``right`` in its legal entity.

    Answers 404 for no row or one outside the person's entities, 403 inside without the right.
    """
    if row is None:
        _checked()
        abort(404)
    _check(row.legal_entity_id, right)
    return row


def _check(entity_id: str, right: Right) -> None:
    _checked()
    scope = current_scope()
    if entity_id not in scope.entities():
        abort(404)
    if not scope.allows(right, entity_id):
        abort(403)


def _checked() -> None:
    g.access_checked = True


def demand_login() -> Response | None:
    """Before the view: send somebody unknown to the log-in page, and back afterwards."""
    policy = policy_of(current_app, request.endpoint) if request.endpoint else None
    if policy is None or not policy.signed_in or visitor() is not None:
        return None
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    url = url_for("auth.show", next=None if target == "/" else target)
    if wants_block():
        return Response(status=401, headers={"HX-Redirect": url_for("auth.show")})
    return cast(Response, redirect(url, 302 if request.method == "GET" else 303))


def demand_right() -> None:
    """Before the view: a route without parameters needs its right in some legal entity."""
    policy = policy_of(current_app, request.endpoint) if request.endpoint else None
    if policy is None or policy.right is None or request.view_args:
        return
    if not current_scope().entities(policy.right):
        abort(403)


def refuse_unchecked(response: Response) -> Response:
    """After the view: a route that needs a right and names something must have checked it.

    :raises RuntimeError: if it answered without; a mistake in the view, never the visitor's.
    """
    policy = policy_of(current_app, request.endpoint) if request.endpoint else None
    if visitor() is None:
        return response  # sent to log in: the view was not reached
    answered = response.status_code < 400 and policy is not None and policy.right is not None
    if answered and request.view_args and not g.get("access_checked"):
        raise RuntimeError(f"{request.endpoint} answered without checking what it was asked for")
    return response
