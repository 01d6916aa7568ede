"""Switch the nightly syncs of an interface off and on (R53); it can be synced when asked anyway."""

from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.lifecycle import Event, after
from webapp.domain.schedule import SCHEDULED
from webapp.storage import audit, leases
from webapp.storage.interfaces import Interface, lock_interface
from webapp.storage.rhythms import rhythm_of
from webapp.sync.attaching import Saver


def set_nightly(by: Saver, interface_id: str, *, on: bool) -> bool:
    """Switch the nights of an interface on or off; false if they are so already.

    What is due, asked for, or tried again after a failure takes place all the same: it was wanted
    before, and its end plans what follows. A sync that only waits for its night is let go.
    """
    lock_interface(by.session, interface_id)
    interface = by.session.get_one(Interface, interface_id, populate_existing=True)
    if interface.nightly == on:
        return False
    interface.nightly = on
    interface.state = after(interface.state, Event.NIGHTS_ON if on else Event.NIGHTS_OFF)
    by.session.add(interface)
    by.session.flush()
    if interface.state == InterfaceState.ACTIVE and not leases.is_due(interface, by.now):
        _plan(by, interface, on=on)
    audit.record_in(
        by.session,
        by,
        "interface.nightly_on" if on else "interface.nightly_off",
        kind="interface",
        target_id=interface_id,
    )
    return True


def _plan(by: Saver, interface: Interface, *, on: bool) -> None:
    if on and interface.next_due_at is None:
        rhythm = rhythm_of(by.session, interface.id)
        interface.next_due_at, interface.due_reason = rhythm.next_night(by.now), rhythm.first_reason
    elif not on and interface.attempts:
        # The night was to be the next try; so it is one still.
        interface.due_reason = DueReason.RETRY
    elif not on and interface.due_reason in SCHEDULED:
        interface.next_due_at = None
    by.session.add(interface)
