"""Expenses, their categories and receipts: what people say, apart from what the bank said."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, String, UniqueConstraint, func
from sqlalchemy import select as select_columns
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.expenses import ExpenseStatus, NotExpenseReason, PaymentMode
from webapp.storage.columns import UtcDateTime, id_field, one_of, ref

# Of how many of a person's last expenses the most used categories are counted.
LATELY = 200


class Category(SQLModel, table=True):
    """The nature of an expense in a group, with its ledger account."""

    __tablename__ = "category"
    __table_args__ = (UniqueConstraint("group_id", "code"),)

    id: str = id_field()
    group_id: str = ref("customer_group.id", index=False)
    code: str
    name_fr: str
    name_en: str
    icon: str = "receipt"
    ledger_account: str = ""
    comment_required: bool = False
    position: int = 0
    active: bool = True


class Expense(SQLModel, table=True):
    """What a transaction became for its holder, to be completed.

    The payment mode is fixed at creation (R21). ``day`` repeats the transaction's day, so that the
    holder's list pages by one index; a sync that moves the one moves the other, unless the expense
    is locked: since ``locked_at`` it is in a submitted or approved report, and stays as it is.
    ``not_expense_reason`` goes with the status of that name and with no other (D-R).
    """

    __tablename__ = "expense"
    __table_args__ = (
        one_of("status", ExpenseStatus),
        one_of("payment_mode", PaymentMode),
        one_of("not_expense_reason", NotExpenseReason),
        CheckConstraint("length(comment) <= 2000", name="comment_length"),
        CheckConstraint("length(not_expense_note) <= 500", name="not_expense_note_length"),
        CheckConstraint(
            "(status = 'not_expense') = (not_expense_reason IS NOT NULL)", name="not_expense_why"
        ),
        Index("ix_expense_holder", "user_id", "status", "day", "id"),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id")
    # One expense per transaction, whatever runs twice: the last wall against a double (I2).
    transaction_id: str = Field(
        foreign_key="bank_transaction.id", unique=True, max_length=26, ondelete="RESTRICT"
    )
    user_id: str = ref("app_user.id", index=False)
    account_id: str = ref("account.id", index=False)
    payment_mode: str
    status: str = ExpenseStatus.TO_COMPLETE.value
    day: date
    category_id: str | None = ref("category.id", nullable=True, index=False)
    comment: str = ""
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    locked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    not_expense_reason: str | None = None
    not_expense_note: str = Field(
        default="", sa_column=Column(String, nullable=False, server_default="")
    )


class Receipt(SQLModel, table=True):
    """A receipt file of an expense; the bytes lie in the receipts folder under ``id``."""

    __tablename__ = "receipt"

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    expense_id: str = ref("expense.id")
    file_name: str
    media_type: str
    size: int
    sha256: str = Field(sa_column=Column(String(64), nullable=False))
    uploaded_by: str | None = ref("app_user.id", nullable=True, index=False)
    uploaded_at: datetime = Field(sa_type=UtcDateTime)


def categories(session: Session, group_id: str) -> list[Category]:
    """Return the categories a group offers, in its order."""
    query = select(Category).where(Category.group_id == group_id, col(Category.active))
    return list(session.exec(query.order_by(col(Category.position), col(Category.code))))


def most_used(session: Session, user_id: str) -> list[str]:
    """Return the ids of the categories a person used most lately, the most used first."""
    lately = (
        select(Expense.category_id)
        .where(Expense.user_id == user_id, Expense.status == ExpenseStatus.COMPLETE.value)
        .order_by(col(Expense.day).desc(), col(Expense.id).desc())
        .limit(LATELY)
        .subquery()
    )
    used = lately.c.category_id
    rows = session.execute(
        select_columns(used).where(used.is_not(None)).group_by(used).order_by(func.count().desc())
    )
    return list(rows.scalars())
