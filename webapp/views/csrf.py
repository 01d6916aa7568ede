"""Nobody else's page may act for the person: the request's origin, and a token of the session.

The origin comes first: ``Sec-Fetch-Site`` where the browser sends it, else ``Origin`` (browsers
leave the former out over plain HTTP), else the request is refused. The token is an HMAC of the
log-in session, or of a random seed for somebody unknown; it is a hidden field of every form.

The only exemption: routes declared ``by_program``, which know no session and believe a signature.
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import current_app, request, session

from webapp.views.access import asked_by_program, visitor
from webapp.views.services import services

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_SEED = "seed"


class ForeignRequest(Exception):
    """A request that another site's page may have caused."""


class StaleForm(Exception):
    """A form without the token of this session: an old page, or another person's."""


def csrf_token() -> str:
    """Return the token that the forms of this session carry."""
    return _sign(_binding())


def _binding() -> str:
    person = visitor()
    if person is not None:
        return f"login:{person.login}"
    if _SEED not in session:
        session[_SEED] = secrets.token_urlsafe(24)
    return f"visit:{session[_SEED]}"


def _sign(binding: str) -> str:
    key = current_app.secret_key
    assert isinstance(key, str)  # noqa: S101  # create_app sets it
    return hmac.new(key.encode(), f"csrf|{binding}".encode(), hashlib.sha256).hexdigest()


def refuse_foreign_origin() -> None:
    """Refuse an unsafe request that does not come from one of our own pages.

    :raises ForeignRequest: if it does not, or nothing says where it comes from.
    """
    if request.method in SAFE_METHODS or asked_by_program():
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise ForeignRequest
    elif request.headers.get("Origin") not in _own_origins():
        raise ForeignRequest


def _own_origins() -> set[str]:
    own = {request.host_url.rstrip("/")}
    if public := services().settings.public_url:
        parts = urlsplit(public)
        own.add(f"{parts.scheme}://{parts.netloc}")
    return own


def refuse_stale_form() -> None:
    """Refuse an unsafe request without the token of this session.

    :raises StaleForm: if the token is missing or another's.
    """
    if request.method in SAFE_METHODS or asked_by_program():
        return
    given = request.form.get(FIELD) or request.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise StaleForm
