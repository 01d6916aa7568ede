"""further keys under which a source tells a transaction

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transaction_alias",
        sa.Column("account_identity_id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_identity_id"],
            ["account_identity.id"],
            name=op.f("fk_transaction_alias_account_identity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["bank_transaction.id"],
            name=op.f("fk_transaction_alias_transaction_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("account_identity_id", "key", name=op.f("pk_transaction_alias")),
    )
    op.create_index(
        op.f("ix_transaction_alias_transaction_id"), "transaction_alias", ["transaction_id"]
    )


def downgrade() -> None:
    op.drop_table("transaction_alias")
