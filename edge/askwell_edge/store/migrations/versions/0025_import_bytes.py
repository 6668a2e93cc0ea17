"""Imports know how many bytes of their file have been read for the rows that are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was imported before has none."""
    op.add_column(
        "import_runs",
        sa.Column("bytes_done", sa.BigInteger(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    """How much of a file was read is not known."""
    op.drop_column("import_runs", "bytes_done")
