"""Who is due because of a changed timeline is marked in a small table beside memberships."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Marks of before stay where they are: an instant long past is due as well."""
    op.create_table(
        "due_marks",
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("directory_id", "contact_id", name="pk_due_marks"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sweeps",
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("directory_id", name="pk_sweeps"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Who is marked is due at once."""
    op.execute(
        "UPDATE memberships SET next_change_at = 0 "
        "WHERE contact_id IN (SELECT contact_id FROM due_marks)"
    )
    op.drop_table("sweeps")
    op.drop_table("due_marks")
