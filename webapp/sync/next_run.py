"""Plan the next run of an interface, from what its rows say at this moment.

Read within the transaction that writes it: an admin may have switched the nights off meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import Session, col

from webapp.domain.interfaces import DueReason
from webapp.domain.schedule import (
    SCHEDULED,
    after_interruption,
    next_daily,
    planned_at,
    reason_of_run,
)
from webapp.storage.interfaces import Interface, lock_interface
from webapp.storage.leases import Claim
from webapp.storage.people import LegalEntity
from webapp.storage.runs import last_scheduled


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the nights of an interface follow from. ``scheduled_on``: its last scheduled run."""

    interface_id: str
    zone: ZoneInfo
    activated_on: date | None
    nightly: bool
    scheduled_on: date | None

    def next_night(self, now: datetime, reason: DueReason | None = None) -> datetime | None:
        """Return the next scheduled run, if it has one; ``reason`` as in :func:`next_daily`."""
        if self.activated_on is None:
            return None
        return next_daily(
            now,
            self.zone,
            self.interface_id,
            activated_on=self.activated_on,
            reason=reason,
            nightly=self.nightly,
            scheduled_on=self.scheduled_on,
        )

    def tonight(self, now: datetime) -> datetime | None:
        """Return the planned instant of the night of today, if today has one, past or to come."""
        today = now.astimezone(self.zone).date()
        if not self.nightly or self.activated_on is None or today <= self.activated_on:
            return None
        return planned_at(today, self.zone, self.interface_id)

    @property
    def first_reason(self) -> DueReason:
        """Return the reason of the next scheduled run: the first one is told from the others."""
        return DueReason.FIRST if self.scheduled_on is None else DueReason.SCHEDULE


def rhythm_of(session: Session, interface_id: str) -> Rhythm:
    """Return what the nights of an interface follow from; locks it."""
    lock_interface(session, interface_id)
    interface = session.get_one(Interface, interface_id, populate_existing=True)
    entity = session.get_one(LegalEntity, interface.legal_entity_id)
    zone = ZoneInfo(entity.timezone)
    last = last_scheduled(session, interface_id)
    return Rhythm(
        interface_id,
        zone,
        interface.activated_on,
        interface.nightly,
        last and last.astimezone(zone).date(),
    )


def begun(session: Session, claim: Claim) -> Claim:
    """Return ``claim`` with the reason for which its run begins, which may have come late."""
    rhythm = rhythm_of(session, claim.interface_id)
    interface = session.get_one(Interface, claim.interface_id)
    reason = reason_of_run(
        interface.next_due_at,
        claim.reason,
        claim.as_of,
        night=rhythm.tonight(claim.as_of),
        scheduled_on=rhythm.scheduled_on,
        today=claim.as_of.astimezone(rhythm.zone).date(),
    )
    if reason is DueReason.SCHEDULE and claim.reason not in SCHEDULED:
        reason = rhythm.first_reason
    return replace(claim, reason=reason)


def plan_after_interruption(session: Session, interface_id: str, now: datetime) -> None:
    """Plan the next try of an interface whose run ended without a word, by how often it did.

    ``interface.interrupted`` counts that run already. Nobody may hold the interface.
    """
    rhythm = rhythm_of(session, interface_id)
    interface = session.get_one(Interface, interface_id)
    step = after_interruption(
        interface.interrupted, now=now, key=interface_id, night=rhythm.next_night(now)
    )
    if interface.next_due_at is None or (step.next_due_at or now) <= now:
        return  # it is due as it was, for the reason for which it was
    session.connection().execute(
        update(Interface)
        .where(col(Interface.id) == interface_id)
        .values(state=step.state, next_due_at=step.next_due_at, due_reason=step.reason, as_of=None)
    )
