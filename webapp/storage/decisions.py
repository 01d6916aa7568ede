"""What people decided that changes what is known of transactions, read in order for a replay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, func, or_, select

from webapp.domain.expenses import ExpenseStatus
from webapp.storage.audit import AuditEvent
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.questions import Question
from webapp.storage.transactions import BankTransaction


class DecisionKind(StrEnum):
    """``RELEASED``: an expense was made later than its transaction. ``WORKED``: work was done."""

    ANSWERED = "question.answered"
    ENTERED = "expense.entered"
    ENTRY_CHANGED = "expense.entry_changed"
    SET_ASIDE = "expense.set_aside"
    TAKEN_UP = "expense.taken_up"
    RELEASED = "released"
    WORKED = "worked"


@dataclass(frozen=True, slots=True, order=True)
class Decision:
    """One decision, ordered by when it was taken; ``about`` is the transaction, in the source.

    ``question``: the question answered, with ``pair`` the one that stays and the one that goes.
    """

    at: datetime
    id: str
    kind: DecisionKind = field(compare=False)
    entity_id: str = field(compare=False)
    user_id: str = field(compare=False)
    about: str | None = field(default=None, compare=False)
    question: Question | None = field(default=None, compare=False)
    pair: tuple[str, str] | None = field(default=None, compare=False)
    detail: Mapping[str, Any] = field(default_factory=dict, compare=False)


def decisions(session: Session, entity_id: str | None = None) -> list[Decision]:
    """Return the decisions of one legal entity, or of all, in their order."""
    found = [*_audited(session), *_released(session), *_worked(session)]
    return sorted(one for one in found if entity_id in (None, one.entity_id))


def _audited(session: Session) -> list[Decision]:
    kinds = [one.value for one in DecisionKind]
    wanted = col(AuditEvent.action).in_([*kinds, "transaction.merged"])
    events = list(session.exec(select(AuditEvent).where(wanted).order_by(col(AuditEvent.id))))
    merged = [
        (one.target_id, str(one.detail.get("transaction")), one.at)
        for one in events
        if one.action == "transaction.merged"
    ]
    questions = {one.id: one for one in session.exec(select(Question))}
    expenses = {one.id: one for one in session.exec(select(Expense))}
    found = []
    for event in events:
        if event.action == "transaction.merged" or event.legal_entity_id is None:
            continue
        question, expense = questions.get(event.target_id), expenses.get(event.target_id)
        if question is None and expense is None:
            continue
        found.append(
            Decision(
                event.at,
                event.id,
                DecisionKind(event.action),
                event.legal_entity_id,
                event.actor_id or "",
                expense.transaction_id if expense else None,
                question,
                _pair(question, event.at, merged),
                event.detail,
            )
        )
    return found


def _pair(
    question: Question | None, at: datetime, merged: list[tuple[str, str, datetime]]
) -> tuple[str, str] | None:
    """Return the rows of a question, the one that stays first."""
    if question is None or question.first_id is None or question.second_id is None:
        return None
    pair = question.first_id, question.second_id
    return pair[::-1] if (*pair[::-1], at) in merged else pair


def _released(session: Session) -> list[Decision]:
    query = (
        select(Expense)
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .where(
            col(Expense.created_at) > col(BankTransaction.seen_at),
            col(BankTransaction.first_run_id).is_not(None),
        )
    )
    return [_of(one, one.created_at, one.id, DecisionKind.RELEASED) for one in session.exec(query)]


def _worked(session: Session) -> list[Decision]:
    """Return when work was first done on each expense: which of two equal rows stays hangs on it.

    Where no time is kept, it counts as done at once.
    """
    first = (
        select(col(Receipt.expense_id), func.min(col(Receipt.id)).label("receipt_id"))
        .group_by(col(Receipt.expense_id))
        .subquery()
    )
    query = (
        select(Expense, Receipt.id, Receipt.uploaded_at)
        .outerjoin(first, first.c.expense_id == col(Expense.id))
        .outerjoin(Receipt, col(Receipt.id) == first.c.receipt_id)
        .where(
            or_(
                col(Expense.status) == ExpenseStatus.COMPLETE.value,
                col(Expense.comment) != "",
                col(Expense.category_id).is_not(None),
                col(Expense.locked_at).is_not(None),
                first.c.receipt_id.is_not(None),
            )
        )
    )
    return [
        _of(
            expense,
            uploaded_at or expense.completed_at or expense.created_at,
            receipt_id or expense.id,
            DecisionKind.WORKED,
        )
        for expense, receipt_id, uploaded_at in session.execute(query)
    ]


def _of(expense: Expense, at: datetime, decision_id: str, kind: DecisionKind) -> Decision:
    return Decision(
        at, decision_id, kind, expense.legal_entity_id, expense.user_id, expense.transaction_id
    )
