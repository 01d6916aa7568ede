"""Episodes of feeds that fail, and the outbox of notices about them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    or_,
    text,
    update,
)
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.freshness import FRESH, NEEDS_A_PERSON, Feed, Trouble, trouble_of
from webapp.domain.interfaces import InterfaceState
from webapp.domain.notices import SENDING, STALE, Ending, NoticeKind, again_at
from webapp.storage.accounts import Account
from webapp.storage.clock import lease_now
from webapp.storage.columns import UtcDateTime, id_field, one_of, ref
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity, User


class FailureEpisode(SQLModel, table=True):
    """One failure of one interface, from its first sign to the next success.

    ``began_at`` and ``ok_before`` (the last success when it began) are business time.
    """

    __tablename__ = "failure_episode"
    __table_args__ = (
        one_of("trouble", Trouble),
        one_of("ending", ("", *Ending)),
        # One open episode per interface, whoever sees the failure first.
        Index(
            "uq_failure_episode_open",
            "interface_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id")
    interface_id: str = ref("interface.id")
    trouble: str
    reason: str = ""
    began_at: datetime = Field(sa_type=UtcDateTime)
    ok_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ending: str = ""


class Notice(SQLModel, table=True):
    """What one person is told of one episode: written once, sent by whichever worker claims it.

    Real time throughout: mail knows no business time. ``attempts`` counts the times it was handed
    to the mail server; ``claimed_until`` keeps two workers from doing so at once.
    """

    __tablename__ = "notice"
    __table_args__ = (
        one_of("kind", NoticeKind),
        UniqueConstraint("episode_id", "user_id", "kind"),
        Index(
            "ix_notice_unsent",
            "due_at",
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
        Index("ix_notice_user", "user_id", "sent_at"),
    )

    id: str = id_field()
    episode_id: str = ref("failure_episode.id", index=False)
    user_id: str = ref("app_user.id", index=False)
    kind: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


@dataclass(frozen=True, slots=True)
class Troubled:
    """An interface that needs a look, with its legal entity and what is wrong."""

    interface: Interface
    entity: LegalEntity
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with all that it speaks of."""

    notice: Notice
    episode: FailureEpisode
    interface: Interface
    entity: LegalEntity


def feed_of(interface: Interface, *, misses: bool = False) -> Feed:
    """Return how the feed of ``interface`` stands; ``misses`` as :func:`missing_accounts` says."""
    return Feed(
        InterfaceState(interface.state),
        interface.nightly and interface.next_due_at is not None,
        interface.activated_on,
        interface.last_ok_at,
        misses,
    )


def missing_accounts() -> ColumnElement[bool]:
    """Return whether an account that ``Interface`` shares is not seen at its source (D-O)."""
    return (
        select(Account.id)
        .where(
            col(Account.interface_id) == col(Interface.id),
            col(Account.shared),
            col(Account.not_seen_since).is_not(None),
        )
        .exists()
    )


def troubled(
    session: Session, now: datetime, entity_ids: Collection[str] | None = None
) -> list[Troubled]:
    """Return the interfaces with trouble at ``now``, in one query; the longest waiting first.

    :param entity_ids: the legal entities looked at; by default all.
    """
    edge = now - FRESH
    # A little wider than the rule, which then decides.
    maybe_late = or_(
        col(Interface.last_ok_at) <= edge,
        and_(col(Interface.last_ok_at).is_(None), col(Interface.activated_on) <= edge.date()),
    )
    misses = missing_accounts()
    wanted = (
        select(Interface, LegalEntity, misses)
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .where(
            or_(
                col(Interface.state).in_([state.value for state in NEEDS_A_PERSON]),
                and_(
                    col(Interface.state) == InterfaceState.ACTIVE.value,
                    or_(and_(col(Interface.next_due_at).is_not(None), maybe_late), misses),
                ),
            )
        )
        .order_by(col(Interface.last_ok_at), col(Interface.id))
    )
    if entity_ids is not None:
        wanted = wanted.where(col(Interface.legal_entity_id).in_(entity_ids))
    rows = session.exec(wanted).all()
    found = (
        (one, entity, trouble_of(feed_of(one, misses=missed), now)) for one, entity, missed in rows
    )
    return [Troubled(one, entity, trouble) for one, entity, trouble in found if trouble]


def open_episode(session: Session, interface_id: str) -> FailureEpisode | None:
    """Return the episode of an interface that has not ended."""
    return session.exec(
        select(FailureEpisode).where(
            FailureEpisode.interface_id == interface_id, col(FailureEpisode.ended_at).is_(None)
        )
    ).one_or_none()


def calm(session: Session, interface_id: str) -> bool:
    """Say whether nothing is told of an interface: no episode is open, no account is missing."""
    return session.connection().execute(_troubled_one(), {"of": interface_id}).first() is None


@cache
def _troubled_one() -> Any:
    """Return the query, built once: every run that ends well asks it."""
    episode = select(FailureEpisode.id).where(
        FailureEpisode.interface_id == Interface.id, col(FailureEpisode.ended_at).is_(None)
    )
    return select(Interface.id).where(
        Interface.id == bindparam("of"), or_(episode.exists(), missing_accounts())
    )


