"""The cookie of a log-in session, and the person behind it.

The cookie is a random token; the database keeps its digest. The session ends in the database, so a
copied cookie is worth nothing after log-out.
"""

from datetime import datetime, timedelta

from flask import Flask, Response, g, request
from flask import session as visit
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from webapp.storage import audit, logins, people
from webapp.storage.people import User
from webapp.views.access import Visitor, asked_by_program, now, visitor
from webapp.views.services import services

# A row is written when the last sign of life is this old, not at every page.
TOUCH_AFTER = timedelta(minutes=5)


def cookie_name() -> str:
    """Return the name of the log-in cookie; ``__Host-`` ties it to this host over HTTPS."""
    secure = services().settings.cookies_are_secure
    return "__Host-cardsync-login" if secure else "cardsync-login"


def configure_cookies(app: Flask, *, secure: bool) -> None:
    """Set up Flask's own signed cookie: notices, and the language and seed of a stranger."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-cardsync-visit" if secure else "cardsync-visit",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )


def load_visitor() -> None:
    """Before the view: find who is asking."""
    token = request.cookies.get(cookie_name())
    if token is None or request.endpoint == "static" or asked_by_program():
        return
    with services().database.read() as session:
        found = logins.alive(session, token, now())
        if found is None:
            return
        login, user = found
        g.visitor = Visitor(user, people.scope_of(session, user), login.id, login.legal_entity_id)
    if now() - login.last_seen_at >= TOUCH_AFTER:
        _touch(login.id, now())


def _touch(login_id: str, at: datetime) -> None:
    try:
        with services().database.write() as session:
            logins.touch(session, login_id, at)
    except OperationalError:
        return  # a busy database must not cost the person a page; the next one notes it


def log_in(user: User, response: Response) -> None:
    """Begin a new log-in session for ``user``; whatever session the browser had ends."""
    previous = visitor()
    agent = request.headers.get("User-Agent", "")
    with services().database.write() as session:
        if previous is not None:
            logins.end(session, previous.login, now())
        token = logins.begin(session, user, now=now(), user_agent=agent)
        record_login(session, "login.succeeded", user)
    visit.clear()
    response.set_cookie(
        cookie_name(),
        token,
        max_age=logins.LONGEST,
        secure=services().settings.cookies_are_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget_cookie(response: Response) -> None:
    """Have the browser drop the log-in cookie."""
    response.delete_cookie(
        cookie_name(),
        secure=services().settings.cookies_are_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def record_login(session: Session, action: str, user: User | None) -> None:
    """Record a log-in, a refused one (``user`` may be nobody we know) or a log-out."""
    audit.record(
        session,
        at=now(),
        action=action,
        target_kind="user",
        target_id=user.id if user else "",
        actor_id=user.id if user and action != "login.failed" else None,
        group_id=user.group_id if user else None,
    )
