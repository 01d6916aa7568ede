"""why a sync was asked for; accounts that an admin stopped

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("interface", "sync_run"):
        op.add_column(
            table, sa.Column("asked_why", sa.String(), nullable=False, server_default="")
        )
    op.add_column("account", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "stopped_at")
    for table in ("sync_run", "interface"):
        op.drop_column(table, "asked_why")
