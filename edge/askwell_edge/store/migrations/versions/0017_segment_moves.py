"""Who joined and left which segment is kept in a narrow table, apart from other touchpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BACK = """
    INSERT INTO touchpoints (
        touchpoint_id, contact_id, directory_id, at, type, channel, counts_toward_caps, test, details
    )
    SELECT move_id, contact_id, contacts.directory_id, at,
        CASE WHEN joined THEN 'segment_joined' ELSE 'segment_left' END, 'api', {no}, {no}, {details}
    FROM segment_moves JOIN contacts USING (contact_id)
"""


def upgrade() -> None:
    """Moves of before stay the touchpoints that they are: an undone merge finds them there."""
    op.create_table(
        "segment_moves",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("move_id", sa.String(), nullable=False),
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "at", "move_id", name="pk_segment_moves"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Every move is a touchpoint again."""
    details = """'{"segment_id": "' || segment_id || '"}'"""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        details = f"CAST({details} AS JSON)"
    op.execute(BACK.format(no="false" if postgresql else "0", details=details))
    op.drop_table("segment_moves")
