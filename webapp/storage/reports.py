"""Expense reports, and what the bank had said of each expense when its report was submitted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, text
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.reports import OPEN, REASON_MAX, ReportStatus
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref
from webapp.storage.people import User

_IS_DRAFT = text(f"status = '{ReportStatus.DRAFT}'")


class Report(SQLModel, table=True):
    """The expense report of one person in one legal entity for one month (``month``: its 1st day).

    There is at most one draft for them. ``reason``, ``decided_by`` and ``decided_at`` are those of
    the last decision.
    """

    __tablename__ = "report"
    __table_args__ = (
        one_of("status", ReportStatus),
        CheckConstraint(f"length(reason) <= {REASON_MAX}", name="reason_length"),
        Index("ix_report_holder", "user_id", "month", "id"),
        Index("ix_report_queue", "legal_entity_id", "status", "submitted_at"),
        Index(
            "uq_report_draft",
            "user_id",
            "legal_entity_id",
            "month",
            unique=True,
            sqlite_where=_IS_DRAFT,
            postgresql_where=_IS_DRAFT,
        ),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    user_id: str = ref("app_user.id", index=False)
    month: date
    status: str = ReportStatus.DRAFT.value
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = ref("app_user.id", nullable=True, index=False)
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether it is with its holder, who may change what is in it."""
        return ReportStatus(self.status) in OPEN


class ReportLine(SQLModel, table=True):
    """The place of an expense in a report; and what the bank had said of it at the submission.

    The columns from ``content`` on are filled as long as the report is submitted or approved (I12):
    a sync goes on to write what the bank says to ``bank_transaction``, and ``content`` tells
    whether that is still the same. An expense has one line: it is in one report at most.
    """

    __tablename__ = "report_line"

    expense_id: str = Field(
        primary_key=True, foreign_key="expense.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    report_id: str = ref("report.id")
    content: str | None = None
    kind: str | None = None
    status: str | None = None
    amount_minor: int | None = Field(default=None, sa_column=Column(BigInteger))
    currency: str | None = None
    original_minor: int | None = Field(default=None, sa_column=Column(BigInteger))
    original_currency: str | None = None
    purchased_on: date | None = None
    booked_on: date | None = None
    merchant: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    label: str | None = None
    memo: str | None = None
    card_last4: str | None = None


# What a submitted line copies: its columns that the bank's transaction has under the same name.
COPIED = tuple(name for name in ReportLine.model_fields if name not in ("expense_id", "report_id"))


def find(session: Session, report_id: str, entities: frozenset[str]) -> Report | None:
    """Return a report of one of ``entities``, whoever's it is: the page checks who may see it."""
    query = select(Report).where(Report.id == report_id, col(Report.legal_entity_id).in_(entities))
    return session.exec(query).one_or_none()


def find_to_write(session: Session, report_id: str, entities: frozenset[str]) -> Report | None:
    """Return it like :func:`find`, as it stands once everybody else has finished with it."""
    found = find(session, report_id, entities)
    if found is None:
        return None
    lock_reports_of(session, found.user_id)
    session.refresh(found)
    return found


def lock_reports_of(session: Session, user_id: str) -> None:
    """Have all changes to one person's reports and expenses take turns.

    Taken before any row of theirs is locked, so that no two wait for each other.
    """
    query = select(User.id).where(User.id == user_id)
    session.exec(query.with_for_update(key_share=True)).one()
