"""The API: who one is. Users, tokens, codes, the client application, connectors."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from cardsync_budget_insight.sandbox import CLIENT_ID, answers
from cardsync_budget_insight.sandbox.catalogue import BANKS, BY_ID, BY_UUID, Bank
from cardsync_budget_insight.sandbox.errors import ApiError, invalid, missing, not_found
from cardsync_budget_insight.sandbox.request import (
    CODE_LIVES,
    current_user,
    db,
    fields,
    has_client_secret,
    moment,
    new_token,
    token_row,
    user_named,
)
from cardsync_budget_insight.sandbox.store import insert
from cardsync_budget_insight.sandbox.timing import stamp

bp = Blueprint("auth", __name__, url_prefix="/2.0")

# The web view accepts any plain-http address of this machine; this one stands for them all.
REDIRECT_URIS = ["http://127.0.0.1/"]


@bp.post("/auth/init")
def init() -> Response:
    """Make a user: a lasting one for the client application, else one for half an hour."""
    permanent = has_client_secret(fields())
    user = insert(db(), "app_user", {"signin": stamp(moment()), "permanent": int(permanent)})
    kind = "permanent" if permanent else "temporary"
    lives = None if permanent else CODE_LIVES
    return jsonify(
        auth_token=new_token(user, kind, lives=lives),
        type=kind,
        id_user=user,
        expires_in=None if lives is None else int(lives.total_seconds()),
    )


@bp.route("/auth/token/code", methods=["GET", "POST"])
def code() -> Response:
    """Make a temporary code for the web view."""
    user = current_user()
    single = request.args.get("type", "requestAccess") == "singleAccess"
    return jsonify(
        code=new_token(user, "code", lives=CODE_LIVES, single=single),
        type="temporary",
        access="single" if single else "standard",
        expires_in=int(CODE_LIVES.total_seconds()),
    )


@bp.post("/auth/token/access")
def access() -> Response:
    """Exchange a code for a lasting token; the user becomes a lasting one."""
    values = fields()
    _need_client(values)
    row = token_row(str(values.get("code", "")))
    if row is None or row["kind"] != "code":
        raise invalid("code")
    db().execute("DELETE FROM token WHERE token = ?", (row["token"],))
    db().execute("UPDATE app_user SET permanent = 1 WHERE id = ?", (row["id_user"],))
    return _token(row["id_user"])


@bp.post("/auth/renew")
def renew() -> Response:
    """Make a new token for a user, or for a new user where none is named."""
    values = fields()
    _need_client(values)
    named = values.get("id_user")
    if named is None:
        user = insert(db(), "app_user", {"signin": stamp(moment()), "permanent": 1})
        return _token(user)
    found = db().execute("SELECT id FROM app_user WHERE id = ?", (str(named),)).fetchone()
    if found is None:
        raise invalid("id_user")
    if str(values.get("revoke_previous", "")).lower() in ("true", "1"):
        db().execute("DELETE FROM token WHERE id_user = ?", (found["id"],))
    return _token(int(found["id"]))


def _need_client(values: Any) -> None:
    if not has_client_secret(values):
        raise missing("client_id")


def _token(user: int) -> Response:
    return jsonify(access_token=new_token(user, "permanent", lives=None), token_type="Bearer")


@bp.delete("/auth/token")
def revoke() -> tuple[str, int]:
    """Revoke the token of this very request."""
    current_user()
    token = request.headers["Authorization"].partition(" ")[2]
    db().execute("DELETE FROM token WHERE token = ?", (token,))
    return "", 204


@bp.get("/users/<name>")
def user(name: str) -> Response:
    """Describe the user."""
    found = db().execute("SELECT * FROM app_user WHERE id = ?", (user_named(name),)).fetchone()
    return jsonify(id=found["id"], signin=found["signin"], platform="sharedAccess")


@bp.delete("/users/<name>")
def delete_user(name: str) -> tuple[str, int]:
    """Delete the user with everything of theirs."""
    db().execute("DELETE FROM app_user WHERE id = ?", (user_named(name),))
    return "", 204


@bp.get("/clients/<int:number>")
def client(number: int) -> Response:
    """Describe the client application."""
    if number != CLIENT_ID:
        raise not_found()
    return jsonify(
        id=CLIENT_ID,
        name="Practice application",
        redirect_uris=REDIRECT_URIS,
        primary_color=None,
        config={},
    )


@bp.get("/connectors")
def connectors() -> Response:
    """List the connectors."""
    describe = _describe()
    return jsonify(connectors=[describe(bank) for bank in BANKS], total=len(BANKS))


def _describe() -> Callable[[Bank], answers.Answer]:
    """Return how to describe a connector: with its sources and fields where they are asked."""
    full = {"sources", "fields"} & set(request.args.get("expand", "").split(","))
    return answers.connector_in_full if full else answers.connector


@bp.get("/connectors/<name>")
def connector(name: str) -> Response:
    """Describe one connector by its uuid or id."""
    bank = BY_UUID.get(name) or (BY_ID.get(int(name)) if name.isdecimal() else None)
    if bank is None:
        raise not_found()
    return jsonify(_describe()(bank))


@bp.get("/account_types")
def account_types() -> Response:
    """List the account types."""
    return jsonify(accounttypes=answers.account_types())


@bp.post("/users/<name>/connections")
def add_connection(name: str) -> Response:
    """Refuse: bank credentials pass through the web view only, as for any plain customer."""
    user_named(name)
    raise ApiError(403, "forbidden", "Insufficient scope")
