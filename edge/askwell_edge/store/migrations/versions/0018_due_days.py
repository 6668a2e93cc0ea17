"""The index of memberships that are due is by the day, and within it as memberships are."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME = "ix_memberships_due"
DAY = sa.text("(next_change_at / 86400000)")
DUE = sa.text("next_change_at IS NOT NULL")


def upgrade() -> None:
    """Index them so."""
    _index(["directory_id", DAY, "contact_id", "next_change_at"])


def downgrade() -> None:
    """Index them by the instant."""
    _index(["directory_id", "next_change_at"])


def _index(columns: list[sa.TextClause | str]) -> None:
    op.drop_index(NAME, "memberships")
    op.create_index(NAME, "memberships", columns, sqlite_where=DUE, postgresql_where=DUE)
