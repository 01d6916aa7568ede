"""banks that people miss

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_request",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=26), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.String(length=26), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("times >= 1", name=op.f("ck_bank_request_times_counted")),
        sa.CheckConstraint("length(name) <= 100", name=op.f("ck_bank_request_name_length")),
        sa.CheckConstraint("length(note) <= 1000", name=op.f("ck_bank_request_note_length")),
        sa.CheckConstraint("length(answer) <= 1000", name=op.f("ck_bank_request_answer_length")),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_bank_request_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["app_user.id"],
            name=op.f("fk_bank_request_asked_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["app_user.id"],
            name=op.f("fk_bank_request_answered_by"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_request")),
        sa.UniqueConstraint(
            "legal_entity_id", "name_key", name=op.f("uq_bank_request_legal_entity_id_name_key")
        ),
    )
    op.create_index("ix_bank_request_asked", "bank_request", ["asked_at", "id"])


def downgrade() -> None:
    op.drop_table("bank_request")
