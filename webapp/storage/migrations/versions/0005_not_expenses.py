"""why a transaction is not an expense; accounts the source no longer shows

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("expense") as batch:
        batch.add_column(sa.Column("not_expense_reason", sa.String(), nullable=True))
        batch.add_column(
            sa.Column("not_expense_note", sa.String(), nullable=False, server_default="")
        )
    # Taken out under a later version that was taken back: that it is none is remembered (D-R).
    op.execute("UPDATE expense SET not_expense_reason = 'other' WHERE status = 'not_expense'")
    with op.batch_alter_table("expense") as batch:
        batch.create_check_constraint(
            op.f("ck_expense_not_expense_reason_known"),
            "not_expense_reason IN ('private', 'transfer', 'elsewhere', 'other')",
        )
        batch.create_check_constraint(
            op.f("ck_expense_not_expense_note_length"), "length(not_expense_note) <= 500"
        )
        batch.create_check_constraint(
            op.f("ck_expense_not_expense_why"),
            "(status = 'not_expense') = (not_expense_reason IS NOT NULL)",
        )
    op.add_column("account", sa.Column("not_seen_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "not_seen_since")
    with op.batch_alter_table("expense") as batch:
        batch.drop_constraint(op.f("ck_expense_not_expense_why"), type_="check")
        batch.drop_constraint(op.f("ck_expense_not_expense_note_length"), type_="check")
        batch.drop_constraint(op.f("ck_expense_not_expense_reason_known"), type_="check")
        batch.drop_column("not_expense_note")
        batch.drop_column("not_expense_reason")
