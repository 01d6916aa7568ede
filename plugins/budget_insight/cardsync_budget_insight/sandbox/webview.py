"""The pages a person sees at the aggregator: choose a bank, log in, tick accounts, go back.

They need no JavaScript. What is typed as password is compared and forgotten.
"""

import secrets
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from cardsync_budget_insight.sandbox import CLIENT_ID, bank
from cardsync_budget_insight.sandbox.catalogue import BANKS, BY_ID, BY_UUID, CARD_SERVICE, Bank
from cardsync_budget_insight.sandbox.request import db, moment, new_token, token_row
from cardsync_budget_insight.sandbox.store import Row, get_meta, insert, set_meta
from cardsync_budget_insight.sandbox.texts import LANGUAGES, translator
from cardsync_budget_insight.sandbox.timing import stamp

bp = Blueprint("webview", __name__, url_prefix="/webview/<lang>")

FLOWS = ("connect", "reconnect", "manage")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Page = str | tuple[str, int] | Response


def _render(template: str, lang: str, visit: Row | None, **values: Any) -> str:
    return render_template(template, lang=lang, t=translator(lang), visit=visit, **values)


def _problem(lang: str, reason: str) -> tuple[str, int]:
    return _render("problem.html", lang, None, reason=reason), 400


@bp.errorhandler(NotFound)
def not_here(_: NotFound) -> tuple[str, int]:
    """Say that a visit is over, or never was."""
    lang = str((request.view_args or {}).get("lang"))
    page, _status = _problem(lang if lang in LANGUAGES else "en", "visit_over")
    return page, 404


# --- entering ------------------------------------------------------------------------------------


@bp.get("/<flow>")
def enter(lang: str, flow: str) -> Page:
    """Check who sends whom, and begin a visit."""
    if lang not in LANGUAGES or flow not in FLOWS:
        raise NotFound
    args = request.args
    if args.get("client_id") != str(CLIENT_ID):
        return _problem(lang, "unknown_client")
    if not allowed_return(args.get("redirect_uri", "")):
        return _problem(lang, "bad_redirect_uri")
    code = args.get("code", "")
    again = (
        db()
        .execute("SELECT * FROM visit WHERE code = ? AND code <> '' AND done = 0", (code,))
        .fetchone()
    )
    if again is not None:
        return _first_page(again)
    user = _user_of(code, flow)
    if user is None:
        return _problem(lang, "bad_code")
    number = args.get("connection_id", "")
    if flow == "reconnect" and _own_connection(user, number) is None:
        return _problem(lang, "unknown_connection")
    return _first_page(_begin(lang, flow, user, code, _own_connection(user, number)))


def allowed_return(address: str) -> bool:
    """Say whether ``address`` may be returned to: plain http on this machine, without a query."""
    parts = urlsplit(address)
    fits = parts.scheme == "http" and parts.hostname in LOOPBACK and "@" not in parts.netloc
    return fits and not parts.query and not parts.fragment


def _user_of(code: str, flow: str) -> int | None:
    """Return the user behind ``code``, which a single-use code is burned for, or a new one."""
    if not code:
        if flow != "connect":
            return None
        return insert(db(), "app_user", {"signin": stamp(moment()), "permanent": 1})
    row = token_row(code)
    if row is None or row["kind"] != "code":
        return None
    if row["single"]:
        db().execute("DELETE FROM token WHERE token = ?", (code,))
    return int(row["id_user"])


def _own_connection(user: int, number: str) -> Row | None:
    row: Row | None = (
        db()
        .execute("SELECT * FROM connection WHERE id = ? AND id_user = ?", (number, user))
        .fetchone()
    )
    return row


def _begin(lang: str, flow: str, user: int, code: str, connection: Row | None) -> Row:
    visit = secrets.token_urlsafe(18)
    insert(
        db(),
        "visit",
        {
            "id": visit,
            "id_user": user,
            "flow": flow,
            "lang": lang,
            "redirect_uri": request.args["redirect_uri"],
            "state": request.args.get("state", ""),
            "code": code,
            "anonymous": int(not code),
            "uuid": connection["uuid"] if connection else _only_connector(),
            "id_connection": connection["id"] if connection else None,
        },
    )
    _keep_banks(visit, most=request.args.get("max_connections", 1, type=int), shared=[])
    row: Row = db().execute("SELECT * FROM visit WHERE id = ?", (visit,)).fetchone()
    return row


def _keep_banks(visit_id: str, *, most: int, shared: list[int]) -> None:
    """Keep how many banks the visit may connect, and those it has connected."""
    set_meta(db(), f"visit:{visit_id}", {"most": most, "shared": shared})


