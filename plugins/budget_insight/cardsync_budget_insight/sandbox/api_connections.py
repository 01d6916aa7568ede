"""The API: connections and their accounts."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request

from cardsync_budget_insight.sandbox import answers, bank
from cardsync_budget_insight.sandbox.errors import ApiError, invalid, not_found
from cardsync_budget_insight.sandbox.request import db, fields, moment, user_named
from cardsync_budget_insight.sandbox.store import Row
from cardsync_budget_insight.sandbox.timing import parse_stamp

bp = Blueprint("connections", __name__, url_prefix="/2.0/users/<name>")


def own_connection(user: int, number: int) -> Row:
    """Return a connection of ``user``.

    :raises ApiError: 404 if it is not theirs.
    """
    row: Row | None = (
        db()
        .execute("SELECT * FROM connection WHERE id = ? AND id_user = ?", (number, user))
        .fetchone()
    )
    if row is None:
        raise not_found()
    return row


@bp.get("/connections")
def connections(name: str) -> Response:
    """List the connections of the user."""
    rows = (
        db()
        .execute("SELECT * FROM connection WHERE id_user = ? ORDER BY id", (user_named(name),))
        .fetchall()
    )
    expand = "connector" in request.args.get("expand", "").split(",")
    listed = [answers.connection(row, with_connector=expand) for row in rows]
    return jsonify(connections=listed, total=len(listed))


@bp.get("/connections/<int:number>")
def connection(name: str, number: int) -> Response:
    """Describe a connection."""
    row = own_connection(user_named(name), number)
    expand = "connector" in request.args.get("expand", "").split(",")
    return jsonify(answers.connection(row, with_connector=expand))


@bp.put("/connections/<int:number>")
def refresh(name: str, number: int) -> Response:
    """Read the bank now, unless it was read within the hour or waits for its user."""
    row = own_connection(user_named(name), number)
    if row["state"] in bank.NEEDS_USER.values():
        return jsonify(answers.connection(row))
    last = row["last_update"]
    if last is not None and moment() - parse_stamp(last) < bank.TOO_SOON:
        text = f"Can't force synchronization of connection {number}"
        raise ApiError(409, "tooManySync", text)
    bank.read_bank(db(), row, moment())
    return jsonify(answers.connection(bank.get_connection(db(), number)))


@bp.post("/connections/<int:number>")
def update(name: str, number: int) -> Response:
    """Take new credentials, or resume what waited for the person."""
    row = own_connection(user_named(name), number)
    password = fields().get("password")
    if password is not None and password != bank.PASSWORD:
        raise ApiError(
            400, "wrongpass", "Wrong credentials", "Identifiant ou mot de passe incorrect"
        )
    if row["state"] is not None:
        bank.repair(db(), row, moment())
    return jsonify(answers.connection(bank.get_connection(db(), number)))


@bp.delete("/connections/<int:number>")
def delete(name: str, number: int) -> tuple[str, int]:
    """Delete a connection and all that was read over it."""
    own_connection(user_named(name), number)
    db().execute("DELETE FROM connection WHERE id = ?", (number,))
    return "", 204


@bp.get("/connections/<int:number>/sources")
def sources(name: str, number: int) -> Response:
    """List the sources of a connection."""
    row = own_connection(user_named(name), number)
    return jsonify(sources=[answers.source(row)], total=1)


@bp.get("/accounts")
def accounts(name: str) -> Response:
    """List the accounts of the user."""
    return _accounts(user_named(name), None)


@bp.get("/connections/<int:number>/accounts")
def accounts_of_connection(name: str, number: int) -> Response:
    """List the accounts of a connection."""
    user = user_named(name)
    own_connection(user, number)
    return _accounts(user, number)


def own_accounts(user: int, connection: int | None) -> list[Row]:
    """Return the accounts of ``user``; without the flag ``all`` those shared and still seen."""
    rows = (
        db()
        .execute(
            "SELECT account.* FROM account JOIN connection ON connection.id = id_connection"
            " WHERE id_user = ? AND (? IS NULL OR id_connection = ?) ORDER BY account.id",
            (user, connection, connection),
        )
        .fetchall()
    )
    if "all" in request.args:
        return list(rows)
    return [row for row in rows if row["disabled"] is None and row["deleted"] is None]


def _accounts(user: int, connection: int | None) -> Response:
    listed = [answers.account(db(), row) for row in own_accounts(user, connection)]
    balances: dict[str, float] = {}
    coming: dict[str, float] = {}
    for entry in listed:
        if entry["balance"] is None or entry["type"] == "card":
            continue
        code = entry["currency"]["id"]
        balances[code] = round(balances.get(code, 0) + entry["balance"], 2)
        coming[code] = round(coming.get(code, 0) + entry["coming_balance"], 2)
    return jsonify(
        accounts=listed,
        balance=sum(balances.values()),
        balances=balances,
        coming_balances=coming,
        total=len(listed),
    )


@bp.get("/accounts/<int:number>")
def account(name: str, number: int) -> Response:
    """Describe an account; a disabled one only with ``all``."""
    return jsonify(answers.account(db(), _own(user_named(name), None, [number])[0]))


def _own(user: int, connection: int | None, numbers: Sequence[int]) -> list[Row]:
    found = {row["id"]: row for row in own_accounts(user, connection)}
    if not all(number in found for number in numbers):
        raise not_found()
    return [found[number] for number in numbers]


@bp.route("/accounts/<ids>", methods=["PUT", "POST"])
def change_accounts(name: str, ids: str) -> Response:
    """Share accounts or stop sharing them: one id, or several parted by commas."""
    return _change(user_named(name), None, ids)


@bp.route("/connections/<int:number>/accounts/<ids>", methods=["PUT", "POST"])
def change_accounts_of_connection(name: str, number: int, ids: str) -> Response:
    """Share accounts of one connection, or stop sharing them."""
    return _change(user_named(name), number, ids)


def _change(user: int, connection: int | None, ids: str) -> Response:
    if not all(part.isdecimal() for part in ids.split(",")):
        raise invalid("id_account")
    numbers = [int(part) for part in ids.split(",")]
    rows = _own(user, connection, numbers)
    values: Any = fields()
    if "name" in values:
        for number in numbers:
            db().execute("UPDATE account SET name = ? WHERE id = ?", (values["name"], number))
    if "disabled" in values:
        _set_disabled(rows, str(values["disabled"]).lower() in ("true", "1"))
    changed = [answers.account(db(), row) for row in _reload(numbers)]
    return jsonify(changed[0] if len(changed) == 1 else {"accounts": changed})


def _set_disabled(rows: Sequence[Row], disabled: bool) -> None:
    """Change what is not so already; sharing reads the bank for each connection once."""
    change = [row for row in rows if (row["disabled"] is not None) is not disabled]
    if disabled:
        bank.stop_sharing(db(), [row["id"] for row in change], moment())
        return
    for connection in sorted({row["id_connection"] for row in change}):
        numbers = [row["id"] for row in change if row["id_connection"] == connection]
        bank.share(db(), connection, numbers, moment())


def _reload(numbers: Sequence[int]) -> list[Row]:
    return [
        db().execute("SELECT * FROM account WHERE id = ?", (number,)).fetchone()
        for number in numbers
    ]
