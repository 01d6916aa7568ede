"""A source rings: have the interfaces concerned synced soon, each once, however often it rings.

Nothing of a webhook is believed but that there is news: the host fetches by itself, so that a lost,
doubled, late or reordered one changes no row (D01 to D03).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from cardsync_sdk.types import WebhookHint
from webapp.domain import lifecycle
from webapp.domain.interfaces import Actor, DueReason, InterfaceState, Trigger
from webapp.domain.webhooks import (
    CLOSE,
    PARKED_FOR,
    PAUSE,
    Heard,
    Hearing,
    WebhookFate,
    hear,
    kept,
    weightiest,
)
from webapp.storage import leases, webhooks
from webapp.storage.clock import lease_now
from webapp.storage.interfaces import Interface, lock_interfaces
from webapp.storage.leases import Claim
from webapp.storage.runs import SyncRun
from webapp.sync.failures import RATE_LIMITED


def ring(
    session: Session, connector: str, hints: Sequence[WebhookHint], now: datetime
) -> list[str]:
    """Take a verified webhook in the caller's transaction; return the interfaces due at once.

    An event that was taken before, repeated by its source or replayed by somebody, does nothing.
    """
    named = [(hint.event_id, hint.link_ref) for hint in hints]
    fresh = webhooks.add_events(session, connector, named, at=now)
    if not fresh:
        return []
    events: dict[str, list[str]] = defaultdict(list)
    for event in fresh:
        events[event.link_ref].append(event.id)
    refs = {hint.link_ref for hint in hints if kept(hint.link_ref) in events}
    heard = _ring_links(session, connector, refs, now)
    for link_ref, ids in events.items():
        told = heard.get(link_ref, {})
        if told:
            fate = weightiest(one.fate for one in told.values())
            of = next(key for key, one in told.items() if one.fate is fate)
            webhooks.settle_events(session, ids, fate, of)
    return sorted(
        interface_id
        for told in heard.values()
        for interface_id, one in told.items()
        if one.due_at is not None and one.due_at <= now
    )


def _ring_links(
    session: Session, connector: str, link_refs: set[str], now: datetime
) -> dict[str, dict[str, Heard]]:
    """Ring for every interface of these links; several legal entities may have the same one."""
    found = [one.id for one in webhooks.interfaces_of_links(session, connector, link_refs)]
    lock_interfaces(session, found)
    heard: dict[str, dict[str, Heard]] = defaultdict(dict)
    for interface_id in found:
        # Read again, now that nobody else writes it.
        interface = session.get_one(Interface, interface_id, populate_existing=True)
        if interface.link_ref in link_refs:
            heard[kept(interface.link_ref)][interface_id] = _ring_one(session, interface, now)
    return heard


def take_up_parked(session: Session, interface: Interface, now: datetime) -> None:
    """Settle the webhooks that came before this interface was stored or connected again (D08).

    The partner may be faster than the admin on the way back from its page. Imports begin the day
    after activation (R29), so what was parked never makes a first run early: the first night
    answers it, and it counts as joined. It rings only for an interface that had a run before.
    Events older than an hour stay parked: what they told of is part of any later fetch.
    """
    parked = webhooks.parked_events(
        session, interface.connector, interface.link_ref, since=now - PARKED_FOR
    )
    if not parked:
        return
    session.refresh(interface)
    heard = _ring_one(session, interface, now)
    webhooks.settle_events(session, [event.id for event in parked], heard.fate, interface.id)
    session.refresh(interface)


def hear_again(
    session: Session, claim: Claim, run_id: str, *, bound: bool = False
) -> datetime | None:
    """Plan another run, since the source rang during the one that ends; return when the next is.

    Called in the transaction that ended the run, after its fence was proved (D04). A night or a
    retry that comes sooner answers the news as well.

    :param bound: the source itself named the time of the next try.
    """
    session.flush()
    interface = session.get_one(Interface, claim.interface_id, populate_existing=True)
    planned = interface.next_due_at
    interface.news_waits = False
    session.flush()
    # The business time of the end: a run keeps the one of its beginning.
    took = lease_now(session) - session.get_one(SyncRun, run_id).started_at
    due = claim.as_of + took + PAUSE
    able = interface.state == InterfaceState.ACTIVE and interface.nightly
    soon = planned is not None and planned <= due + CLOSE
    if not able or bound or _is_bound(interface) or soon:
        return planned
    leases.ask(session, interface.id, at=due, reason=DueReason.WEBHOOK)
    return due


def _ring_one(session: Session, interface: Interface, now: datetime) -> Heard:
    heard = hear(_hearing(session, interface, now), now)
    if heard.fate is WebhookFate.AGAIN:
        interface.news_waits = True
    if heard.due_at is not None:
        interface.state = lifecycle.after(interface.state, lifecycle.Event.SOURCE_RANG).value
    session.add(interface)
    session.flush()
    if heard.due_at is not None:
        leases.ask(session, interface.id, at=heard.due_at, reason=DueReason.WEBHOOK)
    return heard


def _hearing(session: Session, interface: Interface, now: datetime) -> Hearing:
    runs = _last_runs(session, interface.id)
    real = lease_now(session)
    ended = next((run.ended_at for run in runs if run.ended_at is not None), None)
    return Hearing(
        state=InterfaceState(interface.state),
        nightly=interface.nightly,
        held=leases.under_way(session, interface),
        due_at=interface.next_due_at,
        bound=_is_bound(interface),
        ended_ago=None if ended is None else real - ended,
        tried_ago=_tried_ago(runs, real),
    )


def _is_bound(interface: Interface) -> bool:
    """Say whether the next run may not be brought forward.

    The first one waits for its day (R29); the source itself asked to wait; or a person was told
    when theirs will take place (D-H).
    """
    return (
        interface.due_reason == DueReason.FIRST
        or interface.last_error_reason == RATE_LIMITED
        or interface.asked_by is not None
    )


def _tried_ago(runs: Sequence[SyncRun], real: datetime) -> timedelta | None:
    """Return how long ago a webhook had the interface tried although it needed a person."""
    if len(runs) < 2 or runs[0].trigger != Trigger.WEBHOOK or runs[1].who_acts != Actor.ADMIN:
        return None
    return real - runs[0].started_at


def _last_runs(session: Session, interface_id: str) -> Sequence[SyncRun]:
    return session.exec(
        select(SyncRun)
        .where(SyncRun.interface_id == interface_id, SyncRun.trigger != Trigger.FILE.value)
        .order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc())
        .limit(2)
    ).all()
