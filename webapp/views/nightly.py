"""The switch "every night" of an interface (R53)."""

from flask import Response, abort, request
from flask_babel import gettext as _

from webapp.domain.people import Right
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.sync.attaching import Saver
from webapp.sync.nightly import set_nightly
from webapp.views.access import current_user, needs, now, services
from webapp.views.connecting import interface_url
from webapp.views.formats import instant
from webapp.views.interface_words import fed_by_files
from webapp.views.pages import announce, see_other
from webapp.views.stopping import interface_or_404

CHOICES = {"on": True, "off": False}


@needs(Right.CONFIGURE)
def switch(entity_id: str, interface_id: str) -> Response:
    """Switch the nightly syncs on or off; pressed twice they stay so."""
    entity, interface = interface_or_404(entity_id, interface_id)
    if fed_by_files(interface.connector, services().registry):
        announce(_("This interface is fed by statement files: there is nothing to fetch."), "info")
        return see_other(interface_url(entity.id, interface.id))
    choice = request.form.get("nightly", "")
    if choice not in CHOICES:
        abort(400)
    with services().database.write() as session:
        by = Saver(session, entity, current_user().id, now())
        set_nightly(by, interface_id, on=CHOICES[choice])
        changed = session.get_one(Interface, interface_id)
        text = _said(entity, changed, on=CHOICES[choice])
    announce(text)
    return see_other(interface_url(entity.id, interface.id))


def _said(entity: LegalEntity, interface: Interface, *, on: bool) -> str:
    if not on:
        return str(_("It is no longer synced every night, only when somebody asks."))
    if interface.next_due_at is None:
        return str(_("It will be synced every night, as soon as it is connected again."))
    when = instant(interface.next_due_at, entity.timezone)
    return str(
        _("It is synced every night again. The next sync is planned for %(when)s.", when=when)
    )
