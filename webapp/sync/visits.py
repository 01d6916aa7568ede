"""One trip of an admin to a partner's page and back.

Before the trip a one-time state is stored, bound to the admin, the legal entity and the connector;
it lasts half an hour and works once. What comes back is a claim, believed only when the state fits
and the connector has verified it at the source. Nothing of a bank log-in ever passes here (R8).
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from cardsync_sdk.registry import Connector, Registry
from cardsync_sdk.types import Link, Redirect, RemoteAccount, Settings
from webapp.domain.schedule import FailureKind
from webapp.storage import audit, links
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface, LinkVisit
from webapp.storage.people import LegalEntity
from webapp.storage.secrets import SecretBox, SecretUnreadable
from webapp.sync.links import LinkCalls, LinkProblem
from webapp.sync.sharing import Shared, Sharer, store_share

VISIT_LASTS: Final = timedelta(minutes=30)

SECRETS_CLOSED: Final = LinkProblem(FailureKind.OUR_FAULT, "secrets_closed")
CONNECTOR_GONE: Final = LinkProblem(FailureKind.OUR_FAULT, "connector_gone")


class AlreadyUsed(Exception):
    """This return was taken before: whoever came first has it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a visit needs of the installation."""

    database: Database
    box: SecretBox
    registry: Registry


@dataclass(frozen=True, slots=True)
class Traveller:
    """Who makes the trip, for which legal entity."""

    user_id: str
    entity: LegalEntity
    now: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a visit brought: one entry per bank that shares accounts; ``empty`` banks share none."""

    shared: tuple[Shared, ...]
    empty: int


def begin_visit(
    desk: Desk,
    by: Traveller,
    *,
    connector: Connector,
    return_url: str,
    language: str,
    interface: Interface | None = None,
) -> str | LinkProblem:
    """Prepare a trip and return the address of the partner's page.

    :param return_url: our own address, without query, that the partner sends the admin back to.
    :param interface: the one to connect again; without it a bank is added.
    """
    slug = connector.info.slug
    try:
        with desk.database.read() as session:
            settings = links.load_settings(session, desk.box, slug)
            known = _known_link(session, desk, by, slug, interface)
    except SecretUnreadable:
        return SECRETS_CLOSED
    state = secrets.token_urlsafe(32)
    answer = LinkCalls(connector).begin(
        settings, return_url=return_url, state=state, language=language, link=known
    )
    if isinstance(answer, LinkProblem):
        return answer
    _store_visit(desk, by, slug, state, answer)
    return answer.url


def _known_link(
    session: Session, desk: Desk, by: Traveller, slug: str, interface: Interface | None
) -> Link | None:
    if interface is not None:
        return links.load_link(session, desk.box, interface)
    link = links.link_to_reuse(session, desk.box, by.entity.id, slug)
    # Only the entity's user at the partner is taken along: a bank is added, none is repaired.
    return replace(link, ref="", institution="", label="") if link is not None else None


def _store_visit(desk: Desk, by: Traveller, slug: str, state: str, answer: Redirect) -> None:
    visit = LinkVisit(
        state_hash=hash_of(state),
        user_id=by.user_id,
        legal_entity_id=by.entity.id,
        connector=slug,
        created_at=by.now,
        expires_at=by.now + VISIT_LASTS,
    )
    if answer.link is not None:
        links.keep_link(desk.box, visit, answer.link)
    with desk.database.write() as session:
        session.add(visit)
        session.flush()
        _audit_visit(session, by, visit, "link_visit.begun")


def hash_of(state: str) -> str:
    """Return the digest under which a one-time state is stored."""
    return hashlib.sha256(state.encode()).hexdigest()


def finish_visit(
    desk: Desk, by: Traveller, visit: LinkVisit, params: Mapping[str, str]
) -> Arrival | LinkProblem:
    """Verify what came back and store what was shared, all in one transaction.

    A passing trouble leaves the visit open, so that the same return may be tried again; a final
    answer uses it up.

    :raises AlreadyUsed: if the same return is taken a second time.
    """
    connector = desk.registry.connectors.get(visit.connector)
    if connector is None:
        return CONNECTOR_GONE
    try:
        with desk.database.read() as session:
            settings = links.load_settings(session, desk.box, visit.connector)
            kept = links.kept_link(session, desk.box, visit)
    except SecretUnreadable:
        return SECRETS_CLOSED
    found = _ask(LinkCalls(connector), settings, params, kept)
    if isinstance(found, LinkProblem):
        _close_refused(desk, by, visit, found)
        return found
    return _store(desk, by, visit, connector, found)


Listing = Sequence[tuple[Link, tuple[RemoteAccount, ...]]]


def _ask(
    calls: LinkCalls, settings: Settings, params: Mapping[str, str], kept: Link | None
) -> Listing | LinkProblem:
    made = calls.finish(settings, params, kept)
    if isinstance(made, LinkProblem):
        return made
    listing = []
    for link in made:
        accounts = calls.accounts(link)
        if isinstance(accounts, LinkProblem):
            return accounts
        listing.append((link, accounts))
    return listing


def _store(
    desk: Desk, by: Traveller, visit: LinkVisit, connector: Connector, listing: Listing
) -> Arrival:
    filled = [(link, accounts) for link, accounts in listing if any(a.shared for a in accounts)]
    with desk.database.write() as session:
        if not links.use_visit(session, visit.id, by.now):
            raise AlreadyUsed
        sharer = Sharer(session, desk.box, connector.info, by.entity, by.user_id, by.now)
        shared = tuple(store_share(sharer, link, accounts) for link, accounts in filled)
        _audit_visit(session, by, visit, "link_visit.finished", interfaces=len(shared))
    return Arrival(shared, len(listing) - len(filled))


def _close_refused(desk: Desk, by: Traveller, visit: LinkVisit, problem: LinkProblem) -> None:
    final = problem.kind in (FailureKind.USER_ACTION, FailureKind.REJECTED)
    with desk.database.write() as session:
        if final and not links.use_visit(session, visit.id, by.now):
            raise AlreadyUsed
        _audit_visit(session, by, visit, "link_visit.refused", reason=problem.reason)


def _audit_visit(
    session: Session, by: Traveller, visit: LinkVisit, action: str, **detail: str | int
) -> None:
    audit.record_in(
        session,
        by,
        action,
        kind="link_visit",
        target_id=visit.id,
        connector=visit.connector,
        **detail,
    )
