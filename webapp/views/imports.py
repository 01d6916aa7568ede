"""Configuration of expense imports: choose the legal entity, see its interfaces (R33, R35, R36).

The blueprint's addresses stand here; connecting a bank is in :mod:`webapp.views.connecting`, the
page of one interface in :mod:`webapp.views.attaching`.
"""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from webapp.domain.people import Right
from webapp.storage import interfaces, people
from webapp.storage.standing import standings
from webapp.storage.waiting import Waiting
from webapp.views import (
    attaching,
    connecting,
    deleting,
    import_settings,
    nightly,
    relaunching,
    returning,
    stopping,
    waiting,
)
from webapp.views.access import current_scope, entity_or_404, needs, services
from webapp.views.pages import render_page
from webapp.views.switching import shown_entities

blueprint = Blueprint("imports", __name__)


@blueprint.get("/configuration")
@needs(Right.CONFIGURE)
def configuration() -> Answer:
    """Lead the "Configuration" tab to its first page."""
    return redirect(url_for("imports.index"))


@blueprint.get("/configuration/imports")
@needs(Right.CONFIGURE)
def index() -> Answer:
    """Let the person choose a legal entity; where there is one only, it is chosen already.

    So it is where one was chosen in the top bar, unless all are asked for.
    """
    everything = "all" in request.args
    reached = (
        current_scope().entities(Right.CONFIGURE) if everything else shown_entities(Right.CONFIGURE)
    )
    if len(reached) == 1:
        return redirect(url_for("imports.entity", entity_id=next(iter(reached))))
    with services().database.read() as session:
        entities = people.legal_entities(session, reached)
        counts = interfaces.interfaces_per_entity(session, reached)
    return render_page("imports/index.html", entities=entities, counts=counts)


@blueprint.get("/configuration/imports/<entity_id>")
@needs(Right.CONFIGURE)
def entity(entity_id: str) -> Response:
    """List the interfaces of one legal entity, and no other's."""
    chosen = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        found = interfaces.interface_summaries(session, chosen.id)
        how = standings(session, [one.interface.id for one in found])
    return render_page(
        "imports/entity.html",
        entity=chosen,
        rows=[relaunching.sync_view(one, how[one.interface.id]) for one in found],
        waiting=sum((one.waiting for one in found), Waiting()),
        several=len(current_scope().entities(Right.CONFIGURE)) > 1,
    )


_ENTITY = "/configuration/imports/<entity_id>"
_INTERFACE = f"{_ENTITY}/interfaces/<interface_id>"

for _rule, _endpoint, _view, _method in (
    (f"{_ENTITY}/add", "add", connecting.add, "GET"),
    (f"{_ENTITY}/connect", "connect", connecting.connect, "POST"),
    (f"{_ENTITY}/files", "add_files", connecting.add_files, "POST"),
    ("/link/return", "link_return", returning.link_return, "GET"),
    (_INTERFACE, "interface", attaching.interface, "GET"),
    (f"{_INTERFACE}/reconnect", "reconnect", connecting.reconnect, "POST"),
    (f"{_INTERFACE}/sync", "ask", relaunching.ask, "POST"),
    (f"{_INTERFACE}/nightly", "nightly", nightly.switch, "POST"),
    (f"{_INTERFACE}/sync", "standing", relaunching.standing, "GET"),
    (f"{_INTERFACE}/accounts/<account_id>/stop", "confirm_stop", stopping.confirm, "GET"),
    (f"{_INTERFACE}/accounts/<account_id>/stop", "stop", stopping.stop, "POST"),
    (f"{_INTERFACE}/accounts/<account_id>/delete", "confirm_delete", deleting.confirm, "GET"),
    (f"{_INTERFACE}/accounts/<account_id>/delete", "delete", deleting.delete, "POST"),
    (f"{_INTERFACE}/accounts/<account_id>/restore", "restore", stopping.restore, "POST"),
    (f"{_INTERFACE}/settings", "settings", import_settings.show, "GET"),
    (f"{_INTERFACE}/settings", "save_settings", import_settings.save, "POST"),
    (f"{_INTERFACE}/accounts/<account_id>/waiting", "waiting", waiting.show, "GET"),
    (f"{_INTERFACE}/accounts/<account_id>/waiting", "take_in", waiting.take, "POST"),
    (f"{_INTERFACE}/accounts/<account_id>/holders", "fill_days", waiting.fill, "POST"),
    (f"{_INTERFACE}/accounts", "save_accounts", attaching.save_accounts, "POST"),
    (f"{_INTERFACE}/accounts/<account_id>", "save_account", attaching.save_account, "POST"),
):
    blueprint.add_url_rule(_rule, _endpoint, _view, methods=[_method])
