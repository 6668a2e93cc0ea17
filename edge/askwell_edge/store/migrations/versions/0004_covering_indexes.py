"""Timelines, lists and memberships that are read in one go, contact by contact."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make indexes that answer by themselves, and memberships one compact row each."""
    op.drop_index("ix_touchpoints_contact_id_at", "touchpoints")
    op.create_index(
        "ix_touchpoints_timeline",
        "touchpoints",
        [
            *("contact_id", "at", "type", "survey_id", "intercept_id", "test"),
            *("counts_toward_caps", "list_id"),
        ],
    )
    op.drop_index("ix_list_members_contact_id", "list_members")
    op.create_index(
        "ix_list_members_of_contact", "list_members", ["contact_id", "list_id", "unsubscribed"]
    )
    op.drop_index("ix_memberships_directory_id", "memberships")
    op.drop_index("ix_memberships_next_change_at", "memberships")
    if op.get_bind().dialect.name == "sqlite":
        op.rename_table("memberships", "memberships_by_rowid")
        op.create_table(
            "memberships",
            sa.Column("contact_id", sa.String(), nullable=False),
            sa.Column("directory_id", sa.String(), nullable=False),
            sa.Column("mask", sa.BigInteger(), nullable=False),
            sa.Column("built_at", sa.BigInteger(), nullable=False),
            sa.Column("next_change_at", sa.BigInteger(), nullable=True),
            sa.PrimaryKeyConstraint("contact_id", name="pk_memberships"),
            sqlite_with_rowid=False,
        )
        op.execute(
            "INSERT INTO memberships SELECT contact_id, directory_id, mask, built_at, "
            "next_change_at FROM memberships_by_rowid ORDER BY contact_id"
        )
        op.drop_table("memberships_by_rowid")
    op.create_index(
        "ix_memberships_directory_id_next_change_at",
        "memberships",
        ["directory_id", "next_change_at"],
    )


def downgrade() -> None:
    """Back to the plain indexes; memberships stay as they are."""
    op.drop_index("ix_memberships_directory_id_next_change_at", "memberships")
    op.create_index("ix_memberships_next_change_at", "memberships", ["next_change_at"])
    op.create_index("ix_memberships_directory_id", "memberships", ["directory_id"])
    op.drop_index("ix_list_members_of_contact", "list_members")
    op.create_index("ix_list_members_contact_id", "list_members", ["contact_id"])
    op.drop_index("ix_touchpoints_timeline", "touchpoints")
    op.create_index("ix_touchpoints_contact_id_at", "touchpoints", ["contact_id", "at"])
