"""How the interfaces of each connector fare, counted within the legal entities one reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from webapp.domain.interfaces import InterfaceState
from webapp.storage.interfaces import Interface


@dataclass(frozen=True, slots=True)
class HealthCount:
    """So many interfaces of a connector stand alike.

    ``failing``: the last try failed; ``fresh``: the last success is recent; ``ever``: there was
    one.
    """

    connector: str
    state: InterfaceState
    failing: bool
    fresh: bool
    ever: bool
    count: int
    last_ok_at: datetime | None


def health(
    session: Session, entities: frozenset[str], *, fresh_from: datetime
) -> list[HealthCount]:
    """Return how the interfaces of ``entities`` stand, in one query, by connector.

    :param fresh_from: a success from then on counts as recent.
    """
    failing = col(Interface.last_error) != ""
    fresh = func.coalesce(
        and_(col(Interface.last_ok_at).is_not(None), col(Interface.last_ok_at) >= fresh_from), False
    )
    ever = col(Interface.last_ok_at).is_not(None)
    kinds: list[Any] = [col(Interface.connector), col(Interface.state), failing, fresh, ever]
    query = (
        select_columns(*kinds, func.count(), func.max(col(Interface.last_ok_at)))
        .where(col(Interface.legal_entity_id).in_(entities))
        .group_by(*kinds)
        .order_by(col(Interface.connector), col(Interface.state))
    )
    return [
        HealthCount(
            connector, InterfaceState(state), bool(fails), bool(is_fresh), bool(was), count, last
        )
        for connector, state, fails, is_fresh, was, count, last in session.execute(query)
    ]
