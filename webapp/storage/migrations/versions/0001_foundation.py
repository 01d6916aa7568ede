"""foundation

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connector_setting",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("values_encrypted", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector_setting")),
        sa.UniqueConstraint("connector", name=op.f("uq_connector_setting_connector")),
    )
    op.create_table(
        "customer_group",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "plan IN ('premium', 'standard')", name=op.f("ck_customer_group_plan_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_group")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "one_time_token",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('first_admin')", name=op.f("ck_one_time_token_purpose_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_token_token_hash")),
    )
    op.create_table(
        "app_user",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("group_id", sa.String(length=26), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("locale IN ('fr', 'en')", name=op.f("ck_app_user_locale_known")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_app_user_email_lower")),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_group.id"],
            name=op.f("fk_app_user_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
    )
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_user_group_id"), ["group_id"], unique=False)

    op.create_table(
        "category",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("group_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_fr", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("icon", sa.String(), nullable=False),
        sa.Column("ledger_account", sa.String(), nullable=False),
        sa.Column("comment_required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_group.id"],
            name=op.f("fk_category_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("group_id", "code", name=op.f("uq_category_group_id_code")),
    )
    op.create_table(
        "legal_entity",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("group_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("household", sa.Boolean(), nullable=False),
        sa.Column("receipt_from_minor", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('fr', 'en')", name=op.f("ck_legal_entity_language_known")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_legal_entity_currency_iso")),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_group.id"],
            name=op.f("fk_legal_entity_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_entity")),
        sa.UniqueConstraint("group_id", "name", name=op.f("uq_legal_entity_group_id_name")),
    )
    with op.batch_alter_table("legal_entity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_entity_group_id"), ["group_id"], unique=False)

    op.create_table(
        "account_identity",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_account_identity_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_identity")),
        sa.UniqueConstraint(
            "legal_entity_id", "id", name=op.f("uq_account_identity_legal_entity_id_id")
        ),
        sa.UniqueConstraint(
            "legal_entity_id", "key", name=op.f("uq_account_identity_legal_entity_id_key")
        ),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=26), nullable=True),
        sa.Column("group_id", sa.String(length=26), nullable=True),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["app_user.id"], name=op.f("fk_audit_event_actor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_group.id"],
            name=op.f("fk_audit_event_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_audit_event_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_group_id"), ["group_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_event_legal_entity_id"), ["legal_entity_id"], unique=False
        )

    op.create_table(
        "interface",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("link_ref", sa.String(), nullable=False),
        sa.Column("link_encrypted", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_on", sa.Date(), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_reason", sa.String(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_by", sa.String(length=26), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("doorbell_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("last_error_reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "due_reason IN ('first', 'schedule', 'retry', 'demand')",
            name=op.f("ck_interface_due_reason_known"),
        ),
        sa.CheckConstraint(
            "state <> 'active' OR activated_on IS NOT NULL", name=op.f("ck_interface_active_since")
        ),
        sa.CheckConstraint(
            "state IN ('incomplete', 'active', 'needs_user', 'rejected', 'stopped')",
            name=op.f("ck_interface_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["app_user.id"], name=op.f("fk_interface_asked_by"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["app_user.id"],
            name=op.f("fk_interface_created_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_interface_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interface")),
        sa.UniqueConstraint("legal_entity_id", "id", name=op.f("uq_interface_legal_entity_id_id")),
    )
    with op.batch_alter_table("interface", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interface_next_due_at"), ["next_due_at"], unique=False)
        batch_op.create_index(
            "uq_interface_link",
            ["legal_entity_id", "connector", "link_ref"],
            unique=True,
            sqlite_where=sa.text("link_ref <> ''"),
            postgresql_where=sa.text("link_ref <> ''"),
        )

    op.create_table(
        "link_visit",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("link_encrypted", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('connect')", name=op.f("ck_link_visit_purpose_known")),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_link_visit_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_link_visit_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_visit")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_link_visit_state_hash")),
    )
    with op.batch_alter_table("link_visit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_link_visit_legal_entity_id"), ["legal_entity_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_link_visit_user_id"), ["user_id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_login_session_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index("ix_login_session_live", ["user_id", "ended_at"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(length=26), nullable=True),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role = 'support' OR group_id IS NOT NULL OR legal_entity_id IS NOT NULL",
            name=op.f("ck_role_grant_scope_given"),
        ),
        sa.CheckConstraint(
            "role IN ('admin', 'employee', 'approver', 'accountant', 'support')",
            name=op.f("ck_role_grant_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_group.id"],
            name=op.f("fk_role_grant_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_role_grant_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_role_grant_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_group_id"), ["group_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_role_grant_legal_entity_id"), ["legal_entity_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_role_grant_user_id"), ["user_id"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("interface_id", sa.String(length=26), nullable=False),
        sa.Column("identity_id", sa.String(length=26), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder_name", sa.String(), nullable=False),
        sa.Column("number_last4", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("id_traits", sa.String(), nullable=False),
        sa.Column("payment_mode", sa.String(), nullable=True),
        sa.Column("import_mode", sa.String(), nullable=False),
        sa.Column("import_from", sa.Date(), nullable=True),
        sa.Column("activated_on", sa.Date(), nullable=True),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("complete_until", sa.Date(), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "import_mode IN ('start_of_month', 'since_date', 'all_available', 'only_new')",
            name=op.f("ck_account_import_mode_known"),
        ),
        sa.CheckConstraint("kind IN ('account', 'card')", name=op.f("ck_account_kind_known")),
        sa.CheckConstraint(
            "payment_mode IN ('company', 'reimburse')", name=op.f("ck_account_payment_mode_known")
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_account_currency_iso")),
        sa.CheckConstraint("length(number_last4) <= 4", name=op.f("ck_account_last_four_only")),
        sa.ForeignKeyConstraint(
            ["legal_entity_id", "identity_id"],
            ["account_identity.legal_entity_id", "account_identity.id"],
            name=op.f("fk_account_legal_entity_id_identity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id", "interface_id"],
            ["interface.legal_entity_id", "interface.id"],
            name=op.f("fk_account_legal_entity_id_interface_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "interface_id", "external_ref", name=op.f("uq_account_interface_id_external_ref")
        ),
        sa.UniqueConstraint("legal_entity_id", "id", name=op.f("uq_account_legal_entity_id_id")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_identity", ["identity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_interface_id"), ["interface_id"], unique=False)

    op.create_table(
        "sync_run",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("interface_id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(length=26), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("error_kind", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("who_acts", sa.String(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_seen", sa.Integer(), nullable=False),
        sa.Column("expenses_made", sa.Integer(), nullable=False),
        sa.Column("n_new", sa.Integer(), nullable=False),
        sa.Column("n_updated", sa.Integer(), nullable=False),
        sa.Column("n_booked", sa.Integer(), nullable=False),
        sa.Column("n_removed", sa.Integer(), nullable=False),
        sa.Column("n_unchanged", sa.Integer(), nullable=False),
        sa.Column("n_repeated", sa.Integer(), nullable=False),
        sa.Column("n_waiting", sa.Integer(), nullable=False),
        sa.Column("n_out_of_window", sa.Integer(), nullable=False),
        sa.Column("n_summary", sa.Integer(), nullable=False),
        sa.Column("n_duplicate_of", sa.Integer(), nullable=False),
        sa.Column("n_quarantined", sa.Integer(), nullable=False),
        sa.Column("n_not_shared", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('running', 'ok', 'partial', 'failed', 'interrupted')",
            name=op.f("ck_sync_run_outcome_known"),
        ),
        sa.CheckConstraint(
            "trigger IN ('first', 'schedule', 'retry', 'demand', 'command', 'file')",
            name=op.f("ck_sync_run_trigger_known"),
        ),
        sa.CheckConstraint(
            "who_acts IN ('nobody', 'admin', 'integrator')", name=op.f("ck_sync_run_who_acts_known")
        ),
        sa.CheckConstraint(
            "rows_seen = n_new + n_updated + n_booked + n_removed + n_unchanged + n_repeated + n_waiting + n_out_of_window + n_summary + n_duplicate_of + n_quarantined + n_not_shared",
            name=op.f("ck_sync_run_counts_add_up"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["app_user.id"], name=op.f("fk_sync_run_asked_by"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["interface.id"],
            name=op.f("fk_sync_run_interface_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_sync_run_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.create_index("ix_sync_run_interface", ["interface_id", "started_at"], unique=False)
        batch_op.create_index("ix_sync_run_open", ["outcome", "heartbeat_at"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on",
            name=op.f("ck_attachment_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_attachment_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["app_user.id"],
            name=op.f("fk_attachment_created_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_attachment_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_attachment_open",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "bank_transaction",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("account_identity_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("identity_key", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("purchased_on", sa.Date(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("value_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("original_minor", sa.BigInteger(), nullable=True),
        sa.Column("original_currency", sa.String(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("memo", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("merchant", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("fuel", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("card_last4", sa.String(), nullable=True),
        sa.Column("source_stamp", sa.String(), nullable=True),
        sa.Column("first_run_id", sa.String(length=26), nullable=False),
        sa.Column("last_run_id", sa.String(length=26), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('purchase', 'refund', 'fee', 'cash', 'transfer', 'summary', 'other')",
            name=op.f("ck_bank_transaction_kind_known"),
        ),
        sa.CheckConstraint(
            "status IN ('announced', 'booked', 'cancelled', 'expired')",
            name=op.f("ck_bank_transaction_status_known"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_bank_transaction_currency_iso")),
        sa.CheckConstraint(
            "purchased_on IS NOT NULL OR booked_on IS NOT NULL",
            name=op.f("ck_bank_transaction_dated"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_bank_transaction_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["account_identity_id"],
            ["account_identity.id"],
            name=op.f("fk_bank_transaction_account_identity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["first_run_id"],
            ["sync_run.id"],
            name=op.f("fk_bank_transaction_first_run_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["last_run_id"],
            ["sync_run.id"],
            name=op.f("fk_bank_transaction_last_run_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_bank_transaction_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_transaction")),
        sa.UniqueConstraint(
            "account_identity_id",
            "identity_key",
            name=op.f("uq_bank_transaction_account_identity_id_identity_key"),
        ),
    )
    with op.batch_alter_table("bank_transaction", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bank_transaction_account_day", ["account_id", "day", "id"], unique=False
        )

    op.create_table(
        "coverage",
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_coverage_in_order")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_coverage_account_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_run.id"], name=op.f("fk_coverage_run_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("account_id", "run_id", name=op.f("pk_coverage")),
    )
    op.create_table(
        "delivery",
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_position", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_run.id"], name=op.f("fk_delivery_run_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_delivery")),
    )
    op.create_table(
        "file_upload",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.String(length=26), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_file_upload_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_file_upload_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"],
            ["app_user.id"],
            name=op.f("fk_file_upload_uploaded_by"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_upload")),
    )
    with op.batch_alter_table("file_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_upload_account_id"), ["account_id"], unique=False)

    op.create_table(
        "row_fate",
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "fate IN ('new', 'updated', 'booked', 'removed', 'unchanged', 'repeated', 'waiting', 'out_of_window', 'summary', 'duplicate_of', 'quarantined')",
            name=op.f("ck_row_fate_fate_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_row_fate_account_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sync_run.id"], name=op.f("fk_row_fate_run_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_row_fate")),
    )
    with op.batch_alter_table("row_fate", schema=None) as batch_op:
        batch_op.create_index("ix_row_fate_transaction", ["transaction_id"], unique=False)

    op.create_table(
        "expense",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("transaction_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.String(length=26), nullable=False),
        sa.Column("payment_mode", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category_id", sa.String(length=26), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "payment_mode IN ('company', 'reimburse')", name=op.f("ck_expense_payment_mode_known")
        ),
        sa.CheckConstraint(
            "status IN ('to_complete', 'complete', 'not_expense')",
            name=op.f("ck_expense_status_known"),
        ),
        sa.CheckConstraint("length(comment) <= 2000", name=op.f("ck_expense_comment_length")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_expense_account_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["category.id"],
            name=op.f("fk_expense_category_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_expense_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["bank_transaction.id"],
            name=op.f("fk_expense_transaction_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_expense_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_expense_transaction_id")),
    )
    with op.batch_alter_table("expense", schema=None) as batch_op:
        batch_op.create_index("ix_expense_holder", ["user_id", "status", "day", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_expense_legal_entity_id"), ["legal_entity_id"], unique=False
        )

    op.create_table(
        "receipt",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("expense_id", sa.String(length=26), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.String(length=26), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expense_id"], ["expense.id"], name=op.f("fk_receipt_expense_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_receipt_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"],
            ["app_user.id"],
            name=op.f("fk_receipt_uploaded_by"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_expense_id"), ["expense_id"], unique=False)



def downgrade() -> None:
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_expense_id"))

    op.drop_table("receipt")
    with op.batch_alter_table("expense", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_expense_legal_entity_id"))
        batch_op.drop_index("ix_expense_holder")

    op.drop_table("expense")
    with op.batch_alter_table("row_fate", schema=None) as batch_op:
        batch_op.drop_index("ix_row_fate_transaction")

    op.drop_table("row_fate")
    with op.batch_alter_table("file_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_file_upload_account_id"))

    op.drop_table("file_upload")
    op.drop_table("delivery")
    op.drop_table("coverage")
    with op.batch_alter_table("bank_transaction", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_transaction_account_day")

    op.drop_table("bank_transaction")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attachment_open",
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_attachment_user_id"))
        batch_op.drop_index(batch_op.f("ix_attachment_account_id"))

    op.drop_table("attachment")
    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_run_open")
        batch_op.drop_index("ix_sync_run_interface")

    op.drop_table("sync_run")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_interface_id"))
        batch_op.drop_index("ix_account_identity")

    op.drop_table("account")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_grant_user_id"))
        batch_op.drop_index(batch_op.f("ix_role_grant_legal_entity_id"))
        batch_op.drop_index(batch_op.f("ix_role_grant_group_id"))

    op.drop_table("role_grant")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index("ix_login_session_live")

    op.drop_table("login_session")
    with op.batch_alter_table("link_visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_visit_user_id"))
        batch_op.drop_index(batch_op.f("ix_link_visit_legal_entity_id"))

    op.drop_table("link_visit")
    with op.batch_alter_table("interface", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_interface_link",
            sqlite_where=sa.text("link_ref <> ''"),
            postgresql_where=sa.text("link_ref <> ''"),
        )
        batch_op.drop_index(batch_op.f("ix_interface_next_due_at"))

    op.drop_table("interface")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_legal_entity_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_group_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_at"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor_id"))

    op.drop_table("audit_event")
    op.drop_table("account_identity")
    with op.batch_alter_table("legal_entity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_entity_group_id"))

    op.drop_table("legal_entity")
    op.drop_table("category")
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_app_user_group_id"))

    op.drop_table("app_user")
    op.drop_table("one_time_token")
    op.drop_table("heartbeat")
    op.drop_table("customer_group")
    op.drop_table("connector_setting")
