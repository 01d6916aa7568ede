"""Ask for a sync on demand (R53, R71): a page asks, a worker runs.

What is asked stands in the interface's row, written with the audit row in one transaction; the
doorbell only hurries the worker. Without a Redis the clock finds the row within a second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from cardsync_sdk.registry import Registry
from webapp.domain.interfaces import InterfaceState
from webapp.storage import audit, leases
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, lock_interface
from webapp.storage.people import LegalEntity

WHY_MAX = 200
RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Demand:
    """Who asks for a sync of which interface, when, and why (may be empty)."""

    interface_id: str
    entity: LegalEntity
    user_id: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The interface is due from now on; ``heard``: a worker was rung already."""

    heard: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A run is due or under way already: its result answers this demand too."""


class Obstacle(StrEnum):
    """Why a sync cannot be asked for; each names who must act."""

    INCOMPLETE = "incomplete"
    NEEDS_USER = "needs_user"
    REJECTED = "rejected"
    STOPPED = "stopped"
    BY_FILE = "by_file"
    NO_CONNECTOR = "no_connector"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class NotPossible:
    """Nothing was asked; ``until``: when it runs by itself, where that is known (D-H)."""

    obstacle: Obstacle
    until: datetime | None = None


Answer = Asked | Joined | NotPossible


def ask_for_sync(
    database: Database, registry: Registry, ring: Callable[[str], bool], demand: Demand
) -> Answer:
    """Ask for a sync of an interface; pressed twice, or by two people, there is one run.

    :param ring: the doorbell; whether it is heard changes nothing but the moment.
    :raises LookupError: if there is no such interface.
    """
    with database.write() as session:
        lock_interface(session, demand.interface_id)
        interface = session.get(Interface, demand.interface_id)
        if interface is None:
            raise LookupError(f"there is no interface {demand.interface_id}")
        obstacle = obstacle_of(interface, registry, demand.at)
        if obstacle is not None:
            return obstacle
        joined = leases.is_due(interface, demand.at)
        if not joined:
            leases.ask(
                session, interface.id, at=demand.at, asked_by=demand.user_id, why=clean(demand.why)
            )
        _record(session, demand, "interface.sync_joined" if joined else "interface.sync_asked")
    heard = ring(demand.interface_id)
    return Joined() if joined else Asked(heard)


def obstacle_of(interface: Interface, registry: Registry, now: datetime) -> NotPossible | None:
    """Return what keeps ``interface`` from being synced on demand, if anything does."""
    connector = registry.connectors.get(interface.connector)
    if connector is None:
        return NotPossible(Obstacle.NO_CONNECTOR)
    if connector.info.reads_files:
        return NotPossible(Obstacle.BY_FILE)
    if interface.state != InterfaceState.ACTIVE:
        return NotPossible(Obstacle(interface.state))
    planned = interface.next_due_at
    if interface.last_error_reason == RATE_LIMITED and planned is not None and planned > now:
        return NotPossible(Obstacle.RATE_LIMITED, planned)
    return None


def clean(why: str) -> str:
    """Return a reason as it is kept: one line, no control characters, not longer than a line."""
    words = " ".join(why.split())
    return "".join(char for char in words if char.isprintable())[:WHY_MAX]


def _record(session: Session, demand: Demand, action: str) -> None:
    audit.record(
        session,
        at=demand.at,
        action=action,
        target_kind="interface",
        target_id=demand.interface_id,
        actor_id=demand.user_id,
        group_id=demand.entity.group_id,
        legal_entity_id=demand.entity.id,
        **({"why": clean(demand.why)} if clean(demand.why) else {}),
    )
