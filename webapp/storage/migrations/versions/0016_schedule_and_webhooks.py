"""the schedule's own switches, webhooks, and the calls made to each source

Revision: 0016, after 0015
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

REASONS = ("first", "schedule", "retry", "demand")
TRIGGERS = ("first", "schedule", "retry", "demand", "command", "file")


def upgrade() -> None:
    _make_tables()
    with op.batch_alter_table("interface") as table:
        for name in ("interrupted", "nightly", "news_waits"):
            table.add_column(_switch(name))
        table.drop_column("doorbell_at")
        table.create_index("ix_interface_due", ["due_reason", "next_due_at"])
        _one_of(table, "interface", "due_reason", (*REASONS, "webhook"))
    held = sa.text("lease_until IS NOT NULL")
    op.create_index(
        "ix_interface_held",
        "interface",
        ["lease_until"],
        sqlite_where=held,
        postgresql_where=held,
    )
    announced = sa.text("status = 'announced'")
    op.create_index(
        "ix_bank_transaction_announced",
        "bank_transaction",
        ["account_id", "day"],
        sqlite_where=announced,
        postgresql_where=announced,
    )
    with op.batch_alter_table("sync_run") as table:
        table.add_column(sa.Column("calls", sa.Integer(), server_default="0", nullable=False))
        _one_of(table, "sync_run", "trigger", (*TRIGGERS, "webhook"))


def _switch(name: str) -> "sa.Column[int] | sa.Column[bool]":
    if name == "interrupted":
        return sa.Column(name, sa.Integer(), server_default="0", nullable=False)
    default = sa.true() if name == "nightly" else sa.false()
    return sa.Column(name, sa.Boolean(), server_default=default, nullable=False)


def _make_tables() -> None:
    op.create_table(
        "source_budget",
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connector", name=op.f("pk_source_budget")),
    )
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("link_ref", sa.String(length=200), nullable=False),
        sa.Column("interface_id", sa.String(length=26), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.CheckConstraint(
            "fate IN ('rang', 'joined', 'again', 'parked', 'ignored')",
            name=op.f("ck_webhook_event_fate_known"),
        ),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["interface.id"],
            name=op.f("fk_webhook_event_interface_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint(
            "connector",
            "event_id",
            "link_ref",
            name=op.f("uq_webhook_event_connector_event_id_link_ref"),
        ),
    )
    op.create_index(op.f("ix_webhook_event_interface_id"), "webhook_event", ["interface_id"])
    op.create_index("ix_webhook_event_link", "webhook_event", ["connector", "link_ref", "fate"])
    op.create_index("ix_webhook_event_received", "webhook_event", ["received_at"])


def _one_of(table: Any, name: str, column: str, choices: tuple[str, ...]) -> None:
    """Let ``column`` hold one of ``choices``, where it held one of others before."""
    listed = ", ".join(f"'{choice}'" for choice in choices)
    constraint = op.f(f"ck_{name}_{column}_known")
    table.drop_constraint(constraint, type_="check")
    table.create_check_constraint(constraint, f"{column} IN ({listed})")


def downgrade() -> None:
    # What a source rang for becomes what a person asked for: both came at once.
    op.execute("UPDATE interface SET due_reason = 'demand' WHERE due_reason = 'webhook'")
    op.execute("UPDATE sync_run SET trigger = 'demand' WHERE trigger = 'webhook'")
    with op.batch_alter_table("sync_run") as table:
        table.drop_column("calls")
        _one_of(table, "sync_run", "trigger", TRIGGERS)
    op.drop_index("ix_bank_transaction_announced", "bank_transaction")
    op.drop_index("ix_interface_held", "interface")
    with op.batch_alter_table("interface") as table:
        table.drop_index("ix_interface_due")
        table.add_column(sa.Column("doorbell_at", sa.DateTime(timezone=True), nullable=True))
        for name in ("news_waits", "nightly", "interrupted"):
            table.drop_column(name)
        _one_of(table, "interface", "due_reason", REASONS)
    op.drop_table("webhook_event")
    op.drop_table("source_budget")
