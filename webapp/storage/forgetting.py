"""What was imported for an account: counted, and deleted for good on purpose (D-G, R82).

Never deleted: what is in a submitted or approved report, with its transaction, and what a person
entered by hand. The runs keep their
counts, which add up; of their rows only the fate stays.
"""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select

from webapp.domain.expense_lines import ENTERED
from webapp.domain.expenses import ExpenseStatus
from webapp.storage.accounts import Account
from webapp.storage.balances import AccountBalance
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.ingest import COMPRESSION
from webapp.storage.merging import stand_alone
from webapp.storage.questions import HeldRow, Question
from webapp.storage.reports import Report, ReportLine, lock_reports_of
from webapp.storage.runs import Coverage, Delivery, RowFate
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent
from webapp.storage.uploads import FileUpload

# What a fate says of a row that was deleted on purpose.
DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Imported:
    """What there is of an account, and how much of it would go.

    ``transactions``, ``expenses``, ``completed`` and ``receipts`` would be deleted; ``kept``
    transactions would stay, and those ``by_hand`` that people entered. ``first`` and ``last`` are
    the days of those that would go.
    """

    transactions: int
    first: date | None
    last: date | None
    expenses: int
    completed: int
    receipts: int
    kept: int
    by_hand: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """The files no row names any more, to be deleted once the transaction is committed."""

    receipts: list[str]
    uploads: list[str]


def _locked(account_id: str) -> Any:
    """Return the transactions whose expense is in a submitted or approved report."""
    return select_columns(col(Expense.transaction_id)).where(
        col(Expense.account_id) == account_id, col(Expense.locked_at).is_not(None)
    )


def _entered(account_id: str) -> Any:
    """Return the purchases that people entered by hand: nothing imported them."""
    return select_columns(col(BankTransaction.id)).where(
        col(BankTransaction.account_id) == account_id, col(BankTransaction.status) == ENTERED
    )


def _open(account_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Expense.account_id) == account_id,
        col(Expense.locked_at).is_(None),
        col(Expense.transaction_id).not_in(_entered(account_id)),
    )


def _to_go(account_id: str) -> ColumnElement[bool]:
    """Return the condition of what goes: not what is locked, nor a duplicate of what stays."""
    locked = _locked(account_id)
    original = aliased(BankTransaction)
    goes_too = select_columns(original.id).where(  # type: ignore[call-overload]
        original.account_id == account_id,
        original.id.not_in(locked),  # type: ignore[attr-defined]
        original.status != ENTERED,
    )
    merged = col(BankTransaction.merged_into)
    return and_(
        col(BankTransaction.account_id) == account_id,
        col(BankTransaction.status) != ENTERED,
        col(BankTransaction.id).not_in(locked),
        or_(merged.is_(None), merged.in_(goes_too)),
    )


def imported(session: Session, account_id: str) -> Imported:
    """Count what was imported for an account."""
    day = col(BankTransaction.day)
    count, first, last = session.execute(
        select_columns(func.count(), func.min(day), func.max(day))
        .select_from(BankTransaction)
        .where(_to_go(account_id))
    ).one()
    complete = col(Expense.status) == ExpenseStatus.COMPLETE.value
    mine = _open(account_id)
    expenses, completed = session.execute(
        select_columns(func.count(), func.count().filter(complete))
        .select_from(Expense)
        .where(*mine)
    ).one()
    receipts = session.execute(
        select_columns(func.count())
        .select_from(Receipt)
        .join(Expense, col(Expense.id) == col(Receipt.expense_id))
        .where(*mine)
    ).scalar_one()
    kept = session.execute(
        select_columns(func.count()).select_from(_locked(account_id).subquery())
    ).scalar_one()
    by_hand = session.execute(
        select_columns(func.count())
        .select_from(Expense)
        .where(
            col(Expense.transaction_id).in_(_entered(account_id)), col(Expense.locked_at).is_(None)
        )
    ).scalar_one()
    return Imported(count, first, last, expenses, completed, receipts, kept, by_hand)


