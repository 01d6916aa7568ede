"""Connecting a bank: to the aggregator's web view and back.

Bank log-ins are typed only in the web view (R8). What comes back in the address is a claim: it
counts only as far as our own user's connections at Powens confirm it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from cardsync_budget_insight.cleaning import words
from cardsync_budget_insight.client import IN_A_PAGE, Powens, powens
from cardsync_budget_insight.settings import Access, read_settings
from cardsync_budget_insight.states import NEEDS_USER, state_of
from cardsync_sdk import (
    Link,
    Redirect,
    Settings,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)

LANGUAGES: Final = ("fr", "en")
# Several banks in one visit (R60): above 1 the web view offers another one after each.
MOST_BANKS: Final = 10
# Error codes of the web view that a person caused → the reason that picks the help page.
_BY_PERSON: Final = {
    "access_denied": "cancelled",
    "tos_declined": "terms_declined",
    "session_expired": "session_expired",
}


def begin(
    settings: Settings, return_url: str, state: str, language: str, link: Link | None
) -> Redirect:
    """Return the address of the web view, and the Powens user the host must keep before going.

    A new user is made only where there is none. A connection that waits for its user is repaired;
    for one that works, the accounts it shares are chosen anew; else a bank is added.
    """
    access = read_settings(settings)
    user = dict(link.secrets) if link and link.secrets.get("user_token") else _new_user(access)
    kept, code = _with_code(access, user)
    flow, ref = "connect", ""
    known: list[str] = []
    if link is not None:
        with powens(access, kept["user_token"], IN_A_PAGE) as api:
            connections = _by_ref(api)
        known = list(connections)
        if link.ref in connections:
            broken = state_of(connections[link.ref]) in NEEDS_USER
            flow, ref = "reconnect" if broken else "manage", link.ref
    query = {
        "domain": access.domain,
        "client_id": access.client_id,
        "redirect_uri": return_url,
        "code": code,
        "state": state,
        **({"connection_id": ref} if ref else {"max_connections": str(MOST_BANKS)}),
    }
    # Without a language the web view is not found.
    lang = language if language in LANGUAGES else "en"
    secrets = {**_user(kept), "known_connections": ",".join(known)}
    return Redirect(
        f"{access.webview_url}/{lang}/{flow}?{urlencode(query)}",
        Link(ref=ref, settings=settings, secrets=secrets),
    )


def _new_user(access: Access) -> dict[str, str]:
    with powens(access, limits=IN_A_PAGE) as api:
        token, id_user = api.create_user()
    return {"user_token": token, "id_user": id_user}


def _with_code(access: Access, user: Mapping[str, str]) -> tuple[Mapping[str, str], str]:
    """Return a temporary code, and the user with a new token if the old one is refused."""
    try:
        with powens(access, user["user_token"], IN_A_PAGE) as api:
            return user, api.temporary_code()
    except UserActionNeeded as error:
        if error.reason != "token_refused" or not user.get("id_user"):
            raise
    with powens(access, limits=IN_A_PAGE) as api:
        renewed = {**user, "user_token": api.renew_token(user["id_user"])}
    with powens(access, renewed["user_token"], IN_A_PAGE) as api:
        return renewed, api.temporary_code()


def finish(settings: Settings, params: Mapping[str, str], link: Link | None) -> list[Link]:
    """Return a link for each connection made in the visit, confirmed by Powens.

    :raises UserActionNeeded: with reason ``cancelled``, ``terms_declined``, ``session_expired`` or
        ``nothing_connected``. :raises SourceRejected: if the address names a foreign connection.
    """
    _raise_error(params)
    if link is None or not link.secrets.get("user_token"):
        raise SourceRejected("no Powens user is kept; connect the bank anew", code="link_lost")
    with powens(read_settings(settings), link.secrets["user_token"], IN_A_PAGE) as api:
        connections = _by_ref(api)
    claimed = _claimed(params)
    if not all(ref in connections for ref in claimed):
        raise SourceRejected(
            "the return from the web view names a connection that is not ours",
            code="foreign_connection",
        )
    known = link.secrets.get("known_connections", "").split(",")
    new = [ref for ref in connections if ref not in known]
    refs = claimed or new or [ref for ref in (link.ref,) if ref in connections]
    if not refs:
        raise UserActionNeeded("no bank was connected in the visit", reason="nothing_connected")
    return [_link(connections[ref], settings, _user(link.secrets)) for ref in refs]


def _raise_error(params: Mapping[str, str]) -> None:
    code = words(params.get("error"), 40)
    if not code:
        return
    detail = f"the web view ended with {code} {words(params.get('error_description'))}".strip()
    if code in _BY_PERSON:
        raise UserActionNeeded(detail, reason=_BY_PERSON[code])
    raise SourceUnavailable(detail)


def _claimed(params: Mapping[str, str]) -> list[str]:
    """Return the ids the address names; several are parted by commas, and none is allowed."""
    named = params.get("connection_ids") or params.get("connection_id") or ""
    return list(dict.fromkeys(ref for ref in re.split(r"[,\s]+", named) if ref))


def _by_ref(api: Powens) -> dict[str, dict[str, Any]]:
    return {str(row.get("id")): row for row in api.connections()}


def _link(connection: Mapping[str, Any], settings: Settings, user: Mapping[str, str]) -> Link:
    connector = connection.get("connector")
    name = words(connector.get("name"), 100) if isinstance(connector, Mapping) else ""
    ref = str(connection.get("id"))
    return Link(ref=ref, settings=settings, secrets=user, institution=name, label=name)


def _user(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what of ``secrets`` names the Powens user."""
    return {name: secrets[name] for name in ("user_token", "id_user") if name in secrets}
