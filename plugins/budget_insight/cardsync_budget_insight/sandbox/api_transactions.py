"""The API: transactions, with their filters and their pages."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from cardsync_budget_insight.sandbox import answers
from cardsync_budget_insight.sandbox.api_connections import own_accounts, own_connection
from cardsync_budget_insight.sandbox.errors import ApiError, invalid, missing, not_found
from cardsync_budget_insight.sandbox.request import db, user_named
from cardsync_budget_insight.sandbox.store import Row, get_meta
from cardsync_budget_insight.sandbox.timing import month_end, parse_stamp, stamp

bp = Blueprint("transactions", __name__, url_prefix="/2.0/users/<name>")

MOST = 1000
Condition = Callable[[Row], bool]


@bp.get("/transactions")
def of_user(name: str) -> Response:
    """List the transactions of the user."""
    return _answer(user_named(name), None, None)


@bp.get("/connections/<int:number>/transactions")
def of_connection(name: str, number: int) -> Response:
    """List the transactions of a connection."""
    user = user_named(name)
    own_connection(user, number)
    return _answer(user, number, None)


@bp.get("/accounts/<int:number>/transactions")
def of_account(name: str, number: int) -> Response:
    """List the transactions of an account."""
    return _answer(user_named(name), None, number)


def _answer(user: int, connection: int | None, account: int | None) -> Response:
    args = request.args
    limit = _limit(args)
    shared = _shared(user, connection, account)
    everything = _lines(shared)
    conditions = _conditions(args)
    chosen = [row for row in everything if all(fits(row) for fits in conditions)]
    page, links = _page(chosen, limit)
    days = [row["date"] for row in everything]
    shown = [row["date"] for row in page]
    currencies = {row["id"]: row["currency"] for row in shared}
    return jsonify(
        transactions=[answers.transaction(row, currencies[row["id_account"]]) for row in page],
        first_date=min(days, default=None),
        last_date=max(days, default=None),
        result_min_date=min(shown, default=None),
        result_max_date=max(shown, default=None),
        total=len(chosen),
        _links=links,
    )


def _limit(args: Mapping[str, str]) -> int:
    text = args.get("limit")
    if text is None:
        raise missing("limit")
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise invalid("limit")
    return min(int(text), int(get_meta(db(), "page_size", MOST)))


def _shared(user: int, connection: int | None, account: int | None) -> list[Row]:
    rows = [row for row in own_accounts(user, connection) if row["disabled"] is None]
    if not rows:
        raise ApiError(409, "noAccount", "At least one bank account is required.")
    if account is None:
        return rows
    rows = [row for row in rows if row["id"] == account]
    if not rows:
        raise not_found()
    return rows


def _lines(accounts: Sequence[Row]) -> list[Row]:
    """Return every line of ``accounts`` by id, which is the order of the pages."""
    rows: list[Row] = []
    for account in accounts:
        rows += db().execute("SELECT * FROM txn WHERE id_account = ?", (account["id"],)).fetchall()
    return sorted(rows, key=lambda row: int(row["id"]))


def _conditions(args: Mapping[str, str]) -> list[Condition]:
    """Turn the query into conditions, all of which a line must fulfil.

    :raises ApiError: for a value nobody understands.
    """
    conditions = [_deleted(args)]
    column = args.get("filter", "application_date")
    if column not in ("application_date", "date"):
        raise invalid("filter")
    if "min_date" in args:
        first = _day(args, "min_date", first=True)
        conditions.append(lambda row: row[column] >= first)
    if "max_date" in args:
        last = _day(args, "max_date", first=False)
        conditions.append(lambda row: row[column] <= last)
    if "last_update" in args:
        since = _stamp(args, "last_update")
        conditions.append(lambda row: row["last_update"] > since)
    if "income" in args:
        income = args["income"].lower() in ("", "true", "1")
        conditions.append(lambda row: (_value(row) > 0) is income)
    if "min_value" in args:
        low = _decimal(args, "min_value")
        conditions.append(lambda row: _value(row) >= low)
    if "max_value" in args:
        high = _decimal(args, "max_value")
        conditions.append(lambda row: _value(row) <= high)
    if text := args.get("search") or args.get("wording"):
        conditions.append(lambda row: text.casefold() in row["wording"].casefold())
    return conditions


def _deleted(args: Mapping[str, str]) -> Condition:
    if args.get("deleted", "").lower() in ("true", "1"):
        return lambda row: row["deleted"] is not None
    if "all" in args:
        return lambda row: True
    return lambda row: row["deleted"] is None


def _day(args: Mapping[str, str], name: str, *, first: bool) -> str:
    """Read a day, or a month or a year as its first or last day."""
    text = args[name]
    missing_parts = 2 - text.count("-")
    try:
        day = date.fromisoformat(text + "-01" * missing_parts)
    except ValueError:
        raise invalid(name) from None
    if not first and missing_parts:
        day = month_end(day.replace(month=12) if missing_parts == 2 else day)
    return day.isoformat()


def _stamp(args: Mapping[str, str], name: str) -> str:
    try:
        return stamp(parse_stamp(args[name]))
    except ValueError:
        raise invalid(name) from None


def _decimal(args: Mapping[str, str], name: str) -> Decimal:
    try:
        return Decimal(args[name])
    except InvalidOperation:
        raise invalid(name) from None


def _value(row: Row) -> Decimal:
    return Decimal(row["value"] or 0)


def _page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], dict[str, Any]]:
    """Cut out the page the cursor names; a cursor is a place between ids, so no line slips by."""
    after = _cursor(request.args.get("cursor"))
    start = next((place for place, row in enumerate(rows) if row["id"] > after), len(rows))
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    before = rows[max(start - limit, 0) : start]
    links = {
        "self": {"href": request.url},
        "prev": _href(before[0]["id"] - 1) if before else None,
        "next": _href(page[-1]["id"]) if more else None,
    }
    return page, links


def _href(after: int) -> dict[str, str]:
    cursor = base64.urlsafe_b64encode(json.dumps({"after": after}).encode()).decode()
    args = {**request.args.to_dict(), "cursor": cursor}
    return {"href": f"{request.base_url}?{urlencode(args)}"}


def _cursor(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(text))["after"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid("cursor") from None
