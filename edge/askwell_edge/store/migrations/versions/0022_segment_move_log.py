"""SQLite appends who joined and left which segment to a log, in which memberships know the last."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

HOME = """
    INSERT INTO segment_moves (contact_id, at, move_id, segment_id, joined)
    SELECT contact_id, at, move_id, segment_id, joined FROM segment_move_log
    ORDER BY contact_id, at, move_id
"""


def upgrade() -> None:
    """Moves of before stay where they are."""
    op.create_table(
        "segment_move_log",
        sa.Column(
            "move_no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("previous_no", sa.BigInteger()),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("move_id", sa.String(), nullable=False),
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("move_no", name="pk_segment_move_log"),
    )
    op.add_column("memberships", sa.Column("last_move_no", sa.BigInteger()))


def downgrade() -> None:
    """All moves are in the order of contacts again."""
    op.execute(HOME)
    op.drop_column("memberships", "last_move_no")
    op.drop_table("segment_move_log")
