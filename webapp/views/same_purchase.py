"""“This is the same purchase as …”: two rows merged because a person says so (A29)."""

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import gettext as _

from webapp.domain.merging import MergeRefused
from webapp.domain.people import Right
from webapp.domain.sameness import DUPLICATE, compare, takes_values
from webapp.storage import people, question_lists
from webapp.storage.people import LegalEntity
from webapp.storage.question_lists import Side
from webapp.storage.transactions import BankTransaction
from webapp.sync import answering
from webapp.sync.attaching import Saver
from webapp.views import question_words as words
from webapp.views.access import current_user, needs, now, scoped_or_404, services
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("same_purchase", __name__)

SHOWN_AT_MOST = 20


@blueprint.get("/transactions/<transaction_id>/same")
@needs(Right.CONFIGURE)
def choose(transaction_id: str) -> Response:
    """Offer the rows that may be the same purchase, or show what merging with one would make."""
    return _page(_transaction(transaction_id), request.args.get("with", ""))


@blueprint.post("/transactions/<transaction_id>/same")
@needs(Right.CONFIGURE)
def merge(transaction_id: str) -> Response:
    """Merge the row with the chosen one; it is remembered among the questions."""
    row = _transaction(transaction_id)
    other = request.form.get("with", "")
    if not other:
        announce(_("Choose the other row first."), "warning")
        return _page(row, "", status=422)
    try:
        with services().database.write() as session:
            entity = session.get_one(LegalEntity, row.legal_entity_id)
            by = Saver(session, entity, current_user().id, now())
            question = answering.say_same(by, row.id, other)
    except MergeRefused as error:
        announce(str(words.REFUSALS[error.why]), "danger", article="one-or-two")
        return _page(row, "", status=409)
    announce(_("They are one purchase now. You can take this back here."))
    return see_other(url_for("questions.show", question_id=question.id))


def _transaction(transaction_id: str) -> BankTransaction:
    with services().database.read() as session:
        found = session.get(BankTransaction, transaction_id)
    return scoped_or_404(found, Right.CONFIGURE)


def _page(row: BankTransaction, other_id: str, status: int = 200) -> Response:
    with services().database.read() as session:
        (side,) = question_lists.sides(session, [row.id])
        offered = (
            []
            if row.status == DUPLICATE
            else question_lists.candidates(session, row, limit=SHOWN_AT_MOST)
        )
        other = next((one for one in offered if one.row.id == other_id), None)
        if other_id and other is None:
            abort(404)
        entity = people.legal_entity(session, row.legal_entity_id)
        pair = _pair(answering.ordered(session, row, other.row), side, other) if other else []
    return render_page(
        "questions/same.html",
        status=status,
        entity=entity,
        side=side,
        offered=offered,
        other=other,
        pair=pair,
        agrees=compare(pair[0].told, pair[1].told) if pair else {},
        booked=bool(pair) and takes_values(pair[0].row.status, pair[1].row.status),
        words=words,
    )


def _pair(rows: tuple[BankTransaction, BankTransaction], side: Side, other: Side) -> list[Side]:
    """Return both sides, first the one that stays."""
    return [side, other] if rows[0].id == side.row.id else [other, side]
