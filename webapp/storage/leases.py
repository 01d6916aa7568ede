"""Claims on interfaces: one writer at a time, proved by a fence number.

Two clocks: *business time* decides what is due and may be moved (``--as-of``); *lease time* is the
database's own and never is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Executable,
    Row,
    bindparam,
    func,
    or_,
    update,
)
from sqlmodel import Session, col, select

from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.schedule import NextStep
from webapp.domain.windows import AskedDays
from webapp.storage.clock import lease_clock, lease_now
from webapp.storage.interfaces import Interface

LEASE = timedelta(seconds=60)


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
    real = lease_clock(session)
    taken = _taking(
        owner,
        now,
        real,
        col(Interface.id) == interface_id,
        _not_held(real),
    )
    row = session.connection().execute(taken).one_or_none()
    return None if row is None else _claim_of(row, now)


def claim_many(
    session: Session, interface_ids: Sequence[str], *, owner: str, now: datetime
) -> list[Claim]:
    """Take those of ``interface_ids`` that are due and free, with one UPDATE for all.

    One whose lease ran out is left to :func:`webapp.storage.reaping.reap`, which notes that its run
    ended without a word. Whoever takes the same ones at once passes over those being taken.
    """
    free = (
        select(Interface.id)
        .where(col(Interface.id).in_(interface_ids), col(Interface.lease_until).is_(None))
        .order_by(col(Interface.id))
        .with_for_update(skip_locked=True)
    )
    found = session.exec(free).all()
    if not found:
        return []
    taken = _taking(
        owner,
        now,
        lease_clock(session),
        col(Interface.id).in_(found),
        col(Interface.lease_until).is_(None),
    )
    return [_claim_of(row, now) for row in session.connection().execute(taken)]


def _taking(owner: str, now: datetime, real: Any, *which: ColumnElement[bool]) -> Executable:
    return (
        update(Interface)
        .where(*due_by(now), *which)
        .values(
            lease_owner=owner,
            lease_until=real + LEASE,
            fence=Interface.fence + 1,
            attempts=Interface.attempts + 1,
            # Whatever rang before is answered by this run; only what rings during it waits.
            news_waits=False,
        )
        .returning(
            col(Interface.id),
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


def _claim_of(row: Row[Any], now: datetime) -> Claim:
    interface_id, fence, as_of, reason, asked_by, attempts, why, *again = tuple(row)
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
    _write(session, claimed, lease_until=lease_clock(session) + LEASE)


def finish(
    session: Session, claimed: Claim, *, next_due_at: datetime | None, ok_at: datetime
) -> bool:
    """End a claim after a success: the next run is planned, the tries are counted anew.

    Returns whether the source rang meanwhile.

    :param next_due_at: the next night; ``None`` where it is synced only when asked.
    :raises FencedOff: as :func:`renew`.
    """
    return _write(
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
    session: Session,
    claimed: Claim,
    *,
    step: NextStep,
    error: str,
    error_reason: str,
    alone: bool = False,
) -> bool:
    """End a claim after a failure; no mark moves. Returns whether the source rang meanwhile.

    :param alone: the next run gets a process of its own.
    :raises FencedOff: as :func:`renew`.
    """
    return _write(
        session,
        claimed,
        **{**_FREE, "interrupted": int(alone)},
        state=step.state,
        next_due_at=step.next_due_at,
        due_reason=step.reason,
        last_error=error,
        last_error_reason=error_reason,
    )


def let_go(session: Session, claimed: Claim) -> bool:
    """End a claim that does not touch the schedule (a file handed in): only the lease is freed.

    Returns whether the source rang meanwhile.

    :raises FencedOff: as :func:`renew`.
    """
    return _write(session, claimed, **_ENDED)


def hold(
    session: Session, interface_id: str, *, owner: str, now: datetime, by: str | None = None
) -> Claim | None:
    """Take a free interface, whatever its state and schedule, for a file; else ``None``."""
    real = lease_clock(session)
    taken = (
        update(Interface)
        .where(
            col(Interface.id) == interface_id,
            _not_held(real),
        )
        .values(lease_owner=owner, lease_until=real + LEASE, fence=Interface.fence + 1)
        .returning(col(Interface.fence), col(Interface.attempts))
    )
    row = session.connection().execute(taken).one_or_none()
    return row and Claim(interface_id, row[0], now, DueReason.DEMAND, by, row[1])


def due_by(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what makes an interface due at ``now``, or at the business time it was asked with."""
    return (
        col(Interface.state) == InterfaceState.ACTIVE,
        col(Interface.next_due_at) <= func.coalesce(col(Interface.as_of), now),
    )


def _not_held(real: Any) -> ColumnElement[bool]:
    """Return what makes an interface free at ``real``: no lease, or one that ran out."""
    return or_(col(Interface.lease_until).is_(None), col(Interface.lease_until) < real)


def count_due(session: Session, *, now: datetime, most: int) -> int:
    """Return how many interfaces are due and not held by a live worker, ``most`` at most."""
    due = select(Interface.id).where(*due_by(now), _not_held(lease_clock(session))).limit(most)
    return session.exec(select(func.count()).select_from(due.subquery())).one()


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
        update(Interface).where(col(Interface.id).in_(interface_ids)).values(as_of=moment)
    )


# What ends a lease. The fence moves on with it: whoever wakes up late, of a run that was ended for
# it, finds itself fenced off although nobody else has begun yet.
_ENDED: Final = {
    "lease_owner": None,
    "lease_until": None,
    "fence": Interface.fence + 1,
    "interrupted": 0,
}
_FREE: Final = {**_ENDED, "as_of": None, "asked_by": None, "asked_why": ""}


def _write(session: Session, claimed: Claim, **values: object) -> bool:
    """Write under the fence; say whether the source has rung during the run."""
    plain = {name: value for name, value in values.items() if not isinstance(value, ClauseElement)}
    reckoned = {name: value for name, value in values.items() if name not in plain}
    key = (session.get_bind().dialect.name, *plain, *reckoned)
    if key not in _FENCED:
        _FENCED[key] = _fenced(plain, reckoned)
    given = {"of_interface": claimed.interface_id, "at_fence": claimed.fence}
    given |= {f"to_{name}": value for name, value in plain.items()}
    written = session.connection().execute(_FENCED[key], given).one_or_none()
    if written is None:
        raise FencedOff(f"interface {claimed.interface_id}: fence {claimed.fence} is outdated")
    return bool(written[0])


# Written several times in each run, so built once for each set of columns.
_FENCED: Final[dict[tuple[str, ...], Any]] = {}


def _fenced(plain: Collection[str], reckoned: Mapping[str, Any]) -> Any:
    """Build the UPDATE under the fence.

    :param plain: columns whose values are given with each call.
    :param reckoned: columns that the database reckons, each always the same way.
    """
    return (
        update(Interface)
        .where(
            col(Interface.id) == bindparam("of_interface"),
            col(Interface.fence) == bindparam("at_fence"),
        )
        .values({**{name: bindparam(f"to_{name}") for name in plain}, **reckoned})
        .returning(col(Interface.news_waits))
    )
