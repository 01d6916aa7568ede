"""The address at which sources ring: a webhook is verified by its connector, and only ever rings.

No browser comes here: no session and no form. What is refused is answered without a body, and the
answer to what is verified does not say whether anybody here has the link (D05, D06).
"""

import logging

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.domain.schedule import FailureKind
from webapp.jobs.ringing import take_webhook
from webapp.storage import links
from webapp.storage.secrets import SecretUnreadable
from webapp.sync.links import LinkCalls, LinkProblem
from webapp.views.access import by_program, now, services

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__)

HOOK = "verify_and_parse_webhook"
LARGEST_BODY = 256 * 1024


@blueprint.post("/hooks/<connector>", defaults={"path": ""})
@blueprint.post("/hooks/<connector>/<path:path>")
@by_program
def receive(connector: str, path: str) -> Response:
    """Take a webhook of a connector."""
    body = _body()
    if body is None:
        return Response(status=413)
    found = services().registry.connectors.get(connector)
    if found is None or HOOK not in found.hooks:
        return Response(status=404)
    try:
        with services().database.read() as session:
            settings = links.load_settings(session, services().secrets, connector)
    except SecretUnreadable:
        log.error("a webhook of %s was not taken: no key opens the settings", connector)
        return Response(status=500)
    headers = {name.lower(): value for name, value in request.headers.items()}
    hints = LinkCalls(found).verify(settings, headers=headers, path=path, body=body)
    if isinstance(hints, LinkProblem):
        return _refused(connector, hints)
    take_webhook(services().database, services().doorbell.ring, connector, hints, now())
    return Response(status=204)


def _body() -> bytes | None:
    """Read the body, or nothing of one that is too large."""
    # One byte more: a body of unknown length is cut off at the limit without a word.
    request.max_content_length = LARGEST_BODY + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= LARGEST_BODY else None


def _refused(connector: str, problem: LinkProblem) -> Response:
    """Answer what was not verified: 401 to what is forged or too old, else 500 (sent again)."""
    if problem.kind is not FailureKind.REJECTED:
        return Response(status=500)
    address = request.remote_addr or ""
    if services().throttle.refused_webhook(address):
        log.warning("refused a webhook of %s from %s: %s", connector, address, problem.reason)
    return Response(status=401)
