"""The calls to the Powens API that this connector makes, with their failures made typed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from cardsync_budget_insight.cleaning import words
from cardsync_budget_insight.settings import API_HOSTS, Access
from cardsync_budget_insight.states import NEEDS_USER
from cardsync_sdk import Link, SourceRejected, SourceUnavailable, UserActionNeeded
from cardsync_sdk.http import Answer, HttpClient, Limits

Row = dict[str, Any]

PAGE_SIZE: Final = 1000  # the most Powens gives
MOST_PAGES: Final = 1000
# A person waits in front of a page; two such calls fit into the host's own deadline.
IN_A_PAGE: Final = Limits(connect=3.0, read=8.0, deadline=9.0, tries=2)
# A forced refresh logs in at the bank before it answers.
AT_THE_BANK: Final = 300.0

_PASSING: Final = frozenset(
    {"websiteUnavailable", "bug", "dataError", "connectionLocked", "tooManySync", "rateLimiting"}
)


class Powens:
    """The API as one Powens user sees it."""

    def __init__(self, http: HttpClient, access: Access) -> None:
        self._http = http
        self._access = access

    # --- who we are --------------------------------------------------------------------------

    def create_user(self) -> tuple[str, str]:
        """Create a lasting Powens user and return its token and id. Billable: never retried."""
        body = self._as_client("/auth/init", {})
        return _text(body, "auth_token"), str(_number(body, "id_user"))

    def renew_token(self, id_user: str) -> str:
        """Return a new token for a user whose own is refused."""
        asked = {"grant_type": "client_credentials", "id_user": _id(id_user)}
        return _text(self._as_client("/auth/renew", asked), "access_token")

    def temporary_code(self) -> str:
        """Return a code the web view takes once; it lives for minutes."""
        body = self._read("/auth/token/code", {"type": "singleAccess"})
        return _text(_mapping(body), "code")

    def _as_client(self, path: str, asked: Mapping[str, Any]) -> Row:
        ours = {"client_id": self._access.client_id, "client_secret": self._access.client_secret}
        answer = self._http.send("POST", path, json={**ours, **asked})
        if not answer.ok:
            raise SourceRejected(
                f"Powens refused the client application ({answer.status} {_code(answer)}); "
                "check the client ID and secret in the connector's settings",
                code="client_refused",
            )
        return _mapping(answer.body)

    # --- connections and accounts ------------------------------------------------------------

    def connections(self) -> list[Row]:
        """Return the connections of this user, each with its connector."""
        return _rows(self._read("/users/me/connections", {"expand": "connector"}), "connections")

    def connection(self, ref: str) -> Row:
        """Return one connection.

        :raises UserActionNeeded: with reason ``connection_gone`` if there is none any more.
        """
        return _mapping(self._read(_connection_path(ref)))

    def sources(self, ref: str) -> list[Row]:
        """Return the sources of a connection, which say when the consent ends."""
        return _rows(self._read(f"{_connection_path(ref)}/sources"), "sources")

    def accounts(self, ref: str) -> list[Row]:
        """Return every account of a connection, shared or not."""
        return _rows(self._read(f"{_connection_path(ref)}/accounts", {"all": ""}), "accounts")

    def share(self, ref: str, accounts: Sequence[str], *, shared: bool) -> None:
        """Share the ``accounts`` of a connection, or stop: then Powens forgets their rows."""
        ids = ",".join(str(_id(account)) for account in accounts)
        path = f"{_connection_path(ref)}/accounts/{ids}"
        _checked(self._http.send("PUT", path, params={"all": ""}, json={"disabled": not shared}))

    def refresh(self, ref: str, *, interactive: bool) -> Row | None:
        """Ask for a refresh from the bank; ``None`` if one is running or too recent."""
        asked = {"psu_requested": "true" if interactive else "false"}
        path = _connection_path(ref)
        answer = self._http.send("PUT", path, params=asked, read_timeout=AT_THE_BANK)
        if answer.status == 409:
            return None
        return _mapping(_checked(answer))

    def delete(self, ref: str) -> None:
        """Delete a connection; one that is gone already is no error."""
        answer = self._http.send("DELETE", _connection_path(ref))
        if answer.status != 404:
            _checked(answer)

    # --- transactions ------------------------------------------------------------------------

    def pages(self, ref: str, query: Mapping[str, str]) -> Iterator[list[Any]]:
        """Yield the rows of a connection page by page, the deleted ones too.

        No account shared means no page. A walk that does not end is a failure, not a success.
        """
        asked = {"limit": str(PAGE_SIZE), "all": "", **query}
        answer = self._http.get(f"{_connection_path(ref)}/transactions", asked)
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            if _code(answer) == "noAccount":
                return
            body = _mapping(_checked(answer))
            rows = body.get("transactions")
            if not isinstance(rows, list):
                _not_understood("transactions")
            yield rows
            href = _next_link(body)
            if href is None:
                return
            if href in seen:
                raise SourceUnavailable("the pages of transactions lead in a circle")
            seen.add(href)
            answer = self._http.follow(href)
        raise SourceUnavailable(f"the transactions fill more than {MOST_PAGES} pages")

    def _read(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return _checked(self._http.get(path, params))


@contextmanager
def powens(access: Access, token: str = "", limits: Limits | None = None) -> Iterator[Powens]:
    """Open the API for the user of ``token``, or for nobody yet, and close it after use."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with HttpClient(
        access.base_url, allowed_hosts=API_HOSTS, headers=headers, limits=limits
    ) as http:
        yield Powens(http, access)


