"""The audit trail: append-only; database triggers refuse UPDATE and DELETE."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, Column, and_, or_
from sqlmodel import Field, Session, SQLModel, col, select

from webapp.storage.accounts import Account
from webapp.storage.columns import UtcDateTime, id_field, ref
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User


class AuditEvent(SQLModel, table=True):
    """One change of access, consent, attachment or setting. Holds no secret."""

    __tablename__ = "audit_event"

    id: str = id_field()
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    actor_id: str | None = ref("app_user.id", nullable=True)
    group_id: str | None = ref("customer_group.id", nullable=True)
    legal_entity_id: str | None = ref("legal_entity.id", nullable=True)
    action: str
    target_kind: str
    target_id: str = ""
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


def record(
    session: Session,
    *,
    at: datetime,
    action: str,
    target_kind: str,
    target_id: str = "",
    actor_id: str | None = None,
    group_id: str | None = None,
    legal_entity_id: str | None = None,
    **detail: Any,
) -> None:
    """Add an audit row in the caller's transaction, so that it stands or falls with the change.

    ``action`` is ``concept.verb`` (``attachment.opened``); ``detail`` holds JSON values, no secret.
    """
    session.add(
        AuditEvent(
            at=at,
            action=action,
            target_kind=target_kind,
            target_id=target_id,
            actor_id=actor_id,
            group_id=group_id,
            legal_entity_id=legal_entity_id,
            detail=detail,
        )
    )


class DoneIn(Protocol):
    """Who did something, in which legal entity, when."""

    @property
    def entity(self) -> LegalEntity:
        """Return the legal entity."""

    @property
    def user_id(self) -> str:
        """Return who did it."""

    @property
    def now(self) -> datetime:
        """Return when."""


def record_in(
    session: Session, by: DoneIn, action: str, *, kind: str, target_id: str, **detail: Any
) -> None:
    """Add an audit row about something done in a legal entity; see :func:`record`."""
    record(
        session,
        at=by.now,
        action=action,
        target_kind=kind,
        target_id=target_id,
        actor_id=by.user_id,
        group_id=by.entity.group_id,
        legal_entity_id=by.entity.id,
        **detail,
    )


def page(
    session: Session,
    *,
    groups: frozenset[str],
    entities: frozenset[str],
    before: str | None,
    limit: int,
) -> Sequence[tuple[AuditEvent, User | None, LegalEntity | None]]:
    """Return one page of the trail, newest first: event, who acted, legal entity.

    Seen are the events of whole ``groups``, and of single ``entities``. ``before`` is the id of
    the last event of the page before.
    """
    wanted = (
        select(AuditEvent, User, LegalEntity)
        .outerjoin(User, col(User.id) == col(AuditEvent.actor_id))
        .outerjoin(LegalEntity, col(LegalEntity.id) == col(AuditEvent.legal_entity_id))
        .where(
            or_(
                col(AuditEvent.group_id).in_(groups),
                col(AuditEvent.legal_entity_id).in_(entities),
            )
        )
        .order_by(col(AuditEvent.at).desc(), col(AuditEvent.id).desc())
        .limit(limit)
    )
    last = session.get(AuditEvent, before) if before else None
    if last is not None:
        same_instant = and_(col(AuditEvent.at) == last.at, col(AuditEvent.id) < last.id)
        wanted = wanted.where(or_(col(AuditEvent.at) < last.at, same_instant))
    return session.exec(wanted).all()


def names_of(session: Session, events: Iterable[AuditEvent]) -> dict[str, str]:
    """Return what people call whatever the events name by an id."""
    ids = {event.target_id for event in events}
    for event in events:
        ids.update(value for value in event.detail.values() if isinstance(value, str))
    accounts = session.exec(select(Account).where(col(Account.id).in_(ids))).all()
    named = {one.id: f"{one.name} {one.number_last4}".strip() for one in accounts}
    interfaces = session.exec(select(Interface).where(col(Interface.id).in_(ids))).all()
    named |= {one.id: one.label or one.connector for one in interfaces}
    for table in (User, LegalEntity, Group):
        rows = session.exec(select(table.id, table.name).where(col(table.id).in_(ids)))
        named |= dict(rows.all())
    return named
