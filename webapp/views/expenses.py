"""My expenses: the list, and completing one after the other in place (R2, R3, R17, R18)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from webapp.domain.expense_lines import ExpenseLine, Section
from webapp.domain.people import Right
from webapp.storage import expense_lists
from webapp.storage.completions import Locked, NotCompletable, Outcome, UnknownCategory
from webapp.views import by_hand, late_words, my_cards, not_expenses
from webapp.views.access import needs, now, services
from webapp.views.expense_forms import (
    Filled,
    complete,
    keep_receipt,
    read_form,
    show_form,
    show_next,
)
from webapp.views.expense_lists import (
    SHOWN,
    current_filters,
    current_holder,
    grouped,
    key_from,
    months_between,
    own_line,
    shared_context,
)
from webapp.views.pages import announce, render_page, see_other, wants_block
from webapp.views.switching import shown_entities

blueprint = Blueprint("expenses", __name__)

PAGE_SIZE = 50


@blueprint.get("/expenses")
@needs(Right.OWN_EXPENSES)
def index() -> Response:
    """List the person's own expenses over all their legal entities: first what is to complete."""
    filters = current_filters()
    holder = replace(current_holder(), entities=shown_entities(Right.OWN_EXPENSES))
    below = key_from(request.args.get("below"))
    with services().database.read() as session:
        page = expense_lists.page(
            session,
            holder,
            sections=SHOWN[filters.show],
            month=filters.month,
            below=below,
            limit=PAGE_SIZE,
        )
        reached = expense_lists.days_reached(session, holder)
        context: dict[str, Any] = {
            "left": expense_lists.left_to_complete(session, holder, filters.month),
            "whom_to_ask": [],
            "cards": [],
            "late": [] if wants_block() else late_words.said(session, holder.user_id, now()),
        }
        if not page.lines and reached is None:
            context["cards"] = expense_lists.cards_held(session, holder.user_id)
            context["whom_to_ask"] = expense_lists.admins_of(session, holder.entities)
    return render_page(
        "expenses/index.html",
        block="listing" if below is None else "more",
        page=page,
        below=below,
        groups=grouped(page.lines, below),
        months=months_between(reached),
        **context,
        **shared_context(),
    )


@blueprint.get("/expenses/<expense_id>")
@needs(Right.OWN_EXPENSES)
def show(expense_id: str) -> Response:
    """Open one expense: in its place in the list, or on a page of its own without JavaScript."""
    line = own_line(expense_id)
    if wants_block() and request.args.get("part") == "row":
        return render_page("expenses/_closed.html", block="closed", line=line, **shared_context())
    return show_form(line, Filled(line.said, line.version))


@blueprint.post("/expenses/<expense_id>")
@needs(Right.OWN_EXPENSES)
def save(expense_id: str) -> Response:
    """Save what the person says of an expense; when nothing is missing the next one opens."""
    line = own_line(expense_id)
    if line.locked:
        return show_form(line, Filled(line.said, line.version), status=409)
    filled = read_form()
    receipt = keep_receipt(filled) if line.can_be_completed and not filled.errors else None
    if filled.errors:
        return show_form(line, filled, status=422)
    try:
        outcome = complete(line, filled, receipt)
    except Locked:
        line = own_line(expense_id)
        return show_form(line, Filled(line.said, line.version), status=409)
    except NotCompletable:
        announce(_("Nothing was saved: this expense can no longer be completed."), "warning")
        return see_other(url_for(".index", **current_filters().args()))
    except UnknownCategory:
        filled.errors["category"] = _("This category is not offered here. Choose another one.")
        return show_form(line, filled, status=422)
    return _answer(line, filled, outcome)


def _answer(before: ExpenseLine, filled: Filled, outcome: Outcome) -> Response:
    """Say what came of a submission, and open what comes next."""
    line = own_line(before.id)
    if outcome.conflict:
        return show_form(line, replace(filled, version=line.version, conflict=True), status=409)
    if not outcome.missing:
        return _answer_complete(before, line)
    if wants_block():
        return show_form(line, Filled(line.said, line.version, draft_saved=True))
    announce(_("Saved. It stays to complete: see below what is still missing."), "info")
    return see_other(url_for(".show", expense_id=line.id, **current_filters().args()))


def _answer_complete(before: ExpenseLine, line: ExpenseLine) -> Response:
    filters, holder = current_filters(), current_holder()
    with services().database.read() as session:
        left = expense_lists.left_to_complete(session, holder, filters.month)
        following = None
        if before.section is Section.TO_COMPLETE:
            following = expense_lists.next_to_complete(session, holder, line, filters.month)
    announce(_done_text(line, following))
    if wants_block():
        return show_next(line, following, left)
    if following is None:
        return see_other(url_for(".index", **filters.args()))
    return see_other(url_for(".show", expense_id=following.id, **filters.args()))


def _done_text(line: ExpenseLine, following: ExpenseLine | None) -> str:
    if following is None:
        return str(_("Complete: “%(title)s”. It was the last one to complete.", title=line.title))
    words = {"title": line.title, "next": following.title}
    return str(_("Complete: “%(title)s”. Next: “%(next)s”.", **words))


for _rule, _endpoint, _view in (
    ("not-an-expense", "set_aside", not_expenses.set_aside),
    ("take-up", "take_up", not_expenses.take_up),
):
    blueprint.add_url_rule(f"/expenses/<expense_id>/{_rule}", _endpoint, _view, methods=["POST"])
# Words of their own, which no expense can have as its id.
_BY_HAND: dict[str, tuple[str, Callable[..., Response]]] = {
    "enter": ("GET ", by_hand.enter),
    "save_entry": ("POST ", by_hand.save),
    "entry": ("GET /<entry_id>", by_hand.show),
    "change_entry": ("POST /<entry_id>", by_hand.change),
    "delete_entry": ("POST /<entry_id>/delete", by_hand.delete),
}
for _endpoint, (_where, _entry_view) in _BY_HAND.items():
    _method, _below = _where.split(" ")
    blueprint.add_url_rule(f"/expenses/by-hand{_below}", _endpoint, _entry_view, methods=[_method])
blueprint.add_url_rule("/expenses/cards", "cards", my_cards.cards)
