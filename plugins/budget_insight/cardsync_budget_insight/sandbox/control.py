"""The controls of the practice bank: its clock, its faults, its lines, and what it holds as truth.

For whoever tests on this machine; calls from elsewhere are refused.
"""

import ipaddress
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from cardsync_budget_insight.sandbox import bank, faults, ledger
from cardsync_budget_insight.sandbox.api_transactions import MOST
from cardsync_budget_insight.sandbox.catalogue import BY_UUID
from cardsync_budget_insight.sandbox.errors import ApiError, invalid, missing, not_found
from cardsync_budget_insight.sandbox.generator import Draft
from cardsync_budget_insight.sandbox.request import db, fields, moment, practice, token_row
from cardsync_budget_insight.sandbox.store import Row, get_meta, insert, set_meta
from cardsync_budget_insight.sandbox.timing import PARIS, month_end, move_by, now, stamp

bp = Blueprint("control", __name__)

LONGEST_STEP = timedelta(days=3660)


@bp.before_request
def only_from_here() -> None:
    """Refuse other machines, and pages of other sites open in a browser on this one.

    :raises ApiError: 403.
    """
    here = ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104
    origin = request.headers.get("Origin")
    if not here or (origin is not None and origin != request.host_url.rstrip("/")):
        raise ApiError(403, "forbidden", "The controls work on this machine only")


@bp.get("/")
def home() -> str:
    """Show the controls as a page."""
    connections = [
        {**dict(row), "bank": BY_UUID[row["uuid"]].name, "accounts": _counts(row)}
        for row in db().execute("SELECT * FROM connection WHERE finished = 1 ORDER BY id")
    ]
    return render_template(
        "home.html",
        now=stamp(moment()),
        connections=connections,
        faults=get_meta(db(), "faults", []),
        kinds=faults.KINDS,
        states=bank.STATES,
        page_size=get_meta(db(), "page_size", MOST),
    )


def _counts(connection: Row) -> list[dict[str, Any]]:
    rows = db().execute(
        "SELECT account.*, (SELECT count(*) FROM txn WHERE id_account = account.id"
        " AND txn.deleted IS NULL) AS lines FROM account WHERE id_connection = ? ORDER BY id",
        (connection["id"],),
    )
    return [dict(row) for row in rows]


def _done(**content: Any) -> BaseResponse:
    """Answer a program with JSON and a person with the page of controls."""
    if request.is_json or request.accept_mimetypes.best != "text/html":
        return jsonify(content)
    return redirect("/", 303)


@bp.post("/control/tick")
def tick() -> BaseResponse:
    """Move the bank's clock forward by ``days`` or up to ``now``, and do what falls due."""
    step = _step(fields())
    if not timedelta(0) <= step <= LONGEST_STEP:
        raise invalid("now" if "now" in fields() else "days")
    move_by(db(), step)
    later = now(practice(), db())
    return _done(now=stamp(later), changed=bank.catch_up(db(), later))


def _step(values: Mapping[str, Any]) -> timedelta:
    try:
        if "now" in values:
            aim = datetime.fromisoformat(str(values["now"]))
            aim = aim if aim.tzinfo else aim.replace(tzinfo=PARIS)
            return aim - moment().replace(tzinfo=PARIS)
        return timedelta(days=float(values["days"]))
    except KeyError:
        raise missing("days") from None
    except (ValueError, OverflowError):
        raise invalid("days") from None


@bp.get("/control/truth")
def truth() -> Response:
    """List what the bank holds for a connection: the set an application must end up with."""
    number = request.args.get("connection", "")
    if not number.isdecimal():
        raise missing("connection")
    rows = db().execute(
        "SELECT txn.*, account.currency FROM txn JOIN account ON account.id = id_account"
        " WHERE id_connection = ? ORDER BY txn.id",
        (number,),
    )
    lines = [_line(row) for row in rows]
    live = [line for line in lines if not line["deleted"]]
    totals = [Decimal(line["value"]) for line in live if _is_decimal(line["value"])]
    return jsonify(
        connection=int(number), transactions=lines, count=len(live), total=str(sum(totals))
    )


def _line(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "id_account": row["id_account"],
        "value": row["value"],
        "currency": row["currency"],
        "rdate": row["rdate"],
        "date": row["date"],
        "type": row["type"],
        "coming": bool(row["coming"]),
        "wording": row["wording"],
        "deleted": row["deleted"] is not None,
    }


def _is_decimal(text: Any) -> bool:
    try:
        return Decimal(text).is_finite()
    except (InvalidOperation, TypeError):
        return False


