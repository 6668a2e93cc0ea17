"""An index of the memberships that time alone may change, without the many that it may not."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OF_ALL = "ix_memberships_directory_id_next_change_at"
OF_DUE = "ix_memberships_due"
COLUMNS = ["directory_id", "next_change_at"]
DUE = sa.text("next_change_at IS NOT NULL")


def upgrade() -> None:
    """Index those alone."""
    op.drop_index(OF_ALL, "memberships")
    op.create_index(OF_DUE, "memberships", COLUMNS, sqlite_where=DUE, postgresql_where=DUE)


def downgrade() -> None:
    """Index all again."""
    op.drop_index(OF_DUE, "memberships")
    op.create_index(OF_ALL, "memberships", COLUMNS)
