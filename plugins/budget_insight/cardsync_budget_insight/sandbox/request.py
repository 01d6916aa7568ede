"""What every view of the practice bank needs of the current request."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g, request

from cardsync_budget_insight.sandbox import CLIENT_ID, CLIENT_SECRET
from cardsync_budget_insight.sandbox.errors import ApiError, not_found
from cardsync_budget_insight.sandbox.store import Db, Practice, Row, insert
from cardsync_budget_insight.sandbox.timing import parse_stamp, stamp

CODE_LIVES = timedelta(minutes=30)


def practice() -> Practice:
    """Return the bank this application runs."""
    found: Practice = current_app.extensions["practice"]
    return found


def db() -> Db:
    """Return the database inside this request's transaction."""
    found: Db = g.db
    return found


def moment() -> datetime:
    """Return the bank's time of this request, naive Paris time."""
    found: datetime = g.moment
    return found


def fields() -> Mapping[str, Any]:
    """Return the body: a JSON object, or a flat form."""
    content = request.get_json(silent=True)
    if isinstance(content, dict):
        return content
    return request.form.to_dict()


def has_client_secret(values: Mapping[str, Any]) -> bool:
    """Say whether ``values`` hold the credentials of the client application.

    :raises ApiError: if there are credentials and they are wrong.
    """
    given = (str(values.get("client_id", "")), str(values.get("client_secret", "")))
    if given == ("", ""):
        return False
    if given != (str(CLIENT_ID), CLIENT_SECRET):
        raise ApiError(403, "forbidden", "Wrong client credentials")
    return True


def new_token(id_user: int, kind: str, *, lives: timedelta | None, single: bool = False) -> str:
    """Make a token for a user. Codes hold the characters that must be escaped in an address."""
    token = secrets.token_urlsafe(24)
    if kind == "code":
        token = f"{token[:1]}/{token[1:16]}+{token[16:]}"
    insert(
        db(),
        "token",
        {
            "token": token,
            "id_user": id_user,
            "kind": kind,
            "single": int(single),
            "expires": stamp(moment() + lives) if lives else None,
        },
    )
    return token


def token_row(token: str) -> Row | None:
    """Return a token that is known and not yet run out."""
    row: Row | None = db().execute("SELECT * FROM token WHERE token = ?", (token,)).fetchone()
    if row is None or (row["expires"] and parse_stamp(row["expires"]) <= moment()):
        return None
    return row


def current_user() -> int:
    """Return the user of the bearer token.

    :raises ApiError: 401 without a good token.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = token_row(token) if scheme == "Bearer" else None
    if row is None:
        raise ApiError(401, "unauthorized", "Invalid token")
    return int(row["id_user"])


def user_named(name: str) -> int:
    """Return the user of a path's ``me`` or own id.

    :raises ApiError: 404 for anybody else's id.
    """
    user = current_user()
    if name not in ("me", str(user)):
        raise not_found()
    return user
