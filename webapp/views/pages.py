"""Answers: the whole page or one of its blocks, redirects, and what is announced to the person.

The only module that knows htmx-flask (its answers set no ``Vary``, and its list of swap modes is
broken); headers are therefore set by hand.
"""

from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, flash, g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from htmx_flask import Htmx
from jinja2_fragments.flask import render_block
from markupsafe import Markup

from webapp.views.help_links import help_url

NOTICES = "#announcements"


def init_app(app: Flask) -> None:
    """Teach the application's requests to recognise htmx."""
    Htmx(app)


def wants_block() -> bool:
    """Say whether htmx asked for a part of a page; a boosted link or the back button wants all."""
    htmx = cast(Any, request).htmx
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def render_page(
    template: str, /, *, block: str | None = None, status: int = 200, **context: Any
) -> Response:
    """Render ``template``, or only its ``block`` when htmx will swap it in.

    The root element of the block carries the id it is swapped into. What was announced goes along
    with a block, out of band. A validation error answers the same block with status 422.
    """
    if block is not None and wants_block():
        body = render_block(template, block, **context)
        body += render_template("_parts/announcements.html")
    else:
        body = render_template(template, **context)
    return make_response(body, status)


def see_other(url: str) -> Response:
    """Send the person to ``url`` after a change; htmx is told to load it as a page."""
    if wants_block():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url
        return response
    return cast(Response, redirect(url, 303))


def announce(message: str, kind: str = "success", *, article: str = "") -> None:
    """Show and speak ``message`` with the next page or block.

    ``kind`` is ``success``, ``info``, ``warning`` or ``danger``; ``article`` is the help article
    that is linked behind the message.
    """
    if article:
        link = Markup('{} <a class="what-to-do" href="{}">{}</a>')
        message = link.format(message, help_url(article), _("What to do"))
    flash(message, kind)


def allow_form_target(url: str) -> None:
    """Let the forms of this page lead on to the origin of ``url``.

    Chromium applies ``form-action`` to every redirect that follows a form: a page whose form ends
    at a partner's page must name the partner's origin.
    """
    parts = urlsplit(url)
    form_targets().add(f"{parts.scheme}://{parts.netloc}")


def form_targets() -> set[str]:
    """Return the origins that this answer's forms may lead to, besides our own."""
    if "form_targets" not in g:
        g.form_targets = set()
    return cast("set[str]", g.form_targets)


def vary_by_htmx(response: Response) -> Response:
    """Mark what is made for one person and one kind of request, so that no cache mixes them."""
    if request.endpoint != "static":
        response.vary.add("HX-Request")
        response.headers["Cache-Control"] = "no-store"
    return response


def retarget_to_notices(response: Response) -> Response:
    """Have htmx show an error among the notices instead of where the answer was to go."""
    response.headers["HX-Retarget"] = NOTICES
    response.headers["HX-Reswap"] = "innerHTML"
    return response
