"""What the holder's and the approver's page of a report share: what is in it, and who decides."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.people import Right
from webapp.domain.reports import Hindrance, ReportStatus, Total, hindrances, totals
from webapp.storage import report_lists, reporting
from webapp.storage.expenses import Receipt
from webapp.storage.people import LegalEntity
from webapp.storage.receipts import of_expenses
from webapp.storage.report_lists import Summary
from webapp.storage.reporting import Doer
from webapp.storage.reports import Report
from webapp.views.access import current_scope, current_user, now
from webapp.views.expense_lists import line_context
from webapp.views.report_words import BADGES, hindrance_words, status_words


@dataclass(frozen=True, slots=True)
class Row:
    """An expense on the page of a report, with its receipts and what keeps it out, in words."""

    line: ExpenseLine
    receipts: list[Receipt]
    hindrances: tuple[Hindrance, ...]

    @property
    def words(self) -> list[str]:
        """Return what keeps it out of a report."""
        return [hindrance_words(self.line, why) for why in self.hindrances]


@dataclass(frozen=True, slots=True)
class Opened:
    """A report with everything its page shows, read once."""

    report: Report
    entity: LegalEntity
    holder_name: str
    decided_by: str
    rows: list[Row]
    left_out: list[Row]
    approvers: list[str]

    @property
    def totals(self) -> tuple[Total, ...]:
        """Return what it comes to, per currency."""
        return totals(
            (row.line.currency, row.line.payment_mode, row.line.amount_minor) for row in self.rows
        )

    @property
    def hindered(self) -> int:
        """Return how many of its expenses cannot be submitted."""
        return sum(bool(row.hindrances) for row in self.rows)

    @property
    def bank_changed(self) -> int:
        """Return for how many of its expenses the bank says something else by now (I12)."""
        return sum(row.line.bank_now is not None for row in self.rows)


def doer() -> Doer:
    """Return the signed-in person as somebody who acts on reports."""
    scope = current_scope()
    return Doer(current_user().id, scope.entities(), scope.entities(Right.APPROVE), now())


def opened(session: Session, report: Report) -> Opened:
    """Read a report whole, in a number of statements that does not depend on its size."""
    entity = session.get_one(LegalEntity, report.legal_entity_id)
    lines = reporting.lines_of(session, report.id)
    outside = report_lists.left_out(session, report) if report.is_open else []
    held = of_expenses(session, [line.id for line in (*lines, *outside)])
    names = report_lists.names_of(session, [report.user_id, report.decided_by])

    def rows(some: list[ExpenseLine]) -> list[Row]:
        # What was submitted is judged no more: a policy may have changed since.
        return [
            Row(line, held.get(line.id, []), hindrances(line) if report.is_open else ())
            for line in some
        ]

    return Opened(
        report,
        entity,
        names.get(report.user_id, ""),
        names.get(report.decided_by or "", ""),
        rows(lines),
        rows(outside),
        report_lists.approvers_of(session, entity, report.user_id),
    )


def page_context() -> dict[str, Any]:
    """Return what the pages of reports need besides the reports."""
    return {
        **line_context(),
        "badge_of": badge_of,
        "several_entities": len(current_scope().entities(Right.OWN_EXPENSES)) > 1,
    }


def badge_of(report: Report | Summary) -> tuple[str, str]:
    """Return the shape and the words of a report's state."""
    status = ReportStatus(report.status)
    return BADGES[status], status_words(status)
