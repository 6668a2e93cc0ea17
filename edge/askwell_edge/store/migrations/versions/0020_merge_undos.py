"""Merges know the run that made them, and a run can be undone as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = (("run_id", "undone_at"), ("survivor_id", "undone_at", "at"), ("merged_id",))


def upgrade() -> None:
    """Merges from before stay without a run."""
    op.add_column("merges", sa.Column("run_id", sa.String()))
    for columns in INDEXES:
        op.create_index(f"ix_merges_{'_'.join(columns)}", "merges", list(columns))
    op.create_table(
        "merge_undos",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("run_id", "directory_id")),
        sa.Column("operator_id", sa.String()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("worker", sa.String()),
        sa.Column("alive_at", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        _key("merge_undos", "run_id", "merge_runs"),
        _key("merge_undos", "directory_id", "directories"),
        sa.PrimaryKeyConstraint("run_id", name="pk_merge_undos"),
    )
    op.create_table(
        "merge_undo_refusals",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("merge_id", "run_id")),
        sa.Column("reason", sa.String(), nullable=False),
        _key("merge_undo_refusals", "merge_id", "merges", ondelete="CASCADE"),
        _key("merge_undo_refusals", "run_id", "merge_runs"),
        sa.PrimaryKeyConstraint("merge_id", name="pk_merge_undo_refusals"),
    )
    op.create_index(
        "ix_merge_undo_refusals_run_id_reason", "merge_undo_refusals", ["run_id", "reason"]
    )


def downgrade() -> None:
    """Nobody knows which run made a merge."""
    op.drop_table("merge_undo_refusals")
    op.drop_table("merge_undos")
    for columns in INDEXES:
        op.drop_index(f"ix_merges_{'_'.join(columns)}", "merges")
    op.drop_column("merges", "run_id")


def _key(
    table: str, column: str, other: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], [f"{other}.{column}"], name=name, ondelete=ondelete)
