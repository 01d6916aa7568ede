"""Not an expense: taken out of the list with a reason, and taken up again (D-R)."""

from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from webapp.domain.expense_lines import ExpenseLine, Section
from webapp.domain.expenses import NOTE_MAX, NotExpense, NotExpenseReason, clean_comment
from webapp.domain.people import Right
from webapp.storage import expense_lists, not_expenses
from webapp.storage.completions import Locked, NotCompletable
from webapp.views.access import needs, services
from webapp.views.expense_forms import show_next
from webapp.views.expense_lists import current_filters, current_holder, own_line
from webapp.views.pages import announce, see_other, wants_block
from webapp.views.report_pages import doer


@needs(Right.OWN_EXPENSES)
def set_aside(expense_id: str) -> Response:
    """Take an expense out of the list of what is to complete, with the reason."""
    line = own_line(expense_id)
    said = _said()
    if not said.says_why:
        announce(_("Nothing was changed: say in a few words why it is not an expense."), "danger")
        return see_other(url_for("expenses.show", expense_id=line.id, **current_filters().args()))
    try:
        with services().database.write() as session:
            not_expenses.set_aside(session, doer(), line.id, said)
    except Locked:
        announce(
            _(
                "Nothing was changed: it is in a submitted report. Take the report back first, or "
                "ask the approver to send it back."
            ),
            "warning",
        )
    except NotCompletable:
        announce(_("Nothing was changed: the bank withdrew this transaction."), "warning")
    else:
        announce(
            _(
                "“%(title)s” is not an expense any more. It stands at the end of the list; from "
                "there it can be taken up again.",
                title=line.title,
            )
        )
        if wants_block():
            return _go_on(line)
    return see_other(url_for("expenses.index", **current_filters().args()))


def _go_on(before: ExpenseLine) -> Response:
    """Open the next one to complete, as after completing one: the place in the list is kept."""
    holder, month = current_holder(), current_filters().month
    line, following = own_line(before.id), None
    with services().database.read() as session:
        left = expense_lists.left_to_complete(session, holder, month)
        if before.section is Section.TO_COMPLETE:
            following = expense_lists.next_to_complete(session, holder, before, month)
    return show_next(line, following, left)


@needs(Right.OWN_EXPENSES)
def take_up(expense_id: str) -> Response:
    """Have it be an expense again, with all that was said of it."""
    line = own_line(expense_id)
    with services().database.write() as session:
        not_expenses.take_up(session, doer(), line.id)
    announce(_("“%(title)s” is an expense again.", title=line.title))
    return see_other(url_for("expenses.show", expense_id=line.id, **current_filters().args()))


def _said() -> NotExpense:
    try:
        reason = NotExpenseReason(request.form.get("reason", ""))
    except ValueError:
        abort(400)
    return NotExpense(reason, clean_comment(request.form.get("note", ""))[:NOTE_MAX])
