"""How many rows an import has, what it recorded, and which addresses were none."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of imports until now nothing of it is known."""
    op.add_column("import_runs", sa.Column("row_count", sa.Integer()))
    recorded = sa.Column("transactions", sa.Integer(), nullable=False, server_default="0")
    op.add_column("import_runs", recorded)
    op.add_column("import_errors", sa.Column("address", sa.String()))


def downgrade() -> None:
    """Nothing of it is kept."""
    with op.batch_alter_table("import_errors") as errors:
        errors.drop_column("address")
    with op.batch_alter_table("import_runs") as runs:
        runs.drop_column("transactions")
        runs.drop_column("row_count")
