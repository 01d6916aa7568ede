"""What people asked for where no article helped: seen by those who may look into things."""

from dataclasses import dataclass

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from webapp.domain.people import Right, Role
from webapp.storage import help_requests
from webapp.storage.help_requests import HelpRequest
from webapp.views.access import current_scope, current_user, needs, now, scoped_or_404, services
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("help_desk", __name__)

SHOWN_AT_MOST = 100


@blueprint.get("/support/requests")
@needs(Right.INSPECT)
def index() -> Response:
    """List what is asked for in the person's legal entities: the unanswered first."""
    scope = current_scope()
    with services().database.read() as session:
        rows = help_requests.requests(
            session,
            scope.entities(Right.INSPECT),
            everything=Role.SUPPORT in scope.roles(),
            limit=SHOWN_AT_MOST,
        )
        votes = help_requests.votes(session) if Role.SUPPORT in scope.roles() else {}
    return render_page(
        "help/requests.html",
        rows=rows,
        votes=sorted(votes.values(), key=lambda one: -one.not_helpful),
    )


@blueprint.post("/support/requests/<request_id>/answered")
@needs(Right.INSPECT)
def answered(request_id: str) -> Response:
    """Mark a request as answered; pressed twice it stays as it was."""
    with services().database.read() as session:
        found = help_requests.find_request(session, request_id)
    scoped_or_404(_Place(_entity_of(found)) if found else None, Right.INSPECT)
    _mark(request_id)
    announce(_("Marked as answered."))
    return see_other(url_for(".index"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request belongs."""

    legal_entity_id: str


def _entity_of(found: HelpRequest) -> str:
    """Return the legal entity of a request; one without belongs wherever support may look."""
    scope = current_scope()
    if found.legal_entity_id is not None or Role.SUPPORT not in scope.roles():
        return found.legal_entity_id or ""
    return next(iter(scope.entities(Right.INSPECT)), "")


def _mark(request_id: str) -> None:
    with services().database.write() as session:
        row = session.get_one(HelpRequest, request_id)
        if row.answered_at is not None:
            return
        row.answered_at, row.answered_by = now(), current_user().id
        help_requests.record_step(session, row)
