"""questions put to a person, rows held back, the events of a transaction's life

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATUSES = ("announced", "booked", "cancelled", "expired")
MORE_STATUSES = (*STATUSES, "duplicate", "entered")
KINDS = ("same_purchase", "new_ids", "moved", "other_card")
DOUBTS = (
    "amount_differs",
    "wording_differs",
    "several_fit",
    "still_shown",
    "other_source",
    "two_accounts",
    "by_hand",
)
ANSWERS = ("same", "different", "lapsed")
EVENTS = (
    "booked",
    "changed",
    "cancelled",
    "expired",
    "shown_again",
    "keyed",
    "merged",
    "split",
    "undone",
)


def upgrade() -> None:
    _transactions()
    _events()
    _questions()
    _held_rows()
    op.add_column("account", sa.Column("deep_read_on", sa.Date(), nullable=True))
    op.add_column("delivery", sa.Column("told", sa.JSON(none_as_null=True), nullable=True))


def _transactions() -> None:
    with op.batch_alter_table("bank_transaction") as batch:
        batch.add_column(sa.Column("merged_into", sa.String(length=26), nullable=True))
        batch.add_column(sa.Column("settles", sa.String(length=26), nullable=True))
        batch.add_column(sa.Column("refund_of", sa.String(length=26), nullable=True))
        batch.drop_constraint(op.f("ck_bank_transaction_status_known"), type_="check")
        batch.create_check_constraint(
            op.f("ck_bank_transaction_status_known"), f"status IN {_listed(MORE_STATUSES)}"
        )
        batch.create_check_constraint(
            op.f("ck_bank_transaction_merged_is_duplicate"),
            "(status = 'duplicate') = (merged_into IS NOT NULL)",
        )
        for column, target in (
            ("merged_into", "bank_transaction"),
            ("settles", "account"),
            ("refund_of", "bank_transaction"),
        ):
            batch.create_foreign_key(
                op.f(f"fk_bank_transaction_{column}"), target, [column], ["id"], ondelete="RESTRICT"
            )
    for column in ("merged_into", "refund_of"):
        op.create_index(op.f(f"ix_bank_transaction_{column}"), "bank_transaction", [column])


def _events() -> None:
    op.create_table(
        "transaction_event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=True),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("detail", sa.String(), nullable=False, server_default=""),
        sa.CheckConstraint(
            f"kind IN {_listed(EVENTS)}", name=op.f("ck_transaction_event_kind_known")
        ),
        *_refs(
            "transaction_event",
            transaction_id="bank_transaction",
            run_id="sync_run",
            user_id="app_user",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transaction_event")),
    )
    op.create_index(
        "ix_transaction_event_transaction", "transaction_event", ["transaction_id", "id"]
    )
    op.create_index(op.f("ix_transaction_event_run_id"), "transaction_event", ["run_id"])


def _questions() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("doubt", sa.String(), nullable=True),
        sa.Column("first_id", sa.String(length=26), nullable=True),
        sa.Column("second_id", sa.String(length=26), nullable=True),
        sa.Column("run_id", sa.String(length=26), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=26), nullable=True),
        sa.CheckConstraint(f"kind IN {_listed(KINDS)}", name=op.f("ck_question_kind_known")),
        sa.CheckConstraint(f"doubt IN {_listed(DOUBTS)}", name=op.f("ck_question_doubt_known")),
        sa.CheckConstraint(f"answer IN {_listed(ANSWERS)}", name=op.f("ck_question_answer_known")),
        *_refs(
            "question",
            legal_entity_id="legal_entity",
            account_id="account",
            first_id="bank_transaction",
            second_id="bank_transaction",
            run_id="sync_run",
            answered_by="app_user",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_question_first_id_second_id")),
    )
    for column in ("legal_entity_id", "account_id", "second_id"):
        op.create_index(op.f(f"ix_question_{column}"), "question", [column])
    open_ones = sa.text("answer IS NULL AND second_id IS NULL")
    op.create_index(
        "uq_question_open",
        "question",
        ["account_id", "kind"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )


def _held_rows() -> None:
    op.create_table(
        "held_row",
        sa.Column("question_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=True),
        *_refs("held_row", question_id="question", transaction_id="bank_transaction"),
        sa.PrimaryKeyConstraint("question_id", "number", name=op.f("pk_held_row")),
        sa.UniqueConstraint("question_id", "key", name=op.f("uq_held_row_question_id_key")),
    )


def _refs(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT"
        )
        for column, target in targets.items()
    ]


def _listed(choices: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{choice}'" for choice in choices) + ")"


def downgrade() -> None:
    op.drop_column("delivery", "told")
    op.drop_column("account", "deep_read_on")
    for table in ("held_row", "question", "transaction_event"):
        op.drop_table(table)
    for column in ("merged_into", "refund_of"):
        op.drop_index(op.f(f"ix_bank_transaction_{column}"), table_name="bank_transaction")
    op.execute("UPDATE bank_transaction SET status = 'cancelled', merged_into = NULL "
               "WHERE status IN ('duplicate', 'entered')")
    with op.batch_alter_table("bank_transaction") as batch:
        for column in ("merged_into", "settles", "refund_of"):
            batch.drop_constraint(op.f(f"fk_bank_transaction_{column}"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_bank_transaction_merged_is_duplicate"), type_="check")
        batch.drop_constraint(op.f("ck_bank_transaction_status_known"), type_="check")
        batch.create_check_constraint(
            op.f("ck_bank_transaction_status_known"), f"status IN {_listed(STATUSES)}"
        )
        for column in ("merged_into", "settles", "refund_of"):
            batch.drop_column(column)
