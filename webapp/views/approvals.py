"""To approve: the submitted reports of one's legal entities, and the decision over each."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import gettext as _

from webapp.domain.expenses import clean_comment
from webapp.domain.people import Right
from webapp.domain.reports import OPEN, REASON_MAX, ReportStatus, Step, StepRefusal
from webapp.storage import report_lists, reporting
from webapp.storage import reports as store
from webapp.storage.reporting import Refused
from webapp.storage.reports import Report
from webapp.views.access import current_scope, current_user, needs, scoped_or_404, services
from webapp.views.help_links import STEP_REFUSALS
from webapp.views.pages import announce, render_page, see_other
from webapp.views.report_pages import doer, opened, page_context
from webapp.views.report_words import refusal_words
from webapp.views.switching import shown_entities

blueprint = Blueprint("approvals", __name__)

PAGE_SIZE = 50
APPROVED_SHOWN = 10
STEPS = {"approve": Step.APPROVE, "send_back": Step.SEND_BACK}


def submitted_report(report_id: str) -> Report:
    """Return a report of a legal entity in which the person approves: 404 outside, else 403.

    A report that was never submitted does not exist for an approver.
    """
    with services().database.read() as session:
        found = store.find(session, report_id, current_scope().entities())
    report = scoped_or_404(found, Right.APPROVE)
    if report.status == ReportStatus.DRAFT:
        abort(404)
    return report


@blueprint.get("/approvals")
@needs(Right.APPROVE)
def index() -> Response:
    """List the reports that wait for a decision, and those approved last; none of one's own."""
    entities, own = shown_entities(Right.APPROVE), current_user().id
    after = request.args.get("after")
    with services().database.read() as session:
        page = report_lists.to_decide(session, entities, own, after=after, limit=PAGE_SIZE)
        done = report_lists.approved(session, entities, own, APPROVED_SHOWN)
    return render_page("approvals/index.html", page=page, done=done, **_context())


@blueprint.get("/approvals/<submitted_id>")
@needs(Right.APPROVE)
def show(submitted_id: str) -> Response:
    """Show a report with its expenses and receipts, to be decided."""
    return _page(submitted_report(submitted_id))


@blueprint.post("/approvals/<submitted_id>")
@needs(Right.APPROVE)
def decide(submitted_id: str) -> Response:
    """Approve a report, or send it back with a reason that its holder reads."""
    report = submitted_report(submitted_id)
    step = STEPS.get(request.form.get("step", ""))
    if step is None:
        abort(400)
    reason = clean_comment(request.form.get("reason", "")) if step is Step.SEND_BACK else ""
    if len(reason) > REASON_MAX:
        error = _("The reason may have %(most)d characters. Shorten it.", most=REASON_MAX)
        return _page(report, status=422, reason=reason, error=error)
    version = request.form.get("version", 0, type=int)
    try:
        with services().database.write() as session:
            reporting.take_step(session, doer(), report.id, step, version=version, reason=reason)
    except Refused as refused:
        return _refused(refused.why, submitted_id, reason)
    if step is Step.APPROVE:
        announce(_("The report is approved."))
    else:
        announce(_("The report is sent back. Its holder sees your reason."), "info")
    return see_other(url_for(".index"))


def _refused(why: StepRefusal, report_id: str, reason: str) -> Response:
    words = refusal_words(why)
    report = submitted_report(report_id)
    if why is StepRefusal.REASON_MISSING:
        return _page(report, status=422, error=words)
    kind = "danger" if why is StepRefusal.OWN_REPORT else "warning"
    announce(words, kind, article=STEP_REFUSALS[why])
    return _page(report, status=403 if why is StepRefusal.OWN_REPORT else 409, reason=reason)


def _page(report: Report, *, status: int = 200, reason: str = "", error: str = "") -> Response:
    with services().database.read() as session:
        context = opened(session, report)
    return render_page(
        "approvals/show.html",
        status=status,
        opened=context,
        report=report,
        own=report.user_id == current_user().id,
        # With its holder: what is being changed there is nobody else's business yet.
        withheld=ReportStatus(report.status) in OPEN,
        reason=reason,
        error=error,
        reason_max=REASON_MAX,
        **_context(),
    )


def _context() -> dict[str, Any]:
    several = len(current_scope().entities(Right.APPROVE)) > 1
    return {**page_context(), "several_entities": several}
