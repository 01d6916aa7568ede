"""The trash icon: stop syncing an account, and restore it (R46, D-G)."""

from flask import Response, abort
from flask_babel import gettext as _

from webapp.domain.people import Right
from webapp.storage import interfaces
from webapp.storage.accounts import Account, HeldAccount, shared_accounts
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.sync.attaching import Saver
from webapp.sync.stopping import RESTORABLE_FOR, restore_account, stop_account
from webapp.views.access import (
    current_user,
    entity_or_404,
    needs,
    now,
    scoped_or_404,
    services,
)
from webapp.views.connecting import interface_url
from webapp.views.pages import announce, render_page, see_other


@needs(Right.CONFIGURE)
def confirm(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Say what stopping means and what stays, and ask."""
    entity, interface = interface_or_404(entity_id, interface_id)
    held = _shared(interface.id, account_id)
    if held is None:
        abort(404)
    return render_page(
        "imports/stop.html",
        entity=entity,
        interface=interface,
        account=held.account,
        holder=held.holder_name,
        days=RESTORABLE_FOR.days,
    )


@needs(Right.CONFIGURE)
def stop(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Stop syncing an account; pressed twice it stays stopped."""
    entity, interface = interface_or_404(entity_id, interface_id)
    account = account_of(interface.id, account_id)
    with services().database.write() as session:
        by = Saver(session, entity, current_user().id, now())
        stopped = stop_account(by, interface.id, account.id)
    if stopped:
        announce(
            _(
                "“%(name)s” is no longer synced. Its expenses stay; it can be restored for "
                "%(days)d days.",
                name=account.name,
                days=RESTORABLE_FOR.days,
            )
        )
    else:
        announce(_("“%(name)s” was stopped already.", name=account.name), "info")
    return see_other(interface_url(entity.id, interface.id))


@needs(Right.CONFIGURE)
def restore(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Take a stopped account up again."""
    entity, interface = interface_or_404(entity_id, interface_id)
    account = account_of(interface.id, account_id)
    connector = services().registry.connectors.get(interface.connector)
    by_file = connector is not None and connector.info.reads_files
    with services().database.write() as session:
        by = Saver(session, entity, current_user().id, now())
        restored = restore_account(by, interface.id, account.id, by_file=by_file)
    if restored:
        announce(
            _(
                "“%(name)s” is synced again. The next sync fetches what happened meanwhile.",
                name=account.name,
            )
        )
    elif account.shared:
        announce(_("“%(name)s” is synced already.", name=account.name), "info")
    else:
        announce(
            _(
                "“%(name)s” was stopped too long ago to be restored here. Connect again and tick "
                "it on the partner's page.",
                name=account.name,
            ),
            "warning",
        )
    return see_other(interface_url(entity.id, interface.id))


def interface_or_404(entity_id: str, interface_id: str) -> tuple[LegalEntity, Interface]:
    """Return a legal entity's interface that the person may configure; else 404 or 403 (D-T)."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        found = interfaces.interface_of(session, entity.id, interface_id)
    return entity, scoped_or_404(found, Right.CONFIGURE)


def _shared(interface_id: str, account_id: str) -> HeldAccount | None:
    with services().database.read() as session:
        accounts = shared_accounts(session, interface_id)
    return next((held for held in accounts if held.account.id == account_id), None)


def account_of(interface_id: str, account_id: str) -> Account:
    """Return an account of the interface, synced or not; else 404."""
    with services().database.read() as session:
        account = session.get(Account, account_id)
    if account is None or account.interface_id != interface_id:
        abort(404)
    return account
