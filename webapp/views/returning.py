"""Take an admin back from a partner's page (R41)."""

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.people import Right
from webapp.domain.schedule import FailureKind
from webapp.storage import links
from webapp.storage.interfaces import LinkVisit
from webapp.storage.people import LegalEntity
from webapp.sync.links import LinkProblem
from webapp.sync.visits import AlreadyUsed, Arrival, finish_visit, hash_of
from webapp.views import link_words
from webapp.views.access import current_user, entity_or_404, needs, now, services
from webapp.views.connecting import desk, traveller
from webapp.views.errors import Explanation
from webapp.views.import_settings import settings_url
from webapp.views.pages import announce, render_page, see_other


@needs(Right.CONFIGURE)
def link_return() -> Response:
    """Take the admin back from the partner's page; the whole query is a claim to be verified."""
    with services().database.read() as session:
        visit = links.visit_of_state(session, hash_of(request.args.get("state", "")))
    # A state of another person's visit is as good as none.
    if visit is None or visit.user_id != current_user().id:
        return _refuse(404, link_words.unknown_return())
    entity = entity_or_404(visit.legal_entity_id, Right.CONFIGURE)
    if visit.used_at is not None:
        return _refuse(410, link_words.used_return(), visit)
    if visit.expires_at <= now():
        return _refuse(410, link_words.expired_return(), visit)
    return _take(entity, visit)


def _take(entity: LegalEntity, visit: LinkVisit) -> Response:
    try:
        result = finish_visit(desk(), traveller(entity), visit, request.args.to_dict())
    except AlreadyUsed:
        return _refuse(410, link_words.used_return(), visit)
    if isinstance(result, LinkProblem):
        return _explain(result, visit)
    return _welcome_back(entity, result)


def _explain(problem: LinkProblem, visit: LinkVisit) -> Response:
    if problem.reason == "cancelled":
        announce(_("You left the partner's page before the end. Nothing was changed."), "info")
        return see_other(url_for("imports.add", entity_id=visit.legal_entity_id))
    status = link_words.status_of(problem)
    return _refuse(status, link_words.explain(problem, _partner(visit)), visit, problem)


def _welcome_back(entity: LegalEntity, arrival: Arrival) -> Response:
    if arrival.empty:
        announce(_("No account was ticked for a bank, so it was not added."), "warning")
    if not arrival.shared:
        return see_other(url_for("imports.add", entity_id=entity.id))
    total = sum(shared.added + shared.known for shared in arrival.shared)
    announce(
        ngettext(
            "%(num)d account is shared. Now say what is imported of it.",
            "%(num)d accounts are shared. Now say what is imported of each.",
            total,
        )
    )
    if known := sum(shared.known for shared in arrival.shared):
        announce(
            ngettext(
                "%(num)d account was already known: its holder and its history are kept.",
                "%(num)d accounts were already known: their holders and history are kept.",
                known,
            ),
            "info",
        )
    return see_other(settings_url(entity.id, [shared.interface_id for shared in arrival.shared]))


def _refuse(
    status: int,
    explanation: Explanation,
    visit: LinkVisit | None = None,
    problem: LinkProblem | None = None,
) -> Response:
    kind = problem.kind if problem else None
    passing = kind in (FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED)
    return render_page(
        "imports/refused.html",
        status=status,
        explanation=explanation,
        source_words=problem.source_words if problem else None,
        again=request.full_path if passing else None,
        entity_id=visit.legal_entity_id if visit else None,
    )


def _partner(visit: LinkVisit) -> str:
    connector = services().registry.connectors.get(visit.connector)
    return connector.info.label if connector else visit.connector
