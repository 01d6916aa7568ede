"""notices of failing feeds, votes and requests about help

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "help_vote",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("not_helpful", sa.Integer(), nullable=False),
        sa.CheckConstraint("language IN ('fr', 'en')", name=op.f("ck_help_vote_language_known")),
        sa.PrimaryKeyConstraint("slug", "language", name=op.f("pk_help_vote")),
    )
    op.create_table(
        "help_request",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("group_id", sa.String(length=26), nullable=True),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=True),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=26), nullable=True),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 4000", name=op.f("ck_help_request_text_length")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["app_user.id"],
            name=op.f("fk_help_request_answered_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_group.id"],
            name=op.f("fk_help_request_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_help_request_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_help_request_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_request")),
    )
    op.create_index(
        "ix_help_request_entity", "help_request", ["legal_entity_id", "id"], unique=False
    )

    op.create_table(
        "failure_episode",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("legal_entity_id", sa.String(length=26), nullable=False),
        sa.Column("interface_id", sa.String(length=26), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ok_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.String(), nullable=False),
        sa.CheckConstraint(
            "ending IN ('', 'mended', 'stopped')", name=op.f("ck_failure_episode_ending_known")
        ),
        sa.CheckConstraint(
            "trouble IN ('needs_user', 'rejected', 'not_seen', 'late')",
            name=op.f("ck_failure_episode_trouble_known"),
        ),
        sa.ForeignKeyConstraint(
            ["interface_id"],
            ["interface.id"],
            name=op.f("fk_failure_episode_interface_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"],
            ["legal_entity.id"],
            name=op.f("fk_failure_episode_legal_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure_episode")),
    )
    op.create_index(
        op.f("ix_failure_episode_interface_id"), "failure_episode", ["interface_id"], unique=False
    )
    op.create_index(
        op.f("ix_failure_episode_legal_entity_id"),
        "failure_episode",
        ["legal_entity_id"],
        unique=False,
    )
    op.create_index(
        "uq_failure_episode_open",
        "failure_episode",
        ["interface_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("episode_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('failing', 'mended')", name=op.f("ck_notice_kind_known")),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["failure_episode.id"],
            name=op.f("fk_notice_episode_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_notice_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "episode_id", "user_id", "kind", name=op.f("uq_notice_episode_id_user_id_kind")
        ),
    )
    op.create_index(
        "ix_notice_unsent",
        "notice",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_index("ix_notice_user", "notice", ["user_id", "sent_at"], unique=False)


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("failure_episode")
    op.drop_table("help_request")
    op.drop_table("help_vote")
