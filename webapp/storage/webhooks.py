"""Webhooks that were verified: each event once, with what it led to."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import UniqueConstraint, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.webhooks import WebhookFate, kept
from webapp.storage.columns import UtcDateTime, id_field, new_id, one_of, ref
from webapp.storage.interfaces import Interface


class WebhookEvent(SQLModel, table=True):
    """One event of one link, as its source named it; nothing of the body is kept.

    The unique key is what makes a repeated delivery, or a replayed one, do nothing.
    ``interface_id`` is empty while no interface here has the link (``parked``).
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("connector", "event_id", "link_ref"),
        one_of("fate", WebhookFate),
        Index("ix_webhook_event_link", "connector", "link_ref", "fate"),
        Index("ix_webhook_event_received", "received_at"),
    )

    id: str = id_field()
    connector: str
    event_id: str = Field(max_length=200)
    link_ref: str = Field(max_length=200)
    interface_id: str | None = ref("interface.id", nullable=True)
    received_at: datetime = Field(sa_type=UtcDateTime)
    fate: str


# Rows of one INSERT: SQLite takes a limited number of values in a statement.
_AT_ONCE = 500


def add_events(
    session: Session, connector: str, events: Iterable[tuple[str, str]], *, at: datetime
) -> list[WebhookEvent]:
    """Store the events that are new and return them, parked; one known already does nothing.

    Another delivery of the same event waits for the end of this transaction, then finds it known.

    :param events: pairs of an event's id and its link's ref, as the connector gave them.
    """
    # In one order for everybody, so that two deliveries of the same events never deadlock.
    named = sorted({(kept(event), kept(link)) for event, link in events})
    added: list[str] = []
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for start in range(0, len(named), _AT_ONCE):
        rows = [
            {
                "id": new_id(),
                "connector": connector,
                "event_id": event_id,
                "link_ref": link_ref,
                "received_at": at,
                "fate": WebhookFate.PARKED.value,
            }
            for event_id, link_ref in named[start : start + _AT_ONCE]
        ]
        stored = insert(WebhookEvent).values(rows).on_conflict_do_nothing()
        added += session.connection().execute(stored.returning(col(WebhookEvent.id))).scalars()
    if not added:
        return []
    query = select(WebhookEvent).where(col(WebhookEvent.id).in_(added))
    return list(session.exec(query.order_by(col(WebhookEvent.id))))


def settle_events(
    session: Session, event_ids: Collection[str], fate: WebhookFate, interface_id: str
) -> None:
    """Note what events led to, and for which interface."""
    session.connection().execute(
        update(WebhookEvent)
        .where(col(WebhookEvent.id).in_(event_ids))
        .values(fate=fate.value, interface_id=interface_id)
    )


def interfaces_of_links(
    session: Session, connector: str, link_refs: Collection[str]
) -> Sequence[Interface]:
    """Return the interfaces of these links, in whatever legal entity, in the order of their ids."""
    return session.exec(
        select(Interface)
        .where(Interface.connector == connector, col(Interface.link_ref).in_(link_refs))
        .order_by(col(Interface.id))
    ).all()


def parked_events(
    session: Session, connector: str, link_ref: str, *, since: datetime
) -> Sequence[WebhookEvent]:
    """Return the events of a link that came, since then, before anybody here had it (D08)."""
    return session.exec(
        select(WebhookEvent)
        .where(
            WebhookEvent.connector == connector,
            WebhookEvent.link_ref == kept(link_ref),
            WebhookEvent.fate == WebhookFate.PARKED.value,
            col(WebhookEvent.received_at) >= since,
        )
        .order_by(col(WebhookEvent.id))
    ).all()


def forget_old(session: Session, before: datetime) -> int:
    """Delete the events received before then; returns how many. Their runs stay."""
    old = delete(WebhookEvent).where(col(WebhookEvent.received_at) < before)
    return session.connection().execute(old).rowcount
