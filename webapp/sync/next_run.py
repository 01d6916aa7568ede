"""For which reason a run begins: one that comes late may be another night's."""

from dataclasses import replace

from webapp.domain.interfaces import DueReason
from webapp.domain.rhythm import Rhythm
from webapp.domain.schedule import SCHEDULED, reason_of_run
from webapp.storage.leases import Claim


def begun(claim: Claim, rhythm: Rhythm) -> Claim:
    """Return ``claim`` with the reason for which its run begins, which may have come late."""
    reason = reason_of_run(
        rhythm.next_due_at,
        claim.reason,
        claim.as_of,
        night=rhythm.tonight(claim.as_of),
        scheduled_on=rhythm.scheduled_on,
        today=claim.as_of.astimezone(rhythm.zone).date(),
    )
    if reason is DueReason.SCHEDULE and claim.reason not in SCHEDULED:
        reason = rhythm.first_reason
    return replace(claim, reason=reason)
