"""Tidy after workers that are gone: their runs are closed as interrupted, their leases freed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from webapp.domain.interfaces import DueReason, Outcome
from webapp.domain.rhythm import Rhythm
from webapp.domain.schedule import after_interruption
from webapp.storage.clock import lease_now
from webapp.storage.interfaces import Interface
from webapp.storage.leases import LEASE, is_due
from webapp.storage.rhythms import rhythms_of
from webapp.storage.runs import SyncRun, interrupted_at

# What a person or the source asked for stays that, however often its worker dies.
_STAYS = (DueReason.DEMAND, DueReason.WEBHOOK)


@dataclass(frozen=True, slots=True)
class Reaped:
    """What was found: interfaces whose lease ran out, and runs that were left open."""

    interfaces: int
    runs: int


def reap(session: Session, *, now: datetime, owner: str | None = None) -> Reaped:
    """Free the interfaces whose lease ran out, and close the runs that nobody works on.

    Each counts one more run without a word, so that its next one gets a process of its own; after
    several in a row it waits. The fence moves on: a worker that was only asleep is fenced off.

    :param now: business time.
    :param owner: a worker known to be dead: its leases need not run out first.
    """
    real = lease_now(session)
    gone = col(Interface.lease_until) < real
    if owner is not None:
        gone = col(Interface.lease_owner) == owner
    held = select(Interface).where(col(Interface.lease_until).is_not(None), gone)
    found = session.exec(held.order_by(col(Interface.id)).with_for_update(skip_locked=True)).all()
    rhythms = rhythms_of(session, [one.id for one in found]) if found else {}
    for interface in found:
        _free(interface, rhythms[interface.id], now)
    session.flush()
    return Reaped(len(found), _close_left_open(session, real))


def _free(interface: Interface, rhythm: Rhythm, now: datetime) -> None:
    interface.lease_owner = interface.lease_until = None
    interface.fence += 1
    interface.interrupted += 1
    now = interface.as_of or now
    if not is_due(interface, now):
        return  # a file was handed in: nothing of the schedule was under way
    step = after_interruption(
        interface.interrupted, now=now, key=interface.id, night=rhythm.next_night(now)
    )
    if step.next_due_at is None or step.next_due_at <= now:
        return  # it is due as it was, for the reason for which it was
    interface.state, interface.next_due_at = step.state.value, step.next_due_at
    interface.as_of = None
    if interface.due_reason not in _STAYS:
        interface.due_reason = step.reason.value


def _close_left_open(session: Session, real: datetime) -> int:
    """Close the runs without a sign of life whose fence is not the one that counts."""
    held = (
        select(Interface.id)
        .where(col(Interface.lease_until) >= real, col(Interface.fence) == SyncRun.fence)
        .where(col(Interface.id) == col(SyncRun.interface_id))
    )
    outdated = select(Interface.id).where(
        col(Interface.id) == col(SyncRun.interface_id), col(Interface.fence) != SyncRun.fence
    )
    closed = session.connection().execute(
        update(SyncRun)
        .where(
            col(SyncRun.outcome) == Outcome.RUNNING,
            (col(SyncRun.heartbeat_at) < real - LEASE) | outdated.exists(),
            ~held.exists(),
        )
        .values(**interrupted_at(real))
    )
    return closed.rowcount
