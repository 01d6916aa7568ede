"""What every template can use: the macros of ``_parts/ui.html``, the navigation, the visitor."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from wtforms import Field

from webapp.domain.people import Right
from webapp.storage import people
from webapp.views.access import Visitor, services, visitor
from webapp.views.articles import article_title
from webapp.views.banner import banner
from webapp.views.csrf import csrf_token
from webapp.views.help_links import help_url, page_help_url
from webapp.views.i18n import LANGUAGES, language, other_language
from webapp.views.navigation import is_current, open_tabs
from webapp.views.open_questions import open_questions
from webapp.views.switching import chosen_entity, chosen_name, entities_to_choose, narrowed


def init_app(app: Flask) -> None:
    """Offer them as globals, so that a block rendered alone has them too."""
    app.jinja_env.globals.update(
        article_title=article_title,
        banner=banner,
        chosen_entity=chosen_entity,
        chosen_name=chosen_name,
        csrf_token=csrf_token,
        entities_to_choose=entities_to_choose,
        help_url=help_url,
        is_current=is_current,
        language=language,
        may_answer=may_answer,
        languages=LANGUAGES,
        narrowed=narrowed,
        open_questions=open_questions,
        open_tabs=open_tabs,
        other_language=other_language,
        page_help_url=page_help_url,
        return_path=return_path,
        visitor=visitor,
        workplace=workplace,
    )
    app.jinja_env.filters.update(attributes=attributes, described=described)
    # Macros that a child template imports at its top do not exist in a block rendered alone.
    ui: Any = app.jinja_env.get_template("_parts/ui.html").module
    app.jinja_env.globals["ui"] = ui


def attributes(values: Mapping[str, object]) -> Markup:
    """Return HTML attributes; ``hx_post="…"`` becomes ``hx-post="…"``, true stands alone."""
    parts = [
        Markup("{}").format(name) if value is True else Markup('{}="{}"').format(name, value)
        for name, value in ((key.strip("_").replace("_", "-"), values[key]) for key in values)
        if value is not None and value is not False
    ]
    return Markup(" ").join(parts)


def described(field: Field) -> dict[str, str]:
    """Return what ties a control to its help and its error, for those who hear the page."""
    told = [("help", field.description), ("error", field.errors)]
    ids = " ".join(f"{field.id}-{part}" for part, text in told if text)
    tied = {"aria-describedby": ids} if ids else {}
    return {**tied, "aria-invalid": "true"} if field.errors else tied


def workplace() -> str:
    """Return where the visitor works: the one legal entity they reach, else the group."""
    person = visitor()
    if person is None:
        return ""
    try:
        with services().database.read() as session:
            return _workplace(session, person)
    except SQLAlchemyError:
        return ""  # the page that says the database is away must not need it


def _workplace(session: Session, person: Visitor) -> str:
    entities = person.scope.entities()
    if len(entities) == 1:
        only = people.legal_entity(session, next(iter(entities)))
        return only.name if only else ""
    group = people.group(session, person.user.group_id) if person.user.group_id else None
    return group.name if group else str(_("All groups"))


def may_answer() -> bool:
    """Say whether the visitor may see what people ask for."""
    person = visitor()
    return person is not None and bool(person.scope.entities(Right.INSPECT))


def return_path() -> str:
    """Return the path of the page being shown, to come back to it after a small change."""
    if request.method != "GET" or request.endpoint is None:
        return ""
    return request.full_path.rstrip("?")
