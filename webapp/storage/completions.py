"""Completing an expense: what its holder says, written in one transaction, never over the bank's.

A version guards what two tabs say at once. The second one is told, and loses nothing: what it said
is shown again beside what was saved, and a file it brought is kept as one more receipt.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import (
    Draft,
    ExpenseStatus,
    Missing,
    Policy,
    Said,
    missing_in,
    status_of,
)
from webapp.storage import receipts, reporting
from webapp.storage.expense_lines import find_to_write
from webapp.storage.expenses import Category, Expense, Receipt
from webapp.storage.receipts import KeptFile
from webapp.storage.reports import lock_reports_of


class UnknownCategory(Exception):
    """The chosen category is not one that the expense's group offers."""


class NotCompletable(Exception):
    """The expense is no longer the person's to complete, or nothing is asked for it any more."""


class Locked(NotCompletable):
    """The expense is in a submitted or approved report and stays as it is."""


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt file already kept on the disk, and the name its owner knows it by."""

    file: KeptFile
    name: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What a form said: the version it was filled in for, and all that may be changed."""

    version: int
    said: Said
    receipt: NewReceipt | None = None
    remove_receipts: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a submission.

    ``conflict``: somebody saved something else meanwhile, and it stands. ``obsolete_files`` are no
    longer named by any row: to be deleted once the transaction is committed.
    """

    conflict: bool = False
    missing: tuple[Missing, ...] = ()
    obsolete_files: list[str] = field(default_factory=list)


def complete(
    session: Session,
    expense_id: str,
    *,
    user_id: str,
    entities: frozenset[str],
    submission: Submission,
    at: datetime,
) -> Outcome:
    """Write what a holder says of an expense, and the status that follows from it (R3).

    Sending the same form twice writes it once.

    Once complete it enters the report of its month, and leaves it when something is missing (R4).

    :raises NotCompletable: if it is not the person's own, or is withdrawn.
    :raises Locked: if it is in a submitted or approved report.
    :raises UnknownCategory: if the category is not one of the group's.
    """
    lock_reports_of(session, user_id)
    line = find_to_write(session, expense_id, entities)
    if line is None or line.user_id != user_id or not line.can_be_completed:
        raise NotCompletable
    if line.locked:
        raise Locked
    held = receipts.of_expense(session, line.id) if line.receipts else []
    outcome = Outcome(conflict=_conflicts(line, held, submission))
    said = line.said if outcome.conflict else submission.said
    policy = _policy_after(session, line, said)
    now_held = _update_receipts(session, line, held, submission, outcome, user_id=user_id, at=at)
    outcome.missing = missing_in(
        Draft(line.amount_minor, said.category_id, said.comment, len(now_held)), policy
    )
    status = status_of(outcome.missing)
    if (said, now_held, status) != (line.said, held, line.status):
        _write(session, line, said, status, at)
        reporting.follow(session, line, status, at)
    return outcome


def _conflicts(line: ExpenseLine, held: list[Receipt], submission: Submission) -> bool:
    """Say whether ``submission`` would undo what was saved since its form was made."""
    if line.version == submission.version:
        return False
    return line.said != submission.said or bool(
        held and (submission.remove_receipts or _is_new(held, submission.receipt))
    )


def _is_new(held: list[Receipt], receipt: NewReceipt | None) -> bool:
    return receipt is not None and all(one.sha256 != receipt.file.sha256 for one in held)


def _policy_after(session: Session, line: ExpenseLine, said: Said) -> Policy:
    """Return the policy under what is said now: a category may ask for a comment."""
    if said.category_id == line.said.category_id:  # one no longer offered may stay
        return line.policy
    if said.category_id is None:
        return Policy(line.policy.receipt_from_minor)
    category = session.exec(
        select(Category).where(
            Category.id == said.category_id,
            Category.group_id == line.group_id,
            col(Category.active),
        )
    ).one_or_none()
    if category is None:
        raise UnknownCategory
    return Policy(line.policy.receipt_from_minor, category.comment_required)


def _update_receipts(
    session: Session,
    line: ExpenseLine,
    held: list[Receipt],
    submission: Submission,
    outcome: Outcome,
    *,
    user_id: str,
    at: datetime,
) -> list[Receipt]:
    """Put the receipts in order and return those there are then: one, but after a conflict."""
    new = submission.receipt
    if new is not None and not _is_new(held, new):
        outcome.obsolete_files.append(new.file.id)  # the same file again
        return held
    kept = held
    if not outcome.conflict and (new is not None or submission.remove_receipts):
        ids = [receipt.id for receipt in held]
        session.exec(delete(Receipt).where(col(Receipt.id).in_(ids)))
        outcome.obsolete_files += ids
        kept = []
    if new is None:
        return kept
    receipt = Receipt(
        id=new.file.id,
        legal_entity_id=line.legal_entity_id,
        expense_id=line.id,
        file_name=new.name,
        media_type=new.file.media_type.value,
        size=new.file.size,
        sha256=new.file.sha256,
        uploaded_by=user_id,
        uploaded_at=at,
    )
    session.add(receipt)
    return [*kept, receipt]


def _write(
    session: Session, line: ExpenseLine, said: Said, status: ExpenseStatus, at: datetime
) -> None:
    values: dict[str, object] = {
        "category_id": said.category_id,
        "comment": said.comment,
        "status": status.value,
        "version": line.version + 1,
    }
    if status is not line.status:
        values["completed_at"] = at if status is ExpenseStatus.COMPLETE else None
    session.exec(update(Expense).where(col(Expense.id) == line.id).values(**values))