def forget(session: Session, account_id: str) -> Gone:
    """Delete what was imported for an account; the caller holds its row.

    A sync then finds nothing it knew, and brings everything back as new (R82).
    """
    for user_id in session.exec(
        select(Expense.user_id)
        .where(Expense.account_id == account_id)
        .distinct()
        .order_by(Expense.user_id)
    ).all():
        lock_reports_of(session, user_id)
    receipts = _delete_expenses(session, account_id)
    gone = select_columns(col(BankTransaction.id)).where(_to_go(account_id))
    _delete_lives(session, account_id, gone)
    session.exec(delete(BankTransaction).where(_to_go(account_id)))
    for ledger in (Coverage, AccountBalance):
        session.exec(delete(ledger).where(col(ledger.account_id) == account_id))
    _blank_rows(session, account_id)
    uploads = list(session.exec(select(FileUpload.id).where(FileUpload.account_id == account_id)))
    session.exec(delete(FileUpload).where(col(FileUpload.account_id) == account_id))
    return Gone(receipts, uploads)


def _delete_lives(session: Session, account_id: str, gone: Any) -> None:
    """Delete what is known of these transactions besides themselves, and unlink those that stay."""
    asked = select_columns(col(Question.id)).where(
        or_(
            col(Question.account_id) == account_id,
            col(Question.first_id).in_(gone),
            col(Question.second_id).in_(gone),
        )
    )
    session.exec(delete(HeldRow).where(col(HeldRow.question_id).in_(asked)))
    session.exec(delete(Question).where(col(Question.id).in_(asked)))
    # A row of another account that was told to be the same purchase stands for itself again.
    stand_alone(session, gone, account_id)
    for model in (TransactionAlias, TransactionEvent):
        session.exec(delete(model).where(col(model.transaction_id).in_(gone)))
    refund = col(BankTransaction.refund_of).in_(gone)
    session.exec(
        update(BankTransaction)
        .where(refund)
        .values(refund_of=None)
        .execution_options(synchronize_session=False)
    )


def _delete_expenses(session: Session, account_id: str) -> list[str]:
    mine = select_columns(col(Expense.id)).where(*_open(account_id))
    receipts = list(session.exec(select(Receipt.id).where(col(Receipt.expense_id).in_(mine))))
    touched = select_columns(col(ReportLine.report_id)).where(col(ReportLine.expense_id).in_(mine))
    # Who submits must have seen what is in it.
    session.exec(
        update(Report)
        .where(col(Report.id).in_(touched))
        .values(version=Report.version + 1)
        .execution_options(synchronize_session=False)
    )
    for model, column in ((Receipt, Receipt.expense_id), (ReportLine, ReportLine.expense_id)):
        session.exec(delete(model).where(col(column).in_(mine)))
    session.exec(delete(Expense).where(*_open(account_id)))
    return receipts


def _blank_rows(session: Session, account_id: str) -> None:
    """Take the account's rows out of what was delivered, and out of what the fates name."""
    kept = _locked(account_id)
    gone = (
        col(RowFate.account_id) == account_id,
        col(RowFate.transaction_id).is_(None) | col(RowFate.transaction_id).not_in(kept),
    )
    positions: dict[str, set[int]] = {}
    for run_id, position in session.exec(select(RowFate.run_id, RowFate.position).where(*gone)):
        positions.setdefault(run_id, set()).add(position)
    refs = set(session.exec(select(Account.external_ref).where(Account.id == account_id)))
    for run_id, blank in positions.items():
        for delivery in session.exec(select(Delivery).where(Delivery.run_id == run_id)):
            _blank(delivery, blank)
            _untell(delivery, refs)
            session.add(delivery)
    session.exec(
        update(RowFate)
        .where(*gone)
        .values(transaction_id=None, external_id=None, reason=DELETED)
        .execution_options(synchronize_session=False)
    )


def _blank(delivery: Delivery, positions: set[int]) -> None:
    lines = zlib.decompress(delivery.body).split(b"\n")
    body = b"\n".join(
        b"{}" if position in positions else line
        for position, line in enumerate(lines, delivery.first_position)
    )
    delivery.sha256 = hashlib.sha256(body).hexdigest()
    delivery.body = zlib.compress(body, COMPRESSION)


def _untell(delivery: Delivery, refs: set[str]) -> None:
    """Take out what a batch told of accounts besides its rows: ids, reasons and balances."""
    told = dict(delivery.told or {})
    for name in ("removed", "rejected"):
        told[name] = [one for one in told.get(name, ()) if one[0] not in refs]
    balances = told.get("balances", {})
    told["balances"] = {ref: one for ref, one in balances.items() if ref not in refs}
    empty = {name for name in ("removed", "rejected", "balances") if not told[name]}
    delivery.told = {name: one for name, one in told.items() if name not in empty} or None
