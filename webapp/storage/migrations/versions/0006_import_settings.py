"""review first; keys under which an account identity is known besides its own

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column("review_first", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "account_identity_alias",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(length=26), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["legal_entity_id", "identity_id"],
            ["account_identity.legal_entity_id", "account_identity.id"],
            name=op.f("fk_account_identity_alias_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_identity_alias")),
        sa.UniqueConstraint(
            "legal_entity_id", "key", name=op.f("uq_account_identity_alias_legal_entity_id_key")
        ),
    )
    op.create_index(
        op.f("ix_account_identity_alias_identity_id"), "account_identity_alias", ["identity_id"]
    )


def downgrade() -> None:
    op.drop_table("account_identity_alias")
    op.drop_column("account", "review_first")
