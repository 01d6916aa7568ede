"""My reports: what is in them, putting in and taking out, submitting (R4, R19, R20)."""

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.people import Right
from webapp.domain.reports import Step, StepRefusal
from webapp.storage import report_lists, reporting
from webapp.storage import reports as store
from webapp.storage.reporting import Hindered, Refused
from webapp.storage.reports import Report
from webapp.views.access import current_scope, current_user, needs, scoped_or_404, services
from webapp.views.expense_lists import current_holder, own_line
from webapp.views.help_links import HINDRANCES, STEP_REFUSALS
from webapp.views.pages import announce, render_page, see_other, wants_block
from webapp.views.report_pages import Row, doer, opened, page_context
from webapp.views.report_words import refusal_words

blueprint = Blueprint("reports", __name__)

PAGE_SIZE = 50


def own_report(report_id: str) -> Report:
    """Return the person's own report: outside their entities 404, somebody else's 403 (D-T)."""
    with services().database.read() as session:
        found = store.find(session, report_id, current_scope().entities())
    report = scoped_or_404(found, Right.OWN_EXPENSES)
    if report.user_id != current_user().id:
        abort(403)
    return report


@blueprint.get("/reports")
@needs(Right.OWN_EXPENSES)
def index() -> Response:
    """List the person's own reports over all their legal entities, the newest month first."""
    holder = current_holder()
    with services().database.read() as session:
        page = report_lists.own(
            session,
            holder.user_id,
            holder.entities,
            after=request.args.get("after"),
            limit=PAGE_SIZE,
        )
        outside = report_lists.complete_in_none(session, holder.user_id, holder.entities)
    return render_page("reports/index.html", page=page, outside=len(outside), **page_context())


@blueprint.post("/reports/collect")
@needs(Right.OWN_EXPENSES)
def collect() -> Response:
    """Put all completed expenses that are in no report into the reports of their months."""
    holder = current_holder()
    with services().database.write() as session:
        outside = report_lists.complete_in_none(session, holder.user_id, holder.entities)
        entered = reporting.collect(session, doer(), outside)
    if entered:
        announce(
            ngettext(
                "%(num)d expense entered the report of its month.",
                "%(num)d expenses entered the reports of their months.",
                entered,
            )
        )
    if left := len(outside) - entered:
        announce(
            ngettext(
                "%(num)d expense lacks something by now: open it and save it again.",
                "%(num)d expenses lack something by now: open and save them again.",
                left,
            ),
            "warning",
        )
    return see_other(url_for(".index"))


@blueprint.get("/reports/<report_id>")
@needs(Right.OWN_EXPENSES)
def show(report_id: str) -> Response:
    """Show a report: what is in it, what it comes to, what can be done with it."""
    return _page(own_report(report_id))


@blueprint.post("/reports/expenses/<expense_id>")
@needs(Right.OWN_EXPENSES)
def put_in(expense_id: str) -> Response:
    """Put an expense into the report of its month; an incomplete one is refused (R4)."""
    own_line(expense_id)
    try:
        with services().database.write() as session:
            report_id = reporting.put_in(
                session, doer(), expense_id, request.form.get("report") or None
            )
    except Hindered as hindered:
        ((line, against),) = hindered.lines
        row = Row(line, [], against)
        if wants_block():
            announce(" ".join(row.words), "warning", article=HINDRANCES[against[0]])
            return see_other(url_for(".index"))
        return render_page("reports/refused.html", status=409, row=row, **page_context())
    except Refused as refused:
        return _refused(refused)
    announce(_("It is in the report now."))
    return _back_to(report_id)


@blueprint.post("/reports/expenses/<expense_id>/leave")
@needs(Right.OWN_EXPENSES)
def take_out(expense_id: str) -> Response:
    """Take an expense out of a report that is not submitted; it stays complete."""
    own_line(expense_id)
    try:
        with services().database.write() as session:
            report_id = reporting.take_out(session, doer(), expense_id)
    except Refused as refused:
        return _refused(refused)
    announce(_("It is out of the report. It stays complete, and can be put back."))
    return _back_to(report_id)


@blueprint.post("/reports/<report_id>/submit")
@needs(Right.OWN_EXPENSES)
def submit(report_id: str) -> Response:
    """Submit a report for approval; what is in it can then not be changed any more."""
    return _step(own_report(report_id), Step.SUBMIT)


@blueprint.post("/reports/<report_id>/recall")
@needs(Right.OWN_EXPENSES)
def recall(report_id: str) -> Response:
    """Take a submitted report back before it is decided, to change it."""
    return _step(own_report(report_id), Step.RECALL)


def _step(report: Report, step: Step) -> Response:
    try:
        with services().database.write() as session:
            version = request.form.get("version", 0, type=int)
            reporting.take_step(session, doer(), report.id, step, version=version)
    except Refused as refused:
        return _refused(refused, own_report(report.id))
    except Hindered as hindered:
        announce(_cannot_submit(len(hindered.lines)), "danger")
        return _page(own_report(report.id), status=409)
    if step is Step.SUBMIT:
        announce(_("The report is submitted. You will see the decision here."))
    else:
        announce(_("The report is yours again. Submit it when it is ready."), "info")
    return _back_to(report.id)


def _cannot_submit(count: int) -> str:
    if not count:
        return str(_("Nothing was submitted: there is no expense in this report."))
    return str(
        ngettext(
            "Nothing was submitted: %(num)d expense cannot go with it, it is marked below.",
            "Nothing was submitted: %(num)d expenses cannot go with it, they are marked below.",
            count,
        )
    )


def _refused(refused: Refused, report: Report | None = None) -> Response:
    if refused.why is StepRefusal.NOT_ALLOWED:
        abort(403)
    announce(refusal_words(refused.why), "warning", article=STEP_REFUSALS[refused.why])
    if report is not None:
        return _page(report, status=409)
    if wants_block():
        return see_other(url_for(".index"))
    return render_page("reports/stale.html", status=409)


def _back_to(report_id: str) -> Response:
    if wants_block():
        return _page(own_report(report_id), moved=True)
    return see_other(url_for(".show", report_id=report_id))


def _page(report: Report, *, status: int = 200, moved: bool = False) -> Response:
    with services().database.read() as session:
        context = opened(session, report)
    return render_page(
        "reports/show.html",
        block="report",
        status=status,
        opened=context,
        report=report,
        moved=moved,
        **page_context(),
    )
