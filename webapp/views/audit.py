"""The audit trail, for administrators: who changed access, consent, attachments and settings."""

import re
from collections.abc import Mapping

from flask import Blueprint, Response, request

from webapp.domain.people import Right
from webapp.storage import audit, people
from webapp.storage.audit import AuditEvent
from webapp.views import wording
from webapp.views.access import needs, services
from webapp.views.pages import render_page
from webapp.views.switching import shown_entities

blueprint = Blueprint("audit", __name__)

PAGE_SIZE = 50
_ID = re.compile(r"[0-9A-Z]{26}")


@blueprint.get("/audit")
@needs(Right.CONFIGURE)
def index() -> Response:
    """Show one page of the trail of the entities the person administers, newest first."""
    entities = shown_entities(Right.CONFIGURE)
    before = request.args.get("before", "")
    with services().database.read() as session:
        rows = audit.page(
            session,
            groups=people.whole_groups(session, entities),
            entities=entities,
            before=before if _ID.fullmatch(before) else None,
            limit=PAGE_SIZE + 1,
        )
        names = audit.names_of(session, [event for event, _actor, _entity in rows])
        (first, *_others) = people.legal_entities(session, entities)
    return render_page(
        "audit/index.html",
        rows=[
            (event, actor, entity, about(event, names)) for event, actor, entity in rows[:PAGE_SIZE]
        ],
        older=rows[PAGE_SIZE - 1][0].id if len(rows) > PAGE_SIZE else None,
        newest=not before,
        timezone=first.timezone,
    )


def about(event: AuditEvent, names: Mapping[str, str]) -> str:
    """Return whom and what an event was about, in words."""
    detail = event.detail
    target = "" if event.target_id == event.actor_id else names.get(event.target_id, "")
    told = [target, *(names.get(str(detail.get(key)), "") for key in ("user", "account"))]
    told += [
        word(str(detail[key])) for key, word in wording.AUDIT_DETAILS.items() if detail.get(key)
    ]
    return " · ".join(text for text in told if text)
