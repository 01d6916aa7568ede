"""Delete an account's imported data on purpose: other words than the trash icon's (D-G, R82)."""

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.people import Right
from webapp.storage import forgetting, uploads, whole_files
from webapp.storage.forgetting import Gone
from webapp.sync.attaching import Saver
from webapp.sync.stopping import RESTORABLE_FOR, delete_imported
from webapp.views.access import current_user, needs, now, services
from webapp.views.connecting import interface_url
from webapp.views.pages import announce, render_page, see_other
from webapp.views.receipts import store
from webapp.views.stopping import account_of, interface_or_404


@needs(Right.CONFIGURE)
def confirm(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Show what would be deleted and what stays, and ask."""
    return _page(entity_id, interface_id, account_id)


@needs(Right.CONFIGURE)
def delete(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Delete what was shown, if that is still all there is; pressed twice it deletes once."""
    entity, interface = interface_or_404(entity_id, interface_id)
    account = account_of(interface.id, account_id)
    if not request.form.get("sure"):
        return _page(entity_id, interface_id, account_id, status=422, unsure=True)
    seen = request.form.get("seen", -1, type=int)
    with services().database.write() as session:
        by = Saver(session, entity, current_user().id, now())
        gone = delete_imported(by, interface.id, account.id, seen=seen)
    if gone is None:
        announce(
            _("Nothing was deleted: the data changed meanwhile. This is how it stands now."),
            "warning",
        )
        return _page(entity_id, interface_id, account_id, status=409)
    _discard(gone)
    announce(
        ngettext(
            "“%(name)s” is no longer synced and %(num)d imported transaction is deleted.",
            "“%(name)s” is no longer synced and %(num)d imported transactions are deleted.",
            seen,
            name=account.name,
        )
    )
    return see_other(interface_url(entity.id, interface.id))


def _discard(gone: Gone) -> None:
    """Delete the files of what is deleted: nothing names them any more."""
    store().discard(gone.receipts)
    folder = services().settings.folder.uploads
    whole_files.discard(uploads.path_of(folder, one) for one in gone.uploads)


def _page(
    entity_id: str, interface_id: str, account_id: str, *, status: int = 200, unsure: bool = False
) -> Response:
    entity, interface = interface_or_404(entity_id, interface_id)
    account = account_of(interface.id, account_id)
    with services().database.read() as session:
        counted = forgetting.imported(session, account.id)
    return render_page(
        "imports/delete.html",
        status=status,
        entity=entity,
        interface=interface,
        account=account,
        counted=counted,
        unsure=unsure,
        days=RESTORABLE_FOR.days,
    )
