"""Read the rhythm of interfaces within the transaction that plans their next run.

An admin may switch the nights off at any moment, so it is read where it is used, and locked.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_ids

from webapp.domain.interfaces import InterfaceState, Trigger
from webapp.domain.rhythm import Rhythm
from webapp.domain.schedule import SCHEDULED
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.runs import SyncRun

# The first night comes after the day of activation, and no night is later than this.
FURTHEST_NIGHT = timedelta(hours=60)
_SCHEDULED = (Trigger.FIRST.value, Trigger.SCHEDULE.value)


def rhythm_of(session: Session, interface_id: str) -> Rhythm:
    """Return the rhythm of an interface; locks it."""
    return rhythms_of(session, [interface_id])[interface_id]


def rhythms_of(session: Session, interface_ids: Collection[str]) -> dict[str, Rhythm]:
    """Return the rhythm of each interface, by its id; locks them, in one order for everybody."""
    found = session.connection().execute(_rhythms(), {"ids": list(interface_ids)})
    rhythms = {}
    for interface_id, zone_name, activated_on, nightly, next_due_at, last in found:
        zone = ZoneInfo(zone_name)
        scheduled_on = None if last is None else last.astimezone(zone).date()
        rhythms[interface_id] = Rhythm(
            interface_id, zone, activated_on, nightly, scheduled_on, next_due_at
        )
    return rhythms


def plan_anew(session: Session, now: datetime) -> int:
    """Plan the nights anew that lie further ahead than any can; returns how many.

    A machine whose clock was days ahead has planned from there: put right, it would sleep for days.
    """
    far = session.exec(
        select_ids(Interface.id).where(
            col(Interface.state) == InterfaceState.ACTIVE,
            col(Interface.next_due_at) > now + FURTHEST_NIGHT,
            col(Interface.due_reason).in_(SCHEDULED),
            col(Interface.as_of).is_(None),
            col(Interface.lease_until).is_(None),
        )
    ).all()
    rhythms = rhythms_of(session, far) if far else {}
    for interface_id, rhythm in rhythms.items():
        night = rhythm.next_night(now)
        if night is not None:
            session.connection().execute(
                update(Interface).where(col(Interface.id) == interface_id).values(next_due_at=night)
            )
    return len(rhythms)


@cache
def _rhythms() -> Any:
    """Return the query, built once: every run asks it twice."""
    # Whatever became of it: a scheduled run is one, also when it failed.
    last_run = (
        select(col(SyncRun.as_of))
        .where(col(SyncRun.interface_id) == col(Interface.id), col(SyncRun.trigger).in_(_SCHEDULED))
        .order_by(col(SyncRun.started_at).desc(), col(SyncRun.as_of).desc())
        .limit(1)
        .correlate(Interface)
        .scalar_subquery()
    )
    return (
        select(
            col(Interface.id),
            col(LegalEntity.timezone),
            col(Interface.activated_on),
            col(Interface.nightly),
            col(Interface.next_due_at),
            last_run,
        )
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .where(col(Interface.id).in_(bindparam("ids", expanding=True)))
        .order_by(col(Interface.id))
        .with_for_update(of=Interface)
    )
