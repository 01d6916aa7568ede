"""Ways in which the practice API fails when told to: for tests, and to see what people see."""

from typing import Any, Final

from flask import Response, json, request

from cardsync_budget_insight.sandbox.store import Db, Practice, get_meta, set_meta

MAINTENANCE: Final = "<html><body><h1>503</h1>Maintenance</body></html>"
KINDS: Final = (
    "500",
    "503_html",
    "html",
    "429",
    "cut_json",
    "wrong_charset",
    "timeout",
    "redirect",
    "foreign_next",
    "looping_next",
)
# These let the call happen and spoil its answer.
_SPOILING: Final = ("cut_json", "wrong_charset", "foreign_next", "looping_next")


def add_fault(db: Db, fault: dict[str, Any]) -> None:
    """Queue a fault: ``kind``, ``count`` of calls, ``path`` a part of the addresses it meets."""
    set_meta(db, "faults", [*get_meta(db, "faults", []), fault])


def next_fault(db: Db, path: str) -> dict[str, Any] | None:
    """Take the fault that meets a call of ``path``, and count it down."""
    faults = get_meta(db, "faults", [])
    for fault in faults:
        if fault["path"] in path:
            fault["count"] -= 1
            set_meta(db, "faults", [entry for entry in faults if entry["count"] > 0])
            return dict(fault)
    return None


def failing(practice: Practice, fault: dict[str, Any]) -> Response | None:
    """Answer a call with its fault, or ``None`` where the fault spoils the true answer."""
    kind = fault["kind"]
    if kind in _SPOILING:
        return None
    if kind == "timeout":
        practice.stopping.wait(fault["seconds"])
        return Response(status=500)
    if kind == "429":
        wait = {} if fault["retry_after"] is None else {"Retry-After": str(fault["retry_after"])}
        return Response('{"code": "tooManyRequests"}', 429, wait, mimetype="application/json")
    if kind == "500":
        return Response('{"code": "bug"}', 500, mimetype="application/json")
    if kind == "redirect":
        return Response(status=302, headers={"Location": "/2.0/elsewhere"})
    return Response(MAINTENANCE, 503 if kind == "503_html" else 200, mimetype="text/html")


def spoil(response: Response, fault: dict[str, Any]) -> Response:
    """Spoil a true answer the way ``fault`` says."""
    kind = fault["kind"]
    if kind == "cut_json":
        body = response.get_data()
        response.set_data(body[: len(body) // 2])
    elif kind == "wrong_charset":
        response.set_data(response.get_data(as_text=True).encode("utf-16"))
    elif kind in ("foreign_next", "looping_next") and response.is_json:
        content = response.get_json()
        if isinstance(content.get("_links"), dict):
            host = "http://elsewhere.example" if kind == "foreign_next" else request.host_url[:-1]
            content["_links"]["next"] = {"href": f"{host}{request.full_path}"}
            response.set_data(json.dumps(content))
    return response
