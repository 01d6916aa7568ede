"""Claims on interfaces: one writer at a time, proved by a fence number.

Two clocks: *business time* decides what is due and may be moved (``--as-of``); *lease time* is the
database's own and never is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, select

from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.schedule import NextStep
from webapp.domain.windows import AskedDays
from webapp.storage.clock import lease_now
from webapp.storage.interfaces import Interface

LEASE = timedelta(seconds=60)
DOORBELL_EVERY = timedelta(seconds=30)


class FencedOff(Exception):
    """Another worker has taken the interface over; nothing of this one may be written any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write for one interface, as long as ``fence`` is its newest number.

    ``as_of`` is the business time of the run; ``asked_why`` the reason its asker gave, if any;
    ``again`` the days it shall ask for once more.
    """

    interface_id: str
    fence: int
    as_of: datetime
    reason: DueReason
    asked_by: str | None
    attempts: int
    asked_why: str = ""
    again: AskedDays | None = None


def ask(
    session: Session,
    interface_id: str,
    *,
    at: datetime,
    as_of: datetime | None = None,
    reason: DueReason = DueReason.DEMAND,
    asked_by: str | None = None,
    why: str = "",
) -> bool:
    """Make an interface due at ``at`` in the caller's transaction; false if it cannot be synced.

    :param as_of: business time the run is to use instead of the real one.
    """
    asked = (
        update(Interface)
        .where(col(Interface.id) == interface_id, col(Interface.state) == InterfaceState.ACTIVE)
        .values(
            next_due_at=at,
            as_of=as_of,
            due_reason=reason,
            asked_by=asked_by,
            asked_why=why,
            doorbell_at=None,
        )
    )
    return session.connection().execute(asked).rowcount == 1


def ask_again(session: Session, interface: Interface, days: AskedDays) -> None:
    """Have the next run ask for ``days`` once more, together with what was asked for before."""
    before = again_of(interface.again_first, interface.again_last, interface.again_account_id)
    wanted = days if before is None else days.joined_with(before)
    session.connection().execute(
        update(Interface)
        .where(col(Interface.id) == interface.id)
        .values(
            again_first=wanted.first, again_last=wanted.last, again_account_id=wanted.account_id
        )
    )


def again_of(first: date | None, last: date | None, account_id: str | None) -> AskedDays | None:
    """Return the days of a row that are to be asked for once more, if any."""
    return None if first is None or last is None else AskedDays(first, last, account_id)


def under_way(session: Session, interface: Interface) -> bool:
    """Say whether a worker holds the interface now."""
    return interface.lease_until is not None and interface.lease_until >= lease_now(session)


def is_due(interface: Interface, now: datetime) -> bool:
    """Say whether a run is due or under way: a claim leaves the interface due until its end."""
    due = interface.next_due_at
    active = interface.state == InterfaceState.ACTIVE
    return active and due is not None and due <= (interface.as_of or now)


def claim(session: Session, interface_id: str, *, owner: str, now: datetime) -> Claim | None:
    """Take the interface if it is due and free, with one conditional UPDATE; else ``None``.

    A lease that ran out is free: its worker is dead, or will find itself fenced off.
    """
    real = lease_now(session)
    due = func.coalesce(col(Interface.as_of), now)
    taken = (
        update(Interface)
        .where(
            col(Interface.id) == interface_id,
            col(Interface.state) == InterfaceState.ACTIVE,
            col(Interface.next_due_at) <= due,
            or_(col(Interface.lease_until).is_(None), col(Interface.lease_until) < real),
        )
        .values(
            lease_owner=owner,
            lease_until=real + LEASE,
            fence=Interface.fence + 1,
            attempts=Interface.attempts + 1,
        )
        .returning(
            col(Interface.fence),
            col(Interface.as_of),
            col(Interface.due_reason),
            col(Interface.asked_by),
            col(Interface.attempts),
            col(Interface.asked_why),
            col(Interface.again_first),
            col(Interface.again_last),
            col(Interface.again_account_id),
        )
    )
    row = session.connection().execute(taken).one_or_none()
    if row is None:
        return None
    fence, as_of, reason, asked_by, attempts, why, *again = row
    return Claim(
        interface_id,
        fence,
        as_of or now,
        DueReason(reason),
        asked_by,
        attempts,
        why,
        again_of(*again),
    )


def renew(session: Session, claimed: Claim) -> None:
    """Prove the fence and lengthen the lease, in the transaction of the write it protects.

    :raises FencedOff: if another worker has taken over; the caller's transaction must roll back.
    """
    _write(session, claimed, lease_until=lease_now(session) + LEASE)


def finish(
    session: Session, claimed: Claim, *, next_due_at: datetime | None, ok_at: datetime
) -> None:
    """End a claim after a success: the next run is planned, the tries are counted anew.

    :param next_due_at: the next night; ``None`` where it is synced only when asked.
    :raises FencedOff: as :func:`renew`.
    """
    _write(
        session,
        claimed,
        **_FREE,
        next_due_at=next_due_at,
        due_reason=DueReason.SCHEDULE,
        attempts=0,
        last_ok_at=ok_at,
        last_error="",
        last_error_reason="",
        again_first=None,
        again_last=None,
        again_account_id=None,
    )


def give_back(
    session: Session, claimed: Claim, *, step: NextStep, error: str, error_reason: str
) -> None:
    """End a claim after a failure; no mark moves.

    :raises FencedOff: as :func:`renew`.
    """
    _write(
        session,
        claimed,
        **_FREE,
        state=step.state,
        next_due_at=step.next_due_at,
        due_reason=step.reason,
        last_error=error,
        last_error_reason=error_reason,
    )


def let_go(session: Session, claimed: Claim) -> None:
    """End a claim that does not touch the schedule (a file handed in): only the lease is freed.

    :raises FencedOff: as :func:`renew`.
    """
    _write(session, claimed, lease_owner=None, lease_until=None, attempts=0)


def hold(
    session: Session, interface_id: str, *, owner: str, now: datetime, by: str | None = None
) -> Claim | None:
    """Take a free interface, whatever its state and schedule, for a file; else ``None``."""
    real = lease_now(session)
    taken = (
        update(Interface)
        .where(
            col(Interface.id) == interface_id,
            or_(col(Interface.lease_until).is_(None), col(Interface.lease_until) < real),
        )
        .values(lease_owner=owner, lease_until=real + LEASE, fence=Interface.fence + 1)
        .returning(col(Interface.fence), col(Interface.attempts))
    )
    row = session.connection().execute(taken).one_or_none()
    return row and Claim(interface_id, row[0], now, DueReason.DEMAND, by, row[1])


def due_interfaces(session: Session, *, now: datetime, limit: int = 500) -> list[str]:
    """Return the interfaces that are due and free, whose doorbell has not just been rung."""
    real = lease_now(session)
    found = session.exec(
        select(Interface.id)
        .where(
            col(Interface.state) == InterfaceState.ACTIVE,
            col(Interface.next_due_at) <= func.coalesce(col(Interface.as_of), now),
            or_(col(Interface.lease_until).is_(None), col(Interface.lease_until) < real),
            or_(
                col(Interface.doorbell_at).is_(None),
                col(Interface.doorbell_at) < real - DOORBELL_EVERY,
            ),
        )
        .order_by(col(Interface.next_due_at))
        .limit(limit)
    ).all()
    return list(found)


def due_at(session: Session, moment: datetime) -> list[str]:
    """Return every interface due at ``moment`` (business time), held or free, oldest first."""
    return list(
        session.exec(
            select(Interface.id)
            .where(
                col(Interface.state) == InterfaceState.ACTIVE,
                col(Interface.next_due_at) <= moment,
            )
            .order_by(col(Interface.next_due_at), col(Interface.id))
        )
    )


def set_business_time(session: Session, interface_ids: Sequence[str], moment: datetime) -> None:
    """Have the next run of these interfaces take place as of ``moment``."""
    session.connection().execute(
        update(Interface)
        .where(col(Interface.id).in_(interface_ids))
        .values(as_of=moment, doorbell_at=None)
    )


def mark_rung(session: Session, interface_ids: Sequence[str]) -> None:
    """Note that the doorbell of these interfaces is being rung now."""
    session.connection().execute(
        update(Interface)
        .where(col(Interface.id).in_(interface_ids))
        .values(doorbell_at=lease_now(session))
    )


_FREE = {"lease_owner": None, "lease_until": None, "as_of": None, "asked_by": None, "asked_why": ""}


def _write(session: Session, claimed: Claim, **values: object) -> None:
    fenced = (
        update(Interface)
        .where(col(Interface.id) == claimed.interface_id, col(Interface.fence) == claimed.fence)
        .values(**values)
    )
    if session.connection().execute(fenced).rowcount != 1:
        raise FencedOff(f"interface {claimed.interface_id}: fence {claimed.fence} is outdated")