def unwatched(session: Session, interface_ids: Collection[str]) -> list[str]:
    """Return those of these interfaces that have no open episode."""
    followed = select(FailureEpisode.interface_id).where(
        col(FailureEpisode.interface_id).in_(interface_ids), col(FailureEpisode.ended_at).is_(None)
    )
    known = set(session.exec(followed))
    return [one for one in interface_ids if one not in known]


def open_on_stopped(session: Session) -> list[str]:
    """Return the interfaces that were stopped on purpose while an episode was open."""
    return list(
        session.exec(
            select(FailureEpisode.interface_id)
            .join(Interface, col(Interface.id) == col(FailureEpisode.interface_id))
            .where(
                col(FailureEpisode.ended_at).is_(None),
                col(Interface.state) == InterfaceState.STOPPED.value,
            )
        )
    )


def people_told(session: Session, episode_id: str) -> list[str]:
    """Return who was told, or is to be told, that the feed fails."""
    return list(
        session.exec(
            select(Notice.user_id).where(
                Notice.episode_id == episode_id, Notice.kind == NoticeKind.FAILING.value
            )
        )
    )


def last_sent(session: Session, user_ids: Collection[str]) -> dict[str, datetime]:
    """Return when each of these people was last written to, if ever."""
    rows = session.exec(
        select(Notice.user_id, func.max(Notice.sent_at))
        .where(col(Notice.user_id).in_(user_ids), col(Notice.sent_at).is_not(None))
        .group_by(col(Notice.user_id))
    )
    return {user: at for user, at in rows if at is not None}


# The outbox


def people_due(session: Session) -> list[str]:
    """Return the people who have a notice that is due and that nobody is sending."""
    real = lease_now(session)
    return list(
        session.exec(
            select(Notice.user_id)
            .join(User, col(User.id) == col(Notice.user_id))
            .where(*_waits(real), col(Notice.due_at) <= real, col(User.active))
            .distinct()
            .order_by(col(Notice.user_id))
        )
    )


def claim(session: Session, user_id: str) -> list[str]:
    """Take everything unsent of one person, for one message, with one conditional UPDATE.

    Empty if another worker has it. What is not due yet goes along with what is.
    """
    real = lease_now(session)
    taken = (
        update(Notice)
        .where(col(Notice.user_id) == user_id, *_waits(real))
        .values(claimed_until=real + SENDING, attempts=Notice.attempts + 1)
        .returning(col(Notice.id))
    )
    return sorted(session.connection().execute(taken).scalars())


def _waits(real: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Notice.sent_at).is_(None),
        col(Notice.created_at) > real - STALE,
        or_(col(Notice.claimed_until).is_(None), col(Notice.claimed_until) < real),
    )


def told(session: Session, notice_ids: Collection[str]) -> list[Told]:
    """Return these notices with all that they speak of, the oldest first."""
    return _told(session, col(Notice.id).in_(notice_ids))


def _told(session: Session, *where: ColumnElement[bool], newest: int | None = None) -> list[Told]:
    order = col(Notice.id).asc() if newest is None else col(Notice.id).desc()
    rows = session.exec(
        select(Notice, FailureEpisode, Interface, LegalEntity)
        .join(FailureEpisode, col(FailureEpisode.id) == col(Notice.episode_id))
        .join(Interface, col(Interface.id) == col(FailureEpisode.interface_id))
        .join(LegalEntity, col(LegalEntity.id) == col(FailureEpisode.legal_entity_id))
        .where(*where)
        .order_by(order)
        .limit(newest)
    ).all()
    return [Told(*row) for row in rows]


def mark_sent(session: Session, notice_ids: Sequence[str]) -> None:
    """Note that the mail server has taken these notices."""
    session.connection().execute(
        update(Notice)
        .where(col(Notice.id).in_(notice_ids))
        .values(sent_at=lease_now(session), claimed_until=None, last_error="")
    )


def mark_failed(session: Session, notice_ids: Sequence[str], error: str) -> None:
    """Plan the next try of notices that could not be handed over."""
    real = lease_now(session)
    for notice in session.exec(select(Notice).where(col(Notice.id).in_(notice_ids))):
        notice.due_at = again_at(real, notice.attempts)
        notice.claimed_until = None
        notice.last_error = error


def newest(session: Session, limit: int) -> list[tuple[Told, User]]:
    """Return the newest notices of the outbox, sent or not, with whom they are for."""
    found = _told(session, newest=limit)
    ids = {one.notice.user_id for one in found}
    people = {user.id: user for user in session.exec(select(User).where(col(User.id).in_(ids)))}
    return [(one, people[one.notice.user_id]) for one in found]


def unsent(session: Session) -> tuple[int, str]:
    """Return how many notices wait to be sent, and the newest error met in doing so."""
    real = lease_now(session)
    count = session.exec(select(func.count(col(Notice.id))).where(*_waits(real))).one()
    error = session.exec(
        select(Notice.last_error)
        .where(col(Notice.sent_at).is_(None), Notice.last_error != "")
        .order_by(col(Notice.id).desc())
        .limit(1)
    ).first()
    return count, error or ""
