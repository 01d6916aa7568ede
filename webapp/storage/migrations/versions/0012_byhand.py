"""purchases entered by hand: transactions that no run told

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RUNS = ("first_run_id", "last_run_id")
ENTERED = sa.text("status = 'entered'")


def upgrade() -> None:
    with op.batch_alter_table("bank_transaction") as batch:
        for column in RUNS:
            batch.alter_column(column, existing_type=sa.String(length=26), nullable=True)
    op.create_index(
        "ix_bank_transaction_entered",
        "bank_transaction",
        ["legal_entity_id", "day"],
        sqlite_where=ENTERED,
        postgresql_where=ENTERED,
    )


def downgrade() -> None:
    op.drop_index("ix_bank_transaction_entered", table_name="bank_transaction")
    # What people entered is kept; an older version wants a run, whichever it is.
    for column in RUNS:
        op.execute(
            f"UPDATE bank_transaction SET {column} = (SELECT max(sync_run.id) FROM sync_run "
            "WHERE sync_run.legal_entity_id = bank_transaction.legal_entity_id) "
            f"WHERE {column} IS NULL"
        )
    with op.batch_alter_table("bank_transaction") as batch:
        for column in RUNS:
            batch.alter_column(column, existing_type=sa.String(length=26), nullable=False)
