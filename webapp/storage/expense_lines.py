"""An expense as it is read, with what the bank said beside it."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from cardsync_sdk.types import TransactionKind
from webapp.domain.expense_lines import BankNow, ExpenseLine
from webapp.domain.expenses import (
    ExpenseStatus,
    NotExpense,
    NotExpenseReason,
    PaymentMode,
    Said,
    expense_minor,
    policy_for,
    title_of,
)
from webapp.storage.accounts import Account
from webapp.storage.expenses import Category, Expense, Receipt
from webapp.storage.people import LegalEntity
from webapp.storage.reports import COPIED, ReportLine
from webapp.storage.transactions import BankTransaction

# Columns, not whole rows: a list of fifty lines costs a third of what objects would.
_COLUMNS = (
    Expense.id,
    Expense.legal_entity_id,
    Expense.user_id,
    Expense.version,
    Expense.day,
    Expense.status,
    Expense.payment_mode,
    Expense.category_id,
    Expense.comment,
    Expense.locked_at,
    Expense.not_expense_reason,
    Expense.not_expense_note,
    Expense.created_at,
    BankTransaction.amount_minor,
    BankTransaction.currency,
    BankTransaction.original_minor,
    BankTransaction.original_currency,
    BankTransaction.kind,
    BankTransaction.purchased_on,
    BankTransaction.booked_on,
    BankTransaction.merchant,
    BankTransaction.label,
    BankTransaction.memo,
    BankTransaction.card_last4,
    Account.number_last4,
    LegalEntity.group_id,
    LegalEntity.receipt_from_minor,
    ReportLine.report_id,
    Category.name_fr,
    Category.name_en,
    Category.icon,
    Category.comment_required,
)


def as_submitted(name: str) -> ColumnElement[Any]:
    """Return what the bank says of an expense; of a locked one, what it had said (I12).

    For queries that join the bank's transaction, and the report's line as an outer join.
    """
    locked = col(Expense.locked_at).is_not(None)
    return case((locked, getattr(ReportLine, name)), else_=getattr(BankTransaction, name))


def _shown(column: Any) -> Any:
    if column.class_ is BankTransaction and column.key in COPIED:
        return as_submitted(column.key).label(column.key)
    return column


def _now() -> list[ColumnElement[Any]]:
    """Return whether the bank says something else of a locked expense today, and what."""
    bank, line = BankTransaction, ReportLine
    differs = or_(col(bank.content) != col(line.content), col(bank.status) != col(line.status))
    today = ("status", "day", "amount_minor", "currency")
    return [
        differs.label("differs"),
        *(getattr(bank, name).label(f"now_{name}") for name in today),
    ]


def select_lines() -> Select[Any]:
    """Return the query of all lines, for the conditions and the order of a list to be added."""
    receipts = (
        select_columns(func.count())
        .where(col(Receipt.expense_id) == col(Expense.id))
        .correlate(Expense)
        .scalar_subquery()
    )
    return (
        select_columns(
            *map(_shown, _COLUMNS),
            *_now(),
            as_submitted("status").label("transaction_status"),
            col(Account.name).label("account_name"),
            col(LegalEntity.name).label("entity_name"),
            col(LegalEntity.currency).label("entity_currency"),
            receipts.label("receipts"),
        )
        .select_from(Expense)
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .outerjoin(ReportLine, col(ReportLine.expense_id) == col(Expense.id))
        .join(Account, col(Account.id) == col(Expense.account_id))
        .join(LegalEntity, col(LegalEntity.id) == col(Expense.legal_entity_id))
        .outerjoin(Category, col(Category.id) == col(Expense.category_id))
    )


def line_of(row: Any) -> ExpenseLine:
    """Return the line that a row of :func:`select_lines` holds."""
    original = row.original_minor
    return ExpenseLine(
        id=row.id,
        legal_entity_id=row.legal_entity_id,
        entity_name=row.entity_name,
        group_id=row.group_id,
        user_id=row.user_id,
        version=row.version,
        day=row.day,
        status=ExpenseStatus(row.status),
        payment_mode=PaymentMode(row.payment_mode),
        said=Said(row.category_id, row.comment),
        category_names={"fr": row.name_fr, "en": row.name_en},
        category_icon=row.icon,
        policy=policy_for(
            row.currency,
            entity_currency=row.entity_currency,
            receipt_from_minor=row.receipt_from_minor,
            comment_required=bool(row.comment_required),
        ),
        receipts=row.receipts,
        amount_minor=expense_minor(row.amount_minor),
        currency=row.currency,
        original_minor=None if original is None else expense_minor(original),
        original_currency=row.original_currency,
        kind=TransactionKind(row.kind),
        transaction_status=row.transaction_status,
        purchased_on=row.purchased_on,
        booked_on=row.booked_on,
        title=title_of((row.merchant or {}).get("name"), row.label, row.memo),
        memo=row.memo,
        account_name=row.account_name,
        last4=row.card_last4 or row.number_last4,
        report_id=row.report_id,
        locked=row.locked_at is not None,
        not_expense=_not_expense(row),
        bank_now=_bank_now(row) if row.differs else None,
        made_at=row.created_at,
    )


def _not_expense(row: Any) -> NotExpense | None:
    if row.not_expense_reason is None:
        return None
    return NotExpense(NotExpenseReason(row.not_expense_reason), row.not_expense_note)


def _bank_now(row: Any) -> BankNow:
    return BankNow(
        row.now_status, row.now_day, expense_minor(row.now_amount_minor), row.now_currency
    )


def find(session: Session, expense_id: str, entities: frozenset[str]) -> ExpenseLine | None:
    """Return an expense of one of ``entities``, whoever holds it: the page checks the holder."""
    return _find(session, expense_id, entities, lock=False)


def find_to_write(
    session: Session, expense_id: str, entities: frozenset[str]
) -> ExpenseLine | None:
    """Return it like :func:`find`; nobody else writes it until the transaction ends."""
    return _find(session, expense_id, entities, lock=True)


def _find(
    session: Session, expense_id: str, entities: frozenset[str], *, lock: bool
) -> ExpenseLine | None:
    query = select_lines().where(
        col(Expense.id) == expense_id, col(Expense.legal_entity_id).in_(entities)
    )
    if lock:
        query = query.with_for_update(of=Expense)
    row = session.execute(query).one_or_none()
    return None if row is None else line_of(row)