def _banks_of(visit: Row) -> tuple[int, list[int]]:
    kept = get_meta(db(), f"visit:{visit['id']}", {"most": 1, "shared": []})
    return kept["most"], kept["shared"]


def _only_connector() -> str | None:
    """Return the one connector the caller asks for, which skips the picker."""
    named = request.args.get("connector_uuids") or request.args.get("connector_ids") or ""
    found = BY_UUID.get(named) or (BY_ID.get(int(named)) if named.isdecimal() else None)
    return found.uuid if found else None


def _first_page(visit: Row) -> Response:
    if visit["flow"] == "manage":
        return _to("webview.manage", visit)
    if visit["uuid"]:
        return _to("webview.login", visit, uuid=visit["uuid"])
    return _to("webview.banks", visit)


def _to(endpoint: str, visit: Row, uuid: str | None = None) -> Response:
    return redirect(url_for(endpoint, lang=visit["lang"], visit_id=visit["id"], uuid=uuid), 303)


def _visit(lang: str, visit_id: str) -> Row:
    """Return a visit that is under way.

    :raises NotFound: if it is over or never was.
    """
    row: Row | None = (
        db()
        .execute("SELECT * FROM visit WHERE id = ? AND lang = ? AND done = 0", (visit_id, lang))
        .fetchone()
    )
    if row is None:
        raise NotFound
    return row


# --- choosing a bank and logging in --------------------------------------------------------------


@bp.get("/visits/<visit_id>/banks")
def banks(lang: str, visit_id: str) -> Page:
    """Choose the bank or card service."""
    visit = _visit(lang, visit_id)
    query = request.args.get("q", "").strip()
    found = find_banks(query)
    groups = [
        ("card_services", [entry for entry in found if entry.kind == CARD_SERVICE]),
        ("banks", [entry for entry in found if entry.kind != CARD_SERVICE]),
    ]
    return _render("banks.html", lang, visit, query=query, groups=groups)


def find_banks(query: str) -> list[Bank]:
    """Return the banks a search names; the card service of a bank comes before the bank (R39)."""
    wanted = _plain(query)
    names = {entry: _plain(" ".join((entry.name, entry.issuer, *entry.words))) for entry in BANKS}
    return [entry for entry in BANKS if wanted in names[entry]]


