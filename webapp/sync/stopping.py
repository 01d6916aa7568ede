"""Stop syncing an account, delete what it imported, take it up again within thirty days (D-G).

What came in stays: transactions, expenses, history, the holder. From then on the rows of a stopped
account are counted as not shared and nothing of them is kept (R13).
"""

from datetime import datetime, timedelta
from typing import Final

from webapp.domain.interfaces import InterfaceState
from webapp.domain.lifecycle import Event, after
from webapp.storage.accounts import Account, accounts_of
from webapp.storage.forgetting import Gone, forget, imported
from webapp.storage.interfaces import Interface, fence_off, lock_interface, stop_empty
from webapp.storage.rhythms import rhythm_of
from webapp.sync.attaching import Saver, audit_account

RESTORABLE_FOR: Final = timedelta(days=30)


def stop_account(by: Saver, interface_id: str, account_id: str) -> bool:
    """Stop syncing an account; false if it is not synced any more.

    A run under way is overtaken: it must not mark days as fetched whose rows were left out.
    """
    account = _locked(by, interface_id, account_id)
    if account is None or not account.shared:
        return False
    account.shared, account.stopped_at = False, by.now
    by.session.add(account)
    by.session.flush()
    fence_off(by.session, [interface_id])
    stop_empty(by.session, [interface_id])
    audit_account(by, "account.stopped", account, interface=interface_id)
    return True


def delete_imported(by: Saver, interface_id: str, account_id: str, *, seen: int) -> Gone | None:
    """Stop an account and delete what was imported for it; ``None`` if nothing was deleted.

    It can be restored like one that was only stopped: its marks are gone, so that the next sync
    brings everything back that the bank still shows, for whom it is attached to (R82).

    :param seen: how many transactions the person was told would go; if others came in meanwhile,
        nothing is deleted.
    """
    account = _locked(by, interface_id, account_id)
    if account is None:
        return None
    counted = imported(by.session, account_id)
    if counted.transactions != seen:
        return None
    account.shared, account.stopped_at = False, by.now
    account.cursor = account.complete_until = account.last_ok_at = account.not_seen_since = None
    by.session.add(account)
    by.session.flush()
    fence_off(by.session, [interface_id])
    stop_empty(by.session, [interface_id])
    gone = forget(by.session, account_id)
    audit_account(
        by,
        "account.forgotten",
        account,
        interface=interface_id,
        transactions=counted.transactions,
    )
    return gone


def restore_account(by: Saver, interface_id: str, account_id: str, *, by_file: bool) -> bool:
    """Sync a stopped account again; false if it is not stopped, or was stopped too long ago.

    Its marks stand where they stood: the next sync fetches what happened meanwhile.

    :param by_file: the interface is fed by files, so that nothing is planned.
    """
    account = _locked(by, interface_id, account_id)
    if account is None or not may_restore(account, by.now):
        return False
    account.shared, account.stopped_at = True, None
    by.session.add(account)
    _wake(by, interface_id, by_file=by_file)
    audit_account(by, "account.restored", account, interface=interface_id)
    return True


def may_restore(account: Account, now: datetime) -> bool:
    """Say whether an admin may take the account up again here, without a trip to the partner."""
    stopped = account.stopped_at
    return not account.shared and stopped is not None and now - stopped <= RESTORABLE_FOR


def _locked(by: Saver, interface_id: str, account_id: str) -> Account | None:
    lock_interface(by.session, interface_id)
    accounts = accounts_of(by.session, interface_id)
    return next((account for account in accounts if account.id == account_id), None)


def _wake(by: Saver, interface_id: str, *, by_file: bool) -> None:
    """Start an interface again that stood still because nothing was left to sync.

    One that needs a person at the partner's still does.
    """
    interface = by.session.get_one(Interface, interface_id)
    if interface.state != InterfaceState.STOPPED or interface.activated_on is None:
        return
    interface.state = after(interface.state, Event.RESTORED)
    interface.attempts = 0
    interface.nightly = interface.nightly and not by_file
    by.session.add(interface)
    by.session.flush()
    rhythm = rhythm_of(by.session, interface_id)
    interface.next_due_at = rhythm.next_night(by.now)
    interface.due_reason = rhythm.first_reason
    by.session.add(interface)
