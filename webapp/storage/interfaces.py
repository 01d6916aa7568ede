"""Interfaces, the one-time visits to a source's page that make them, and connector settings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    text,
    true,
    update,
)
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.lifecycle import Event, leads_to, states_before
from webapp.storage.accounts import Account, Attachment
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref
from webapp.storage.waiting import NOTHING_WAITS, Waiting, waiting_by_interface


class ConnectorSetting(SQLModel, table=True):
    """The settings of a connector for this installation, encrypted as one JSON object."""

    __tablename__ = "connector_setting"

    id: str = id_field()
    connector: str = Field(unique=True)
    values_encrypted: str = Field(sa_column=Column(Text, nullable=False), repr=False)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Interface(SQLModel, table=True):
    """One connection of one legal entity to one institution through a connector.

    The schedule lives here, not in Redis: ``next_due_at`` says when (business time), the lease who
    works, ``fence`` which worker's writes still count. ``as_of`` is the business time an asked run
    is to use instead of the real one (demos and tests). ``asked_by`` and ``asked_why``: who
    asked for the next run, and why; the run takes them over. ``again_first`` to ``again_last``:
    days to ask the source for once more, of one account or of all, until a run ended well.
    ``nightly``: it is synced every night; without, only when asked (R53). ``interrupted``: how many
    of its runs in a row ended without a word; the next one then runs in a process of its own.
    ``news_waits``: its source rang during a run, so another follows at once (D04).
    """

    __tablename__ = "interface"
    __table_args__ = (
        one_of("state", InterfaceState),
        one_of("due_reason", DueReason),
        # Composite keys of other tables point here: an account cannot belong to another entity.
        UniqueConstraint("legal_entity_id", "id"),
        Index(
            "uq_interface_link",
            "legal_entity_id",
            "connector",
            "link_ref",
            unique=True,
            sqlite_where=text("link_ref <> ''"),
            postgresql_where=text("link_ref <> ''"),
        ),
        CheckConstraint("state <> 'active' OR activated_on IS NOT NULL", name="active_since"),
        # Who is awaited, and who is held: looked for many times a second in a busy night.
        Index("ix_interface_due", "due_reason", "next_due_at"),
        Index(
            "ix_interface_held",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    connector: str
    institution: str = ""
    label: str = ""
    link_ref: str = ""
    link_encrypted: str = Field(
        default="", sa_column=Column(Text, nullable=False, server_default=""), repr=False
    )
    state: str = InterfaceState.INCOMPLETE.value
    created_by: str | None = ref("app_user.id", nullable=True, index=False)
    created_at: datetime = Field(sa_type=UtcDateTime)
    activated_on: date | None = None
    next_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    due_reason: str = DueReason.FIRST.value
    as_of: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_by: str | None = ref("app_user.id", nullable=True, index=False)
    asked_why: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))
    again_first: date | None = None
    again_last: date | None = None
    again_account_id: str | None = Field(default=None, max_length=ID_LENGTH)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fence: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    attempts: int = 0
    interrupted: int = Field(
        default=0, sa_column=Column(Integer, nullable=False, server_default="0")
    )
    nightly: bool = Field(
        default=True, sa_column=Column(Boolean, nullable=False, server_default=true())
    )
    news_waits: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    last_ok_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str = ""
    last_error_reason: str = ""


class LinkVisit(SQLModel, table=True):
    """One trip of an admin to a source's page: a one-time state bound to admin, entity, purpose.

    ``link_encrypted`` keeps what the connector made before the trip (a billable user at the
    aggregator), so that an interrupted visit never makes it twice.
    """

    __tablename__ = "link_visit"
    __table_args__ = (one_of("purpose", ("connect",)),)

    id: str = id_field()
    state_hash: str = Field(sa_column=Column(String(64), unique=True, nullable=False))
    user_id: str = ref("app_user.id")
    legal_entity_id: str = ref("legal_entity.id")
    connector: str
    purpose: str = "connect"
    link_encrypted: str = Field(
        default="", sa_column=Column(Text, nullable=False, server_default=""), repr=False
    )
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class InterfaceSummary:
    """An interface with how many accounts it shares, how many of those are attached, what waits.

    R42, R27. ``not_seen`` of them are no longer shown by the source (D-O).
    """

    interface: Interface
    accounts: int
    attached: int
    not_seen: int = 0
    waiting: Waiting = NOTHING_WAITS


def interface_summaries(session: Session, legal_entity_id: str) -> list[InterfaceSummary]:
    """Return the interfaces of one legal entity, the oldest first (R33)."""
    rows = session.exec(
        select(
            Interface,
            func.count(col(Account.id)),
            # An account counts once it has a holder and a mode: then its expenses can come (R18).
            func.count(col(Attachment.id)).filter(col(Account.payment_mode).is_not(None)),
            func.count(col(Account.not_seen_since)),
        )
        .outerjoin(
            Account,
            and_(col(Account.interface_id) == col(Interface.id), col(Account.shared)),
        )
        .outerjoin(
            Attachment,
            and_(col(Attachment.account_id) == col(Account.id), col(Attachment.ends_on).is_(None)),
        )
        .where(Interface.legal_entity_id == legal_entity_id)
        .group_by(col(Interface.id))
        .order_by(col(Interface.created_at), col(Interface.id))
    ).all()
    waiting = waiting_by_interface(session, legal_entity_id)
    return [InterfaceSummary(*row, waiting.get(row[0].id, NOTHING_WAITS)) for row in rows]


def interfaces_per_entity(session: Session, entity_ids: Collection[str]) -> dict[str, int]:
    """Return how many interfaces each legal entity has; one without any is not listed."""
    rows = session.exec(
        select(Interface.legal_entity_id, func.count(col(Interface.id)))
        .where(col(Interface.legal_entity_id).in_(entity_ids))
        .group_by(col(Interface.legal_entity_id))
    ).all()
    return dict(rows)


def interface_of(session: Session, legal_entity_id: str, interface_id: str) -> Interface | None:
    """Return an interface of this legal entity by its id."""
    return session.exec(
        select(Interface).where(
            Interface.id == interface_id, Interface.legal_entity_id == legal_entity_id
        )
    ).one_or_none()


def interface_of_link(
    session: Session, legal_entity_id: str, connector: str, link_ref: str
) -> Interface | None:
    """Return the interface that this legal entity already has for a link of ``connector``."""
    return session.exec(
        select(Interface).where(
            Interface.legal_entity_id == legal_entity_id,
            Interface.connector == connector,
            Interface.link_ref == link_ref,
        )
    ).one_or_none()


def lock_interface(session: Session, interface_id: str) -> None:
    """Take turns with whoever syncs this interface, until the caller's transaction ends.

    A sync locks the interface before its accounts: whoever locks both keeps to that order.
    """
    session.exec(select(Interface.id).where(Interface.id == interface_id).with_for_update()).all()


def lock_interfaces(session: Session, interface_ids: Collection[str]) -> None:
    """Lock several interfaces as :func:`lock_interface` does, in one order for everybody."""
    query = select(Interface.id).where(col(Interface.id).in_(interface_ids))
    session.exec(query.order_by(col(Interface.id)).with_for_update()).all()


def fence_off(session: Session, interface_ids: Sequence[str]) -> None:
    """Stop whoever syncs these interfaces now: its next write finds its fence outdated."""
    session.connection().execute(
        update(Interface)
        .where(col(Interface.id).in_(interface_ids))
        .values(fence=Interface.fence + 1, lease_owner=None, lease_until=None)
    )


def stop_empty(session: Session, interface_ids: Sequence[str]) -> None:
    """Stop those of these interfaces that share no account any more; a new consent starts them."""
    filled = select(Account.interface_id).where(col(Account.shared))
    session.connection().execute(
        update(Interface)
        .where(
            col(Interface.id).in_(interface_ids),
            col(Interface.id).not_in(filled),
            col(Interface.state).in_(states_before(Event.EMPTIED)),
        )
        .values(state=leads_to(Event.EMPTIED), next_due_at=None)
    )
