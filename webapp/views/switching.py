"""Which legal entity's lists are shown: one that the person chose in the top bar, or all.

A convenience, kept with the log-in session, and never a border: what one may reach stays as it is.
"""

from flask import Blueprint, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from webapp.domain.people import Right
from webapp.storage import logins, people
from webapp.storage.people import LegalEntity
from webapp.views.access import current_scope, services, signed_in, visitor
from webapp.views.auth import safe_path
from webapp.views.pages import see_other

blueprint = Blueprint("switching", __name__)


@blueprint.post("/entity")
@signed_in
def choose() -> Response:
    """Show the lists of one legal entity from here on, or (empty) of all."""
    wanted = request.form.get("entity", "")
    chosen = wanted if wanted in current_scope().entities() else None
    person = visitor()
    if person is not None:
        with services().database.write() as session:
            logins.show_entity(session, person.login, chosen)
    return see_other(safe_path(request.form.get("next")))


def chosen_entity() -> str | None:
    """Return the legal entity the person chose, where it is still within reach."""
    person = visitor()
    if person is None or person.shown not in person.scope.entities():
        return None
    return person.shown


def shown_entities(right: Right) -> frozenset[str]:
    """Return the legal entities a list shows: those with ``right``, or the chosen one of them.

    A page that shows only one says so.
    """
    entities, chosen = current_scope().entities(right), chosen_entity()
    if chosen is None or chosen not in entities or len(entities) == 1:
        return entities
    g.narrowed = True
    return frozenset({chosen})


def narrowed() -> bool:
    """Say whether this page shows the chosen legal entity only."""
    return bool(g.get("narrowed"))


def chosen_name() -> str:
    """Return the name of the chosen legal entity."""
    chosen = chosen_entity()
    return next((one.name for one in entities_to_choose() if one.id == chosen), "")


def entities_to_choose() -> list[LegalEntity]:
    """Return the legal entities of a person of a group who reaches several, by name."""
    person = visitor()
    if person is None or person.user.group_id is None or len(person.scope.entities()) < 2:
        return []
    if "to_choose" not in g:
        try:
            with services().database.read() as session:
                g.to_choose = list(people.legal_entities(session, person.scope.entities()))
        except SQLAlchemyError:
            return []  # the page that says the database is away must not need it
    return list(g.to_choose)
