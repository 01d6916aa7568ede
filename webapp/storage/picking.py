"""What is due for the workers: read many times a second in a busy night, so kept cheap."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from webapp.domain.interfaces import DueReason
from webapp.domain.turns import Due
from webapp.storage.clock import lease_clock
from webapp.storage.interfaces import Interface
from webapp.storage.leases import due_by
from webapp.storage.people import Group, LegalEntity

AWAITED = (DueReason.DEMAND.value, DueReason.WEBHOOK.value)


def due_now(
    session: Session, now: datetime, *, without: Collection[str] = (), limit: int
) -> list[Due]:
    """Return interfaces that are due and free, the groups in turn, the longest due of each first.

    :param now: business time. :param without: connectors whose source bears no more at present.
    """
    place = func.row_number().over(
        partition_by=col(LegalEntity.group_id), order_by=col(Interface.next_due_at)
    )
    asked = _due(now).where(col(Interface.connector).not_in(without))
    return _read(session, asked.order_by(place, col(Interface.next_due_at)).limit(limit))


def awaited_now(session: Session, now: datetime, *, limit: int) -> list[Due]:
    """Return the interfaces that people, or their source, wait for now, the longest due first."""
    asked = _due(now).where(col(Interface.due_reason).in_(AWAITED))
    return _read(session, asked.order_by(col(Interface.next_due_at)).limit(limit))


def _due(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Interface.id),
            col(Interface.legal_entity_id),
            col(LegalEntity.group_id),
            col(Interface.connector),
            col(Interface.due_reason),
            col(Interface.interrupted),
        )
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .where(*due_by(now), col(Interface.lease_until).is_(None))
    )


def _read(session: Session, asked: Select[*tuple[Any, ...]]) -> list[Due]:
    rows = session.connection().execute(asked).all()
    return [
        Due(interface_id, entity, group, connector, reason in AWAITED, interrupted > 0)
        for interface_id, entity, group, connector, reason, interrupted in rows
    ]


def fetches_under_way(session: Session) -> dict[str, int]:
    """Return how many interfaces of each connector are held by workers now."""
    held = (
        select(col(Interface.connector), func.count())
        .where(col(Interface.lease_until) >= lease_clock(session))
        .group_by(col(Interface.connector))
    )
    return {row[0]: row[1] for row in session.connection().execute(held)}


def count_groups(session: Session) -> int:
    """Return how many groups there are."""
    counted = select(func.count()).select_from(Group)
    return int(session.connection().execute(counted).scalar_one())
