"""Error pages: what happened, who must act, what to do next, and an id that is in the log."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webapp.views.access import visitor
from webapp.views.csrf import ForeignRequest, StaleForm
from webapp.views.help_links import of_status
from webapp.views.pages import render_page, retarget_to_notices, wants_block

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error page says; ``article`` is the help article, else that of the status."""

    title: str
    what: str
    next: str
    icon: str = "circle-alert"
    article: str = ""


OURS = Explanation(
    lazy_gettext("Something went wrong on our side"),
    lazy_gettext(
        "This is a mistake in cardsync, not in what you did. It has been written to the log."
    ),
    lazy_gettext("Try again in a moment. If it stays, give the administrator the number below."),
    "server-crash",
)

EXPLANATIONS: Mapping[int, Explanation] = {
    400: Explanation(
        lazy_gettext("The request could not be read"),
        lazy_gettext("Something in the address or the form is not as cardsync expects it."),
        lazy_gettext("Go back, check what you typed, and try again."),
    ),
    401: Explanation(
        lazy_gettext("Please log in"),
        lazy_gettext("This page is for people who are logged in."),
        lazy_gettext("Log in, then open it again."),
        "lock",
    ),
    403: Explanation(
        lazy_gettext("You may not do this here"),
        lazy_gettext("Your role here does not include it."),
        lazy_gettext("If you need it, ask an administrator of your group for the right."),
        "lock",
    ),
    404: Explanation(
        lazy_gettext("There is nothing at this address"),
        lazy_gettext(
            "The page does not exist, or it belongs to a legal entity you have no role in."
        ),
        lazy_gettext("Check the address, or start again from the first page."),
        "search-x",
    ),
    405: Explanation(
        lazy_gettext("This address does not work that way"),
        lazy_gettext("A form was opened like a page, or the other way round."),
        lazy_gettext("Go back and use the button on the page."),
    ),
    413: Explanation(
        lazy_gettext("The file is too large"),
        lazy_gettext("It is larger than this installation accepts. Nothing was stored."),
        lazy_gettext("Choose a smaller file, or a photo at a lower resolution."),
        "file-warning",
    ),
    422: Explanation(
        lazy_gettext("Something in the form is not right"),
        lazy_gettext("The form could not be accepted as it is. Nothing was stored."),
        lazy_gettext("Go back, correct what is marked, and send it again."),
    ),
    429: Explanation(
        lazy_gettext("Too many requests"),
        lazy_gettext("Too many tries came in a short time."),
        lazy_gettext("Wait 15 minutes, then try again."),
        "clock-alert",
    ),
}


def init_app(app: Flask) -> None:
    """Answer every error with a page in the person's language."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ForeignRequest, _foreign_request)
    app.register_error_handler(StaleForm, _stale_form)
    app.register_error_handler(Exception, _our_mistake)


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    answer = _page(code, explain(code))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(error.valid_methods)
    return answer


def _foreign_request(_error: ForeignRequest) -> Response:
    log.warning("refused a request from %s", request.headers.get("Origin", "an unnamed origin"))
    return _page(
        403,
        Explanation(
            _("This request did not come from cardsync"),
            _(
                "Your browser says that another site, or no site at all, sent this form. "
                "Nothing was changed."
            ),
            _(
                "Open cardsync itself and do it again there. If you are behind a proxy, its "
                "administrator must set CARDSYNC_PUBLIC_URL to the address you see above."
            ),
            "shield-alert",
            "form-refused",
        ),
    )


def _stale_form(_error: StaleForm) -> Response:
    return _page(
        403,
        Explanation(
            _("This page is too old"),
            _(
                "You have logged in or out since it was opened, or your browser keeps no cookies. "
                "Nothing was changed."
            ),
            _("Go back, reload the page, and send the form again."),
            "clock-alert",
            "form-refused",
        ),
    )


def _our_mistake(error: Exception) -> Response:
    return _page(500, explain(500), error)


def _page(code: int, explanation: Explanation, error: Exception | None = None) -> Response:
    error_id = secrets.token_hex(4)
    path = _where()
    if error is not None:
        log.error("error %s: %s %s failed", error_id, request.method, path, exc_info=error)
    else:
        log.info("error %s: %s %s answered %s", error_id, request.method, path, code)
    template = "errors/notice.html" if wants_block() else "errors/page.html"
    response = render_page(
        template,
        status=code,
        code=code,
        explanation=explanation,
        article=explanation.article or of_status(code),
        error_id=error_id,
        home=url_for("home.show" if visitor() else "auth.show"),
    )
    return retarget_to_notices(response) if wants_block() else response


def _where() -> str:
    """Return the address for the log; that of a set-up link is itself a secret."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


def explain(code: int) -> Explanation:
    """Return the words for an HTTP status."""
    return EXPLANATIONS.get(code, OURS if code >= 500 else EXPLANATIONS[400])
