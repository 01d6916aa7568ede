"""The first page: where each person goes, and the choice of language."""

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as Answer

from webapp.storage import people
from webapp.views.access import public, services, signed_in, visitor
from webapp.views.auth import safe_path
from webapp.views.i18n import LANGUAGES
from webapp.views.navigation import CONFIGURATION, EXPENSES, SUPPORT, open_pages
from webapp.views.pages import render_page, see_other

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@signed_in
def show() -> Answer:
    """Send each person to the page of their work; say what to do where there is none."""
    for tab in (CONFIGURATION, EXPENSES, SUPPORT):
        if pages := open_pages(tab):
            return redirect(url_for(pages[0].endpoint))
    return render_page("home/no_role.html")


@blueprint.post("/language")
@public
def choose_language() -> Response:
    """Speak another language from here on."""
    chosen = request.form.get("language", "")
    person = visitor()
    if chosen in LANGUAGES and person is not None:
        with services().database.write() as storage:
            people.set_locale(storage, person.user.id, chosen)
    elif chosen in LANGUAGES:
        session["language"] = chosen
    return see_other(safe_path(request.form.get("next")))
