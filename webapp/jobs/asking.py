"""Ask for a sync on demand (R53, R71): a page asks, a worker runs.

What is asked stands in the interface's row, written with the audit row in one transaction; the
doorbell only hurries the worker. Without a Redis the clock finds the row within a second.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from cardsync_sdk.registry import Registry
from webapp.domain.interfaces import InterfaceState
from webapp.domain.quota import DAY, next_possible
from webapp.domain.schedule import SCHEDULED
from webapp.domain.windows import AskedDays
from webapp.storage import audit, leases
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, lock_interface
from webapp.storage.people import LegalEntity
from webapp.storage.runs import demanded_since
from webapp.sync.failures import RATE_LIMITED

WHY_MAX = 200


@dataclass(frozen=True, slots=True)
class Demand:
    """Who asks for a sync of which interface, when, and why (may be empty).

    ``days``: to be asked for once more in the same sync. ``by_support``: asked on the support page,
    which the audit trail says.
    """

    interface_id: str
    entity: LegalEntity
    user_id: str
    at: datetime
    why: str = ""
    days: AskedDays | None = None
    by_support: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The interface is due from now on; ``heard``: a worker was rung already."""

    heard: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A run is due or under way already: its result answers this demand too."""


@dataclass(frozen=True, slots=True)
class Later:
    """More was asked than the source bears (D-H): the sync takes place at ``at``, by itself.

    ``nightly``: that is the next night's, which comes before one may be asked for again.
    """

    at: datetime
    nightly: bool


class Obstacle(StrEnum):
    """Why a sync cannot be asked for; each names who must act."""

    INCOMPLETE = "incomplete"
    NEEDS_USER = "needs_user"
    REJECTED = "rejected"
    STOPPED = "stopped"
    BY_FILE = "by_file"
    NO_CONNECTOR = "no_connector"
    UNDER_WAY = "under_way"


@dataclass(frozen=True, slots=True)
class NotPossible:
    """Nothing was asked."""

    obstacle: Obstacle


Answer = Asked | Joined | Later | NotPossible


def ask_for_sync(
    database: Database, registry: Registry, ring: Callable[[], bool], demand: Demand
) -> Answer:
    """Ask for a sync of an interface; pressed twice, or by two people, there is one run.

    Days to ask for once more are taken along by a run that is still to come; one under way has
    made its plan already, so they are refused until it has ended. What the source does not bear now
    is put off, and never refused (D-H).

    :param ring: the doorbell; whether it is heard changes nothing but the moment.
    :raises LookupError: if there is no such interface.
    """
    with database.write() as session:
        lock_interface(session, demand.interface_id)
        interface = session.get(Interface, demand.interface_id)
        if interface is None:
            raise LookupError(f"there is no interface {demand.interface_id}")
        obstacle = obstacle_of(interface, registry)
        if obstacle is not None:
            return obstacle
        if demand.days is not None:
            if leases.under_way(session, interface):
                return NotPossible(Obstacle.UNDER_WAY)
            leases.ask_again(session, interface, demand.days)
        answer: Asked | Joined | Later = Asked(heard=False)
        if leases.is_due(interface, demand.at):
            answer = Joined()
        elif later := _later(session, interface, registry, demand.at):
            answer = later
        _plan(session, interface, demand, answer)
        _record(session, demand, answer)
    if isinstance(answer, Later):
        return answer
    heard = ring()
    return answer if isinstance(answer, Joined) else Asked(heard)


def _later(
    session: Session, interface: Interface, registry: Registry, now: datetime
) -> Later | None:
    """Return when the sync takes place, if the source bears none now."""
    planned = interface.next_due_at
    if planned is not None and interface.last_error_reason == RATE_LIMITED:
        possible: datetime | None = planned
    else:
        quota = registry.connectors[interface.connector].info.quota
        asked_at = demanded_since(session, interface.id, now - DAY)
        possible = next_possible(asked_at, quota, now)
    if possible is None:
        return None
    if planned is not None and planned <= possible:
        return Later(planned, interface.due_reason in SCHEDULED)
    return Later(possible, nightly=False)


def _plan(
    session: Session, interface: Interface, demand: Demand, answer: Asked | Joined | Later
) -> None:
    """Make the interface due for this demand, unless what is planned comes first."""
    at = answer.at if isinstance(answer, Later) else demand.at
    comes_first = interface.next_due_at is not None and interface.next_due_at <= at
    if isinstance(answer, Joined) or comes_first:
        return
    leases.ask(session, interface.id, at=at, asked_by=demand.user_id, why=clean(demand.why))


def obstacle_of(interface: Interface, registry: Registry) -> NotPossible | None:
    """Return what keeps ``interface`` from being synced on demand, if anything does."""
    connector = registry.connectors.get(interface.connector)
    if connector is None:
        return NotPossible(Obstacle.NO_CONNECTOR)
    if connector.info.reads_files:
        return NotPossible(Obstacle.BY_FILE)
    if interface.state != InterfaceState.ACTIVE:
        return NotPossible(Obstacle(interface.state))
    return None


def clean(why: str) -> str:
    """Return a reason as it is kept: one line, no control characters, not longer than a line."""
    words = " ".join(why.split())
    return "".join(char for char in words if char.isprintable())[:WHY_MAX]


_ACTIONS: Final[Mapping[type, str]] = {
    Asked: "interface.sync_asked",
    Joined: "interface.sync_joined",
    Later: "interface.sync_put_off",
}


def _record(session: Session, demand: Demand, answer: Asked | Joined | Later) -> None:
    detail: dict[str, str] = {"why": clean(demand.why)} if clean(demand.why) else {}
    action = _ACTIONS[type(answer)]
    if isinstance(answer, Later):
        detail["put_off"] = answer.at.isoformat(timespec="seconds")
    if demand.by_support:
        action = "support.resynced"
    if demand.days is not None:
        action = "support.days_asked_again"
        detail["since"] = demand.days.first.isoformat()
        detail["ends_on"] = demand.days.last.isoformat()
        detail["account"] = demand.days.account_id or ""
    audit.record(
        session,
        at=demand.at,
        action=action,
        target_kind="interface",
        target_id=demand.interface_id,
        actor_id=demand.user_id,
        group_id=demand.entity.group_id,
        legal_entity_id=demand.entity.id,
        **detail,
    )
