"""Contacts that somebody said are two people are remembered; undone merges say so too."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UNDONE = """
    INSERT INTO distinct_contacts (directory_id, one_id, other_id, at)
    SELECT directory_id,
        CASE WHEN survivor_id < merged_id THEN survivor_id ELSE merged_id END,
        CASE WHEN survivor_id < merged_id THEN merged_id ELSE survivor_id END,
        MAX(undone_at)
    FROM merges GROUP BY 1, 2, 3 HAVING COUNT(*) = COUNT(undone_at)
"""


def upgrade() -> None:
    """Whoever was merged and taken apart again is two people."""
    directory = sa.ForeignKeyConstraint(
        ["directory_id"], ["directories.directory_id"], name="fk_distinct_contacts_directory_id"
    )
    op.create_table(
        "distinct_contacts",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("directory_id", "one_id")),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.String()),
        directory,
        sa.PrimaryKeyConstraint(
            "directory_id", "one_id", "other_id", name="pk_distinct_contacts"
        ),
    )
    op.execute(UNDONE)


def downgrade() -> None:
    """Nobody remembers."""
    op.drop_table("distinct_contacts")
