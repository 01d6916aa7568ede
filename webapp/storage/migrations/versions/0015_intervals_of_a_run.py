"""a run may fetch several intervals of an account

Revision: 0015, after 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _key("account_id", "run_id", "first_on")


def downgrade() -> None:
    # Of several intervals the earliest stays: a day is then asked for again, none is passed over.
    op.execute(
        "DELETE FROM coverage WHERE EXISTS (SELECT 1 FROM coverage AS other "
        "WHERE other.account_id = coverage.account_id AND other.run_id = coverage.run_id "
        "AND other.first_on < coverage.first_on)"
    )
    _key("account_id", "run_id")


def _key(*columns: str) -> None:
    with op.batch_alter_table("coverage") as batch:
        batch.drop_constraint(op.f("pk_coverage"), type_="primary")
        batch.create_primary_key(op.f("pk_coverage"), list(columns))
