"""Help at hand (R51, R81): the articles, whether they helped, and a request where none did."""

from flask import Blueprint, Response, abort, request, url_for
from flask import session as visit
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from cardsync_sdk.pan import mask_pans
from webapp.storage import help_requests, people
from webapp.storage.help_requests import TEXT_MAX, HelpRequest
from webapp.views.access import (
    current_scope,
    current_user,
    now,
    public,
    services,
    signed_in,
    visitor,
)
from webapp.views.articles import Article, article
from webapp.views.auth import safe_path
from webapp.views.forms import Form
from webapp.views.help_links import SHELVES
from webapp.views.i18n import language
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("help", __name__)

_VOTED = "helped"
PAGE_MAX = 200


class RequestForm(Form):
    """What somebody asks for, and for which legal entity."""

    text = TextAreaField(
        lazy_gettext("What do you need?"),
        [DataRequired(lazy_gettext("Say what you need.")), Length(max=TEXT_MAX)],
        description=lazy_gettext(
            "What you wanted to do, what happened instead, and when. Never a password."
        ),
        render_kw={"rows": 5, "maxlength": TEXT_MAX},
    )
    legal_entity_id = SelectField(lazy_gettext("Legal entity"), [InputRequired()])
    page = HiddenField()


@blueprint.get("/help")
@public
def index() -> Response:
    """List every article, in groups."""
    shelves = [(shelf.title, [_article(slug) for slug in shelf.slugs]) for shelf in SHELVES]
    return render_page("help/index.html", shelves=shelves)


@blueprint.get("/help/<slug>")
@public
def show(slug: str) -> Response:
    """Show one article; at its end one says whether it helped, and can ask for more."""
    found = _article(slug)
    asking = request.args.get("asked") == "no"
    came_from = safe_path(request.referrer[len(request.host_url) - 1 :]) if _own_referrer() else ""
    return _page(found, _form(came_from[:PAGE_MAX]), asking=asking)


@blueprint.post("/help/<slug>/vote")
@public
def vote(slug: str) -> Response:
    """Count whether an article helped, once for each visit; who did not find help may ask."""
    found = _article(slug)
    helpful = request.form.get("helpful")
    if helpful not in ("yes", "no"):
        abort(400)
    voted = list(visit.get(_VOTED, []))
    if slug not in voted:
        with services().database.write() as session:
            help_requests.count_vote(session, found.slug, language(), helpful=helpful == "yes")
        visit[_VOTED] = [*voted, slug]
    if helpful == "yes":
        announce(_("Thank you. It is good to know that this helped."))
        return see_other(url_for(".show", slug=slug))
    if visitor() is None:
        announce(
            _("Thank you. Ask the administrator of your group, or log in to ask here."), "info"
        )
        return see_other(url_for(".show", slug=slug))
    announce(_("Thank you. Say below what you need."), "info")
    return see_other(url_for(".show", slug=slug, asked="no") + "#request")


@blueprint.post("/help/<slug>/requests")
@signed_in
def ask(slug: str) -> Response:
    """Keep a request for those who may look into things in that legal entity."""
    found, form = _article(slug), _form()
    if not form.validate():
        return _page(found, form, asking=True, status=422)
    entity_id = form.legal_entity_id.data if current_scope().entities() else None
    _keep(found.slug, form, entity_id)
    announce(_("Your request is sent. Your administrators and support can see it."))
    return see_other(url_for(".show", slug=slug))


def _keep(slug: str, form: RequestForm, entity_id: str | None) -> None:
    user = current_user()
    with services().database.write() as session:
        entity = people.legal_entity(session, entity_id) if entity_id else None
        row = HelpRequest(
            group_id=entity.group_id if entity else user.group_id,
            legal_entity_id=entity_id,
            user_id=user.id,
            slug=slug,
            page=safe_path(form.page.data)[:PAGE_MAX] if form.page.data else "",
            text=mask_pans(form.text.data.strip()),
            created_at=now(),
        )
        session.add(row)
        session.flush()
        help_requests.record_step(session, row)


def _article(slug: str) -> Article:
    found = article(slug, language())
    if found is None:
        abort(404)
    return found


def _own_referrer() -> bool:
    return bool(request.referrer and request.referrer.startswith(request.host_url))


def _form(page: str = "") -> RequestForm:
    form = RequestForm(data={"page": page})
    person = visitor()
    entities = person.scope.entities() if person else frozenset()
    if not entities:
        del form.legal_entity_id
        return form
    with services().database.read() as session:
        known = people.legal_entities(session, entities)
    form.legal_entity_id.choices = [SelectChoice(one.id, one.name) for one in known]
    # Whoever comes from a page about one legal entity asks for that one, unless they say otherwise.
    if request.method == "GET":
        form.legal_entity_id.data = next((one.id for one in known if one.id in page), known[0].id)
    return form


def _page(found: Article, form: RequestForm, *, asking: bool, status: int = 200) -> Response:
    return render_page(
        "help/show.html",
        status=status,
        article=found,
        form=form if visitor() else None,
        asking=asking,
        voted=found.slug in visit.get(_VOTED, []),
    )
