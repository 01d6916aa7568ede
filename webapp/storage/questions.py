"""Questions put to a person about sameness, with their evidence, and rows held back until then."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint, text
from sqlmodel import Field, Index, SQLModel

from webapp.domain.questions import Answer, Doubt, QuestionKind
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref


class Question(SQLModel, table=True):
    """One question; it is open while ``answer`` is empty.

    ``first_id`` is the transaction known before and ``second_id`` the one that may be the same
    purchase; without ``second_id`` the question is about the account and its held rows.
    """

    __tablename__ = "question"
    __table_args__ = (
        one_of("kind", QuestionKind),
        one_of("doubt", Doubt),
        one_of("answer", Answer),
        # Asked once for a pair, whatever the answer was (I11).
        UniqueConstraint("first_id", "second_id"),
        Index(
            "uq_question_open",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("answer IS NULL AND second_id IS NULL"),
            postgresql_where=text("answer IS NULL AND second_id IS NULL"),
        ),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id")
    account_id: str = ref("account.id")
    kind: str
    doubt: str | None = None
    first_id: str | None = ref("bank_transaction.id", nullable=True, index=False)
    second_id: str | None = ref("bank_transaction.id", nullable=True)
    run_id: str | None = ref("sync_run.id", nullable=True, index=False)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    evidence: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    answer: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str | None = ref("app_user.id", nullable=True, index=False)


class HeldRow(SQLModel, table=True):
    """A row that is stored only once its question is answered; ``line`` is an interchange line.

    ``transaction_id``: the transaction it seems to be. ``key``: under which identity key it came.
    """

    __tablename__ = "held_row"
    __table_args__ = (UniqueConstraint("question_id", "key"),)

    question_id: str = Field(
        primary_key=True, foreign_key="question.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    number: int = Field(primary_key=True)
    key: str
    line: str = Field(sa_column=Column(Text, nullable=False))
    transaction_id: str | None = ref("bank_transaction.id", nullable=True, index=False)
