"""days asked for again; invitations; the legal entity chosen in a log-in session

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AGAIN = ("again_first", "again_last")


def upgrade() -> None:
    for table in ("interface", "sync_run"):
        for column in AGAIN:
            op.add_column(table, sa.Column(column, sa.Date(), nullable=True))
    op.add_column("interface", sa.Column("again_account_id", sa.String(length=26), nullable=True))
    op.add_column(
        "login_session", sa.Column("legal_entity_id", sa.String(length=26), nullable=True)
    )
    with op.batch_alter_table("one_time_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("user_id", sa.String(length=26), nullable=True))
        batch_op.drop_constraint(op.f("ck_one_time_token_purpose_known"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_one_time_token_purpose_known"), "purpose IN ('first_admin', 'invitation')"
        )
        batch_op.create_foreign_key(
            op.f("fk_one_time_token_user_id"),
            "app_user",
            ["user_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch_op.create_index(op.f("ix_one_time_token_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM one_time_token WHERE purpose = 'invitation'")
    with op.batch_alter_table("one_time_token", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_one_time_token_user_id"))
        batch_op.drop_constraint(op.f("fk_one_time_token_user_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_one_time_token_purpose_known"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_one_time_token_purpose_known"), "purpose IN ('first_admin')"
        )
        batch_op.drop_column("user_id")
    op.drop_column("login_session", "legal_entity_id")
    op.drop_column("interface", "again_account_id")
    for table in ("sync_run", "interface"):
        for column in reversed(AGAIN):
            op.drop_column(table, column)
