"""The words of reports: their states, and why something is not done, with what to do next."""

from flask_babel import gettext as _

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import Missing
from webapp.domain.reports import Hindrance, ReportStatus, StepRefusal
from webapp.views.formats import day

# The shape and colour of each state, by the name ui.badge knows it by.
BADGES = {
    ReportStatus.DRAFT: "off",
    ReportStatus.SUBMITTED: "info",
    ReportStatus.APPROVED: "good",
    ReportStatus.SENT_BACK: "warn",
}


def status_words(status: ReportStatus) -> str:
    """Return what a state is called."""
    words = {
        ReportStatus.DRAFT: _("Draft"),
        ReportStatus.SUBMITTED: _("Submitted"),
        ReportStatus.APPROVED: _("Approved"),
        ReportStatus.SENT_BACK: _("Sent back"),
    }
    return str(words[status])


def refusal_words(why: StepRefusal) -> str:
    """Say why a step was not taken, and what to do."""
    words = {
        StepRefusal.OWN_REPORT: _("Nobody decides over their own report. Ask another approver."),
        StepRefusal.NOT_ALLOWED: _("Nothing was changed: this is not yours to do."),
        StepRefusal.NOT_NOW: _(
            "Nothing was changed: the report is no longer in that state. See below how it stands."
        ),
        StepRefusal.CHANGED: _(
            "Nothing was done yet: the report was changed meanwhile. Look at it below, then try "
            "again."
        ),
        StepRefusal.REASON_MISSING: _(
            "Say what is to be changed: the holder of the report will read it."
        ),
    }
    return str(words[why])


def hindrance_words(line: ExpenseLine, why: Hindrance) -> str:
    """Say what keeps an expense out of a report, and who does what about it."""
    if why is Hindrance.INCOMPLETE:
        return _incomplete(line)
    words = {
        Hindrance.OTHER_ENTITY: _("It belongs to another legal entity, which has its own report."),
        Hindrance.OTHER_HOLDER: _("It belongs to somebody else, who has a report of their own."),
        Hindrance.OTHER_MONTH: _(
            "It is of another month: it enters the report of %(month)s.",
            month=day(line.day, "LLLL y"),
        ),
        Hindrance.OTHER_REPORT: _("It is in another report already."),
        Hindrance.NOT_EXPENSE: _("It was marked as not an expense."),
        Hindrance.WITHDRAWN: _("The bank withdrew it: there is nothing to report."),
        Hindrance.ANNOUNCED: _(
            "The bank has not booked it yet. It enters by itself once it is booked."
        ),
    }
    return str(words[why])


def _incomplete(line: ExpenseLine) -> str:
    words = {
        Missing.CATEGORY: _("category"),
        Missing.COMMENT: _("comment"),
        Missing.RECEIPT: _("receipt"),
    }
    missing = ", ".join(str(words[one]) for one in line.missing)
    if not missing:
        return str(_("It is still to be confirmed: open it and save it."))
    return str(_("Still missing: %(missing)s.", missing=missing))
