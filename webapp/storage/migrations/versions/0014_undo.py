"""the undo of a run: when and by whom, and which run made a further key

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sync_run") as table:
        table.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("undone_by", sa.String(length=26), nullable=True))
        table.create_foreign_key(
            op.f("fk_sync_run_undone_by"), "app_user", ["undone_by"], ["id"], ondelete="RESTRICT"
        )
    with op.batch_alter_table("transaction_alias") as table:
        table.add_column(sa.Column("run_id", sa.String(length=26), nullable=True))
        table.create_foreign_key(
            op.f("fk_transaction_alias_run_id"),
            "sync_run",
            ["run_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        table.create_index(op.f("ix_transaction_alias_run_id"), ["run_id"])


def downgrade() -> None:
    with op.batch_alter_table("transaction_alias") as table:
        table.drop_index(op.f("ix_transaction_alias_run_id"))
        table.drop_constraint(op.f("fk_transaction_alias_run_id"), type_="foreignkey")
        table.drop_column("run_id")
    with op.batch_alter_table("sync_run") as table:
        table.drop_constraint(op.f("fk_sync_run_undone_by"), type_="foreignkey")
        table.drop_column("undone_by")
        table.drop_column("undone_at")