@bp.post("/control/transactions")
def add_transaction() -> BaseResponse:
    """Add a line to ``id_account``; other fields as in the API, all with a sensible default.

    ``answer`` holds fields the API shall show beside or instead of them, right or wrong.
    """
    values = dict(fields())
    account = (
        db()
        .execute("SELECT * FROM account WHERE id = ?", (values.pop("id_account", 0),))
        .fetchone()
    )
    if account is None:
        raise not_found()
    bought = _day(values.get("rdate"), moment().date() - timedelta(days=1))
    deferred = bool(account["deferred"])
    usual = "deferred_card" if deferred else "card" if account["type"] == "card" else "order"
    draft = Draft(
        rdate=bought,
        date=month_end(bought) if deferred else bought,
        type=usual,
        value="-12.34",
        memo="ACHAT AJOUTE A LA MAIN",
        label="ACHAT AJOUTE A LA MAIN",
        waits=deferred,
    )
    number = ledger.add_line(db(), account, draft, moment(), fields=_texts(values))
    return _done(id=number)


def _day(text: Any, default: date) -> date:
    try:
        return default if text is None else date.fromisoformat(str(text))
    except ValueError:
        raise invalid("rdate") from None


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep amounts as decimal texts, as the ledger does."""
    return {
        name: str(value) if isinstance(value, int | float) and name.endswith("value") else value
        for name, value in values.items()
    }


@bp.route("/control/transactions/<int:number>", methods=["POST", "PATCH"])
def change_transaction(number: int) -> BaseResponse:
    """Change fields of a line; ``deleted`` true or false withdraws it or brings it back."""
    ledger.change_line(db(), _transaction(number), _texts(fields()), moment())
    return _done(id=number)


@bp.delete("/control/transactions/<int:number>")
def delete_transaction(number: int) -> BaseResponse:
    """Withdraw a line, as a bank does with a hold that was released."""
    ledger.change_line(db(), _transaction(number), {"deleted": True}, moment())
    return _done(id=number)


def _transaction(number: int) -> Row:
    row: Row | None = db().execute("SELECT * FROM txn WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise not_found()
    return row


@bp.post("/control/faults")
def add_fault() -> BaseResponse:
    """Let the next ``count`` calls fail with ``kind``; ``path`` is a part of their address."""
    values = fields()
    kind = values.get("kind")
    if kind not in faults.KINDS:
        raise invalid("kind")
    try:
        fault = {
            "kind": kind,
            "count": int(values.get("count", 1)),
            "path": str(values.get("path", "")),
            "retry_after": values.get("retry_after"),
            "seconds": float(values.get("seconds", 120)),
        }
    except ValueError:
        raise invalid("count") from None
    faults.add_fault(db(), fault)
    return _done(faults=get_meta(db(), "faults", []))


@bp.delete("/control/faults")
@bp.post("/control/faults/clear")
def clear_faults() -> BaseResponse:
    """Let every call work again."""
    set_meta(db(), "faults", [])
    return _done(faults=[])


@bp.post("/control/tokens")
def add_token() -> BaseResponse:
    """Give the user of a token a further one, of the tester's choosing."""
    known = token_row(str(fields().get("known", "")))
    token = str(fields().get("token", ""))
    if known is None or not token:
        raise invalid("known" if known is None else "token")
    insert(db(), "token", {"token": token, "id_user": known["id_user"], "kind": "permanent"})
    return _done(id_user=known["id_user"])


@bp.post("/control/page_size")
def page_size() -> BaseResponse:
    """Give at most ``size`` transactions a page, whatever the caller asks."""
    text = str(fields().get("size", ""))
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise invalid("size")
    set_meta(db(), "page_size", int(text))
    return _done(size=int(text))


@bp.post("/control/connections/<int:number>/state")
def set_state(number: int) -> BaseResponse:
    """Put a connection into a state of Powens' list, or with none back in order."""
    state = fields().get("state") or None
    row = _connection(number)
    if state is None:
        bank.repair(db(), row, moment())
    else:
        bank.set_state(db(), row, str(state), moment(), fields().get("message"))
    return _done(id=number, state=state)


@bp.post("/control/connections/<int:number>/renumber")
def renumber(number: int) -> BaseResponse:
    """Show the accounts of a connection under new ids, as after a repaired outage."""
    bank.renumber(db(), _connection(number), moment())
    return _done(id=number)


def _connection(number: int) -> Row:
    row: Row | None = db().execute("SELECT * FROM connection WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise not_found()
    return row
