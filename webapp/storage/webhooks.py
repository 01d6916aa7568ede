"""Webhooks that were verified: each event once, with what it led to."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Index, SQLModel

from webapp.domain.webhooks import WebhookFate
from webapp.storage.columns import UtcDateTime, id_field, one_of, ref


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
