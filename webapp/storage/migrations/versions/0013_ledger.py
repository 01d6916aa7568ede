"""the balance a source told of an account, day by day

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_balance",
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_account_balance_currency_iso")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_balance_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["sync_run.id"],
            name=op.f("fk_account_balance_run_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("account_id", "on_day", name=op.f("pk_account_balance")),
    )
    op.create_index(op.f("ix_account_balance_run_id"), "account_balance", ["run_id"])


def downgrade() -> None:
    op.drop_table("account_balance")
