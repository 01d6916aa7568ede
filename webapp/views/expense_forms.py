"""The form that completes an expense: read, saved, and shown again with what is wrong.

Of what is posted only the category, the comment and the receipt are read: what the bank said is
shown and never taken from a form (D-Q).
"""

from dataclasses import dataclass, field
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlmodel import Session

from webapp.domain.expense_lines import ExpenseLine, is_below
from webapp.domain.expenses import COMMENT_MAX, Said, clean_comment, first_choices
from webapp.domain.receipts import MediaType, ReceiptRefused, display_name
from webapp.storage import completions, expense_lists, expenses, receipts, refunds
from webapp.storage.completions import NewReceipt, Outcome, Submission
from webapp.storage.expense_lists import Open
from webapp.views.access import current_user, now, services
from webapp.views.expense_lists import (
    current_filters,
    current_holder,
    key_from,
    shared_context,
)
from webapp.views.help_links import RECEIPTS
from webapp.views.pages import render_page, wants_block
from webapp.views.receipts import read_upload, refusal_text, store


@dataclass(slots=True)
class Filled:
    """A form as it is shown: what it holds, for which version, and what is wrong with it."""

    said: Said
    version: int
    errors: dict[str, str] = field(default_factory=dict)
    receipt_article: str = ""
    conflict: bool = False
    draft_saved: bool = False


def read_form() -> Filled:
    """Read what a form may say, and nothing else of what was posted."""
    comment = clean_comment(request.form.get("comment", ""))
    said = Said(request.form.get("category") or None, comment)
    filled = Filled(said, request.form.get("version", 0, type=int))
    if len(comment) > COMMENT_MAX:
        filled.errors["comment"] = _(
            "The comment has %(length)d characters; at most %(most)d fit. Shorten it.",
            length=len(comment),
            most=COMMENT_MAX,
        )
    return filled


def keep_receipt(filled: Filled) -> NewReceipt | None:
    """Keep the uploaded file, if there is one; what is wrong with it is noted in ``filled``."""
    upload = request.files.get("receipt")
    content = read_upload(upload)
    if upload is None or content is None:
        return None
    try:
        kept = store().keep(content)
    except ReceiptRefused as refused:
        filled.errors["receipt"] = refusal_text(refused.refusal)
        filled.receipt_article = RECEIPTS[refused.refusal]
        return None
    return NewReceipt(kept, display_name(upload.filename or "", kept.media_type))


def complete(line: ExpenseLine, filled: Filled, receipt: NewReceipt | None) -> Outcome:
    """Save what the person says, and delete the files that no row names after that.

    :raises NotCompletable: if nothing may be said of it any more.
    :raises UnknownCategory: if the category is not one of the group's.
    """
    removing = request.form.get("action") == "remove"
    with services().database.write() as session:
        try:
            outcome = completions.complete(
                session,
                line.id,
                user_id=current_user().id,
                entities=current_holder().entities,
                submission=Submission(filled.version, filled.said, receipt, removing),
                at=now(),
            )
        except BaseException:
            if receipt is not None:
                store().discard([receipt.file.id])
            raise
    store().discard(outcome.obsolete_files)
    return outcome


def show_form(line: ExpenseLine, filled: Filled, *, status: int = 200) -> Response:
    """Show the form of an expense: in its place in the list, or on a page of its own."""
    holder, month = current_holder(), current_filters().month
    with services().database.read() as session:
        context = _form_context(session, line, filled)
        context["left"] = expense_lists.left_to_complete(session, holder, month)
        if not wants_block():
            context["following"] = expense_lists.next_to_complete(session, holder, line, month)
    return render_page("expenses/show.html", block="opened", status=status, **context)


def show_next(done: ExpenseLine, following: ExpenseLine | None, left: Open) -> Response:
    """Close the line that is complete and open the next one in its own place in the list.

    The list says how far it is loaded: a line further down is put right below the one just done.
    """
    loaded = key_from(request.form.get("loaded_to"))
    context: dict[str, Any] = shared_context()
    if following is not None:
        with services().database.read() as session:
            filled = Filled(following.said, following.version)
            context = _form_context(session, following, filled)
        context["appended"] = loaded is not None and is_below(following.key, loaded)
    return render_page(
        "expenses/_next.html", block="next", **{**context, "done": done, "left": left}
    )


def _form_context(session: Session, line: ExpenseLine, filled: Filled) -> dict[str, Any]:
    offered = expenses.categories(session, line.group_id)
    used = expenses.most_used(session, line.user_id)
    first = first_choices([one.id for one in offered], used, filled.said.category_id)
    return {
        "line": line,
        "filled": filled,
        "held": receipts.of_expense(session, line.id),
        "given": refunds.given_back(session, line.id),
        "inline": wants_block(),
        "first_categories": [one for one in offered if one.id in first],
        "more_categories": [one for one in offered if one.id not in first],
        "accepted": ",".join(MediaType),
        **shared_context(),
    }
