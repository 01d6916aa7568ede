"""Expense reports: what enters one, who may take it which step further, what it comes to (R4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import ExpenseStatus, PaymentMode

REASON_MAX = 2000


class ReportStatus(StrEnum):
    """Where a report stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENT_BACK = "sent_back"


# With its holder: expenses come and go. Otherwise nothing in it changes any more, not even by a
# sync (I12).
OPEN = frozenset({ReportStatus.DRAFT, ReportStatus.SENT_BACK})


class Step(StrEnum):
    """What somebody does with a report as a whole."""

    SUBMIT = "submit"
    RECALL = "recall"
    APPROVE = "approve"
    SEND_BACK = "send_back"


class Actor(StrEnum):
    """Who takes a step: the holder of the report, or somebody else who may approve there."""

    HOLDER = "holder"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True)
class Transition:
    """One step: who takes it, from where, whereto, and whether it asks for a reason."""

    actor: Actor
    sources: frozenset[ReportStatus]
    target: ReportStatus
    needs_reason: bool = False


# An approved report can be sent back too: the bank may correct what was approved.
TRANSITIONS: dict[Step, Transition] = {
    Step.SUBMIT: Transition(Actor.HOLDER, OPEN, ReportStatus.SUBMITTED),
    Step.RECALL: Transition(Actor.HOLDER, frozenset({ReportStatus.SUBMITTED}), ReportStatus.DRAFT),
    Step.APPROVE: Transition(
        Actor.APPROVER, frozenset({ReportStatus.SUBMITTED}), ReportStatus.APPROVED
    ),
    Step.SEND_BACK: Transition(
        Actor.APPROVER,
        frozenset({ReportStatus.SUBMITTED, ReportStatus.APPROVED}),
        ReportStatus.SENT_BACK,
        needs_reason=True,
    ),
}


class StepRefusal(StrEnum):
    """Why a step is not taken."""

    OWN_REPORT = "own_report"
    NOT_ALLOWED = "not_allowed"
    NOT_NOW = "not_now"
    CHANGED = "changed"
    REASON_MISSING = "reason_missing"


def refusal_of_step(
    step: Step, status: ReportStatus, *, is_holder: bool, approves: bool, reason: str = ""
) -> StepRefusal | None:
    """Say why a person may not take ``step`` now; nothing if they may.

    :param approves: the person holds the right to approve in the report's legal entity; that never
        covers the person's own report.
    """
    transition = TRANSITIONS[step]
    if transition.actor is Actor.APPROVER and is_holder:
        return StepRefusal.OWN_REPORT
    if not (is_holder if transition.actor is Actor.HOLDER else approves):
        return StepRefusal.NOT_ALLOWED
    if status not in transition.sources:
        return StepRefusal.NOT_NOW
    if transition.needs_reason and not reason.strip():
        return StepRefusal.REASON_MISSING
    return None


class Hindrance(StrEnum):
    """Why an expense cannot enter a report, or cannot be submitted with the one it is in."""

    OTHER_ENTITY = "other_entity"
    OTHER_HOLDER = "other_holder"
    OTHER_MONTH = "other_month"
    OTHER_REPORT = "other_report"
    NOT_EXPENSE = "not_expense"
    WITHDRAWN = "withdrawn"
    ANNOUNCED = "announced"
    INCOMPLETE = "incomplete"


def month_of(day: date) -> date:
    """Return the first day of the month whose report an expense of ``day`` enters."""
    return day.replace(day=1)


def hindrances(line: ExpenseLine) -> tuple[Hindrance, ...]:
    """Return what in an expense itself keeps it out of every report (R4, D-M, D-R).

    What is missing in an incomplete one is ``line.missing``; with nothing missing it is still to
    be confirmed by its holder.
    """
    if line.status is ExpenseStatus.NOT_EXPENSE:
        return (Hindrance.NOT_EXPENSE,)
    if line.withdrawn:
        return (Hindrance.WITHDRAWN,)
    found: list[Hindrance] = []
    if line.announced:
        found.append(Hindrance.ANNOUNCED)
    if line.status is not ExpenseStatus.COMPLETE or line.missing:
        found.append(Hindrance.INCOMPLETE)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """Which expenses a report is for."""

    report_id: str
    legal_entity_id: str
    user_id: str
    month: date


def hindrances_to(line: ExpenseLine, place: ReportPlace) -> tuple[Hindrance, ...]:
    """Return all that keeps an expense from entering this very report."""
    foreign = (
        (Hindrance.OTHER_ENTITY, line.legal_entity_id != place.legal_entity_id),
        (Hindrance.OTHER_HOLDER, line.user_id != place.user_id),
        (Hindrance.OTHER_MONTH, month_of(line.day) != place.month),
        (Hindrance.OTHER_REPORT, line.report_id not in (None, place.report_id)),
    )
    return (*(why for why, applies in foreign if applies), *hindrances(line))


@dataclass(frozen=True, slots=True)
class Total:
    """What a report comes to in one currency, in minor units.

    The company's and the employee's part stand apart: what the company paid is owed to nobody
    (R19, R20).
    """

    currency: str
    company_minor: int = 0
    reimburse_minor: int = 0

    @property
    def minor(self) -> int:
        """Return both parts together."""
        return self.company_minor + self.reimburse_minor


def totals(parts: Iterable[tuple[str, PaymentMode, int]]) -> tuple[Total, ...]:
    """Add up ``(currency, mode, minor units)``, one total per currency, ordered by its code."""
    sums: dict[str, dict[PaymentMode, int]] = {}
    for currency, mode, minor in parts:
        by_mode = sums.setdefault(currency, dict.fromkeys(PaymentMode, 0))
        by_mode[mode] += minor
    return tuple(
        Total(currency, by_mode[PaymentMode.COMPANY], by_mode[PaymentMode.REIMBURSE])
        for currency, by_mode in sorted(sums.items())
    )
