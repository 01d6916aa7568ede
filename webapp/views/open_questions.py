"""How many questions wait for the visitor: in the navigation, on the pages of what they concern."""

from typing import cast

from flask import g
from sqlalchemy.exc import SQLAlchemyError

from webapp.domain.people import Right
from webapp.storage import question_lists
from webapp.storage.question_lists import OpenHere
from webapp.views.access import services, visitor


def open_questions(*, interface_id: str = "", account_id: str = "") -> int:
    """Return how many questions wait for this visitor, in all or about one place.

    One query a page, and none for whom it does not concern.
    """
    return sum(
        one.count
        for one in _open()
        if interface_id in ("", one.interface_id) and account_id in ("", one.account_id)
    )


def _open() -> list[OpenHere]:
    person = visitor()
    entities = person.scope.entities(Right.CONFIGURE) if person else frozenset()
    if not entities:
        return []
    if "open_questions" not in g:
        try:
            with services().database.read() as session:
                g.open_questions = question_lists.open_here(session, entities)
        except SQLAlchemyError:
            return []  # the page that says the database is away must not need it
    return cast("list[OpenHere]", g.open_questions)
