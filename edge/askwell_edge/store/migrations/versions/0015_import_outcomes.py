"""What became of each contact of an import by the API."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of imports until now only refused contacts are told."""
    op.create_table(
        "import_outcomes",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["import_runs.import_id"],
            name=op.f("fk_import_outcomes_import_id_import_runs"),
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_outcomes")),
    )


def downgrade() -> None:
    """Nothing of it is kept."""
    op.drop_table("import_outcomes")