def token_of(link: Link) -> str:
    """Return the user token of ``link``.

    :raises SourceRejected: with code ``link_lost`` if it has none.
    """
    token = link.secrets.get("user_token", "")
    if not token:
        raise SourceRejected("no Powens user is kept; connect the bank anew", code="link_lost")
    return token


def _checked(answer: Answer) -> Any:
    """Return the body of a good answer, or raise what a refusal means."""
    if answer.ok:
        return answer.body
    code, message = _code(answer), _field(answer, "message") or None
    detail = f"Powens refused: {answer.status} {code} {_field(answer, 'description')}".strip()
    reason = NEEDS_USER.get("wrongpass" if code == "wrongPass" else code)
    if answer.status == 404:
        raise UserActionNeeded(detail, reason="connection_gone")
    if reason is not None:
        raise UserActionNeeded(detail, reason=reason, user_message=message)
    if answer.status == 401:
        raise UserActionNeeded(detail, reason="token_refused")
    if code in _PASSING or (answer.status == 403 and not code):
        raise SourceUnavailable(detail, user_message=message)
    raise SourceRejected(detail, code=_rejection(answer.status), user_message=message)


def _rejection(status: int) -> str:
    return "forbidden" if status == 403 else "refused"


def _code(answer: Answer) -> str:
    """Return the stable word of a refusal, ``""`` for a good answer or one without a word."""
    return "" if answer.ok else _field(answer, "code", 40)


def _field(answer: Answer, name: str, most: int = 200) -> str:
    return words(answer.body.get(name), most) if isinstance(answer.body, dict) else ""


def _next_link(body: Row) -> str | None:
    links = body.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else None
    return href if isinstance(href, str) and href else None


def _connection_path(ref: str) -> str:
    return f"/users/me/connections/{_id(ref)}"


def _id(ref: str) -> int:
    """Return an id of theirs as the number it is, so that it can only be one part of a path."""
    if not (ref.isascii() and ref.isdigit()):
        raise SourceRejected(f"not an id of Powens: {ref[:40]!r}", code="link_lost")
    return int(ref)


def _mapping(body: Any) -> Row:
    return body if isinstance(body, dict) else _not_understood("an object")


def _rows(body: Any, name: str) -> list[Row]:
    rows = _mapping(body).get(name)
    if not isinstance(rows, list):
        _not_understood(name)
    return [row for row in rows if isinstance(row, dict)]


def _text(body: Row, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) and value else _not_understood(name)


def _number(body: Row, name: str) -> int:
    value = body.get(name)
    return value if type(value) is int else _not_understood(name)


def _not_understood(what: str) -> NoReturn:
    raise SourceUnavailable(f"the answer of Powens lacks {what}")