def _plain(text: str) -> str:
    """Return ``text`` without case, accents and punctuation, for comparing."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if letter.isalnum())


@bp.get("/visits/<visit_id>/login/<uuid>")
def login(lang: str, visit_id: str, uuid: str) -> Page:
    """Ask for the log-in at the bank."""
    return _login_page(_visit(lang, visit_id), _bank(uuid))


def _login_page(visit: Row, chosen: Bank, problem: str = "", name: str = "") -> str:
    return _render(
        "login.html", visit["lang"], visit, bank=chosen, problem=problem, login_name=name
    )


def _bank(uuid: str) -> Bank:
    found = BY_UUID.get(uuid)
    if found is None:
        raise NotFound
    return found


@bp.post("/visits/<visit_id>/login/<uuid>")
def log_in(lang: str, visit_id: str, uuid: str) -> Page:
    """Take the log-in: on a good one show the accounts, or repair the connection."""
    visit, chosen = _visit(lang, visit_id), _bank(uuid)
    name = request.form.get("login", "").strip()
    password = request.form.get("password", "")
    if not name or not password:
        return _login_page(visit, chosen, "login_missing", name), 422
    if password != bank.PASSWORD:
        return _login_page(visit, chosen, "login_wrong", name), 422
    if visit["flow"] == "reconnect":
        bank.repair(db(), bank.get_connection(db(), visit["id_connection"]), moment())
        return _go_back(visit, {})
    _forget_unfinished(visit)
    number = bank.connect(db(), visit["id_user"], chosen, name, moment())
    db().execute(
        "UPDATE visit SET id_connection = ?, uuid = ? WHERE id = ?", (number, uuid, visit["id"])
    )
    return _to("webview.accounts", visit)


def _forget_unfinished(visit: Row) -> None:
    """Drop the connection of a visit that was left before anything was shared."""
    if visit["flow"] == "connect":
        db().execute(
            "DELETE FROM connection WHERE id = ? AND finished = 0", (visit["id_connection"],)
        )


# --- ticking accounts ----------------------------------------------------------------------------


@bp.get("/visits/<visit_id>/accounts")
def accounts(lang: str, visit_id: str) -> Page:
    """Show the accounts and cards found, none of them ticked."""
    return _accounts_page(_visit(lang, visit_id))


def _accounts_page(visit: Row, problem: str = "") -> str:
    rows = _accounts([visit["id_connection"]])
    name = BY_UUID[visit["uuid"]].name if visit["uuid"] else ""
    most, shared = _banks_of(visit)
    return _render(
        "accounts.html",
        visit["lang"],
        visit,
        rows=rows,
        bank=name,
        problem=problem,
        another=most > len(shared) + 1,
    )


def _accounts(connections: Sequence[int]) -> list[Row]:
    rows: list[Row] = []
    for number in connections:
        rows += db().execute(
            "SELECT * FROM account WHERE id_connection = ? AND deleted IS NULL ORDER BY id",
            (number,),
        )
    return rows


@bp.post("/visits/<visit_id>/accounts")
def share(lang: str, visit_id: str) -> Page:
    """Share the ticked accounts; then to another bank or back. Ticking none is refused."""
    visit = _visit(lang, visit_id)
    ticked = _ticked(_accounts([visit["id_connection"]]))
    if not ticked:
        return _accounts_page(visit, "none_ticked"), 422
    bank.share(db(), visit["id_connection"], ticked, moment())
    most, shared = _banks_of(visit)
    shared = list(dict.fromkeys([*shared, visit["id_connection"]]))
    _keep_banks(visit["id"], most=most, shared=shared)
    if "another" in request.form and most > len(shared):
        db().execute(
            "UPDATE visit SET id_connection = NULL, uuid = NULL WHERE id = ?", (visit["id"],)
        )
        return _to("webview.banks", visit)
    return _go_back(visit, _connected(shared))


def _connected(shared: Sequence[int]) -> dict[str, str]:
    """Name the connections of a visit; the list is given only where there are several."""
    several = {"connection_ids": ",".join(map(str, shared))} if len(shared) > 1 else {}
    return {"connection_id": str(shared[-1]), **several}


def _ticked(rows: Sequence[Row]) -> list[int]:
    chosen = request.form.getlist("account")
    return [row["id"] for row in rows if str(row["id"]) in chosen]


# --- managing, giving up, going back -------------------------------------------------------------


@bp.get("/visits/<visit_id>/manage")
def manage(lang: str, visit_id: str) -> Page:
    """Show every account of the person's banks, those shared ticked."""
    visit = _visit(lang, visit_id)
    return _render("manage.html", lang, visit, groups=_managed(visit))


def _managed(visit: Row) -> list[tuple[str, list[Row]]]:
    rows = (
        db()
        .execute(
            "SELECT * FROM connection WHERE id_user = ? AND finished = 1 AND (? IS NULL OR id = ?)",
            (visit["id_user"], visit["id_connection"], visit["id_connection"]),
        )
        .fetchall()
    )
    return [(BY_UUID[row["uuid"]].name, _accounts([row["id"]])) for row in rows]


@bp.post("/visits/<visit_id>/manage")
def save(lang: str, visit_id: str) -> Page:
    """Share exactly what is ticked."""
    visit = _visit(lang, visit_id)
    for _, rows in _managed(visit):
        ticked = _ticked(rows)
        start = [row["id"] for row in rows if row["disabled"] and row["id"] in ticked]
        stop = [row["id"] for row in rows if not row["disabled"] and row["id"] not in ticked]
        bank.stop_sharing(db(), stop, moment())
        if start:
            bank.share(db(), rows[0]["id_connection"], start, moment())
    return _go_back(visit, {})


@bp.post("/visits/<visit_id>/cancel")
def cancel(lang: str, visit_id: str) -> Page:
    """Give up: what was begun is dropped, what was shared before in the same visit stays."""
    visit = _visit(lang, visit_id)
    _forget_unfinished(visit)
    if shared := _banks_of(visit)[1]:
        return _go_back(visit, _connected(shared))
    return _go_back(visit, {"error": "access_denied", "error_description": "User cancelled"})


def _go_back(visit: Row, answer: dict[str, str]) -> Response:
    """End the visit; send the person back with ``answer``, the state, a code if none came."""
    db().execute("UPDATE visit SET done = 1 WHERE id = ?", (visit["id"],))
    if visit["anonymous"] and "error" not in answer:
        answer = {**answer, "code": new_token(visit["id_user"], "code", lives=bank.TOO_SOON)}
    if visit["state"]:
        answer = {**answer, "state": visit["state"]}
    query = f"?{urlencode(answer)}" if answer else ""
    return redirect(f"{visit['redirect_uri']}{query}", 303)
