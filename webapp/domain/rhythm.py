"""The rhythm of an interface: its nights, and what else its next run follows from. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from webapp.domain.interfaces import DueReason
from webapp.domain.schedule import next_daily, planned_at


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the nights of an interface follow from.

    ``scheduled_on``: the local day of its last scheduled run; ``next_due_at``: its next one.
    """

    interface_id: str
    zone: ZoneInfo
    activated_on: date | None
    nightly: bool
    scheduled_on: date | None
    next_due_at: datetime | None = None

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
