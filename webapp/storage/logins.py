"""Log-in sessions and links that work once: made, found alive, ended."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from webapp.storage.people import LoginSession, OneTimeToken, User

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
INVITATION = timedelta(hours=48)
FIRST_ADMIN = "first_admin"
INVITED = "invitation"
TOKEN_BYTES = 32


def digest(token: str) -> str:
    """Return what the database keeps of a token: it cannot be turned back into one."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, user: User, *, now: datetime, user_agent: str) -> str:
    """Store a new log-in session; return the token for the cookie, kept nowhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        LoginSession(
            token_hash=digest(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
            user_agent=user_agent[:200],
        )
    )
    return token


def alive(session: Session, token: str, now: datetime) -> tuple[LoginSession, User] | None:
    """Return the live log-in session of ``token`` and its person.

    Nothing for one that was ended, was idle for :data:`IDLE`, is older than :data:`LONGEST`, or
    whose person may no longer log in.
    """
    return session.exec(
        select(LoginSession, User)
        .join(User, col(User.id) == col(LoginSession.user_id))
        .where(
            LoginSession.token_hash == digest(token),
            col(LoginSession.ended_at).is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - IDLE,
            col(User.active),
        )
    ).one_or_none()


def touch(session: Session, login_id: str, now: datetime) -> None:
    """Note that a log-in session is in use."""
    session.exec(
        update(LoginSession).where(col(LoginSession.id) == login_id).values(last_seen_at=now)
    )


def show_entity(session: Session, login_id: str, entity_id: str | None) -> None:
    """Note whose lists the person of a log-in session wants to see; ``None`` is all."""
    session.exec(
        update(LoginSession)
        .where(col(LoginSession.id) == login_id)
        .values(legal_entity_id=entity_id)
    )


def end(session: Session, login_id: str, now: datetime) -> None:
    """End one log-in session: its cookie opens nothing from here on."""
    session.exec(
        update(LoginSession)
        .where(col(LoginSession.id) == login_id, col(LoginSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def make_link(
    session: Session,
    purpose: str,
    *,
    now: datetime,
    lasts: timedelta,
    user_id: str | None = None,
) -> str:
    """Store a link that works once, for one person where given; return its token, kept nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        OneTimeToken(
            token_hash=digest(token),
            purpose=purpose,
            user_id=user_id,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def open_link(session: Session, token: str, purpose: str, now: datetime) -> OneTimeToken | None:
    """Return the link of ``token`` if it can still be used."""
    return session.exec(
        select(OneTimeToken).where(
            OneTimeToken.token_hash == digest(token),
            OneTimeToken.purpose == purpose,
            col(OneTimeToken.used_at).is_(None),
            OneTimeToken.expires_at > now,
        )
    ).one_or_none()


def use_link(session: Session, link_id: str, now: datetime) -> bool:
    """Use a link up; false where somebody else was faster."""
    done = session.exec(
        update(OneTimeToken)
        .where(col(OneTimeToken.id) == link_id, col(OneTimeToken.used_at).is_(None))
        .values(used_at=now)
    )
    return done.rowcount == 1


def withdraw_links(
    session: Session, purpose: str, now: datetime, *, user_id: str | None = None
) -> int:
    """Use up every open link of one purpose and person; return how many still worked."""
    ended = session.exec(
        update(OneTimeToken)
        .where(
            col(OneTimeToken.purpose) == purpose,
            col(OneTimeToken.user_id).is_not_distinct_from(user_id),
            col(OneTimeToken.used_at).is_(None),
            col(OneTimeToken.expires_at) > now,
        )
        .values(used_at=now)
    )
    return ended.rowcount


def live_sessions(session: Session, user_id: str, now: datetime) -> list[LoginSession]:
    """Return the log-in sessions of a person that still open pages, the newest first."""
    query = select(LoginSession).where(
        LoginSession.user_id == user_id,
        col(LoginSession.ended_at).is_(None),
        LoginSession.expires_at > now,
        LoginSession.last_seen_at > now - IDLE,
    )
    return list(session.exec(query.order_by(col(LoginSession.last_seen_at).desc())))
