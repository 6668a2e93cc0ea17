"""What imports, merges, segments, lists and opt-outs need beside the first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and the tables of merge runs and of addresses opted out everywhere."""
    with op.batch_alter_table("import_runs") as runs:
        runs.add_column(sa.Column("worker", sa.String(), nullable=True))
        runs.add_column(sa.Column("alive_at", sa.BigInteger(), nullable=True))
        runs.add_column(sa.Column("file", sa.String(), nullable=True))
    with op.batch_alter_table("mailing_lists") as lists:
        lists.add_column(sa.Column("owner_id", sa.String(), nullable=True))
        lists.add_column(sa.Column("modified_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("segments") as segments:
        segments.add_column(sa.Column("description", sa.String(), nullable=True))
        segments.add_column(sa.Column("created_by", sa.String(), nullable=True))
    with op.batch_alter_table("transactions") as transactions:
        transactions.add_column(sa.Column("list_id", sa.String(), nullable=True))
    op.create_table(
        "merge_runs",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("found", sa.Integer(), server_default="0", nullable=False),
        sa.Column("merged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("alive_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.directory_id"],
            name=op.f("fk_merge_runs_directory_id"),
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_merge_runs")),
    )
    op.create_index(
        op.f("ix_merge_runs_directory_id_started_at"),
        "merge_runs",
        ["directory_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "opted_out_addresses",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "address_key", name=op.f("pk_opted_out_addresses")),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("opted_out_addresses")
    op.drop_index(op.f("ix_merge_runs_directory_id_started_at"), table_name="merge_runs")
    op.drop_table("merge_runs")
    for table, names in (
        ("transactions", ("list_id",)),
        ("segments", ("created_by", "description")),
        ("mailing_lists", ("modified_at", "owner_id")),
        ("import_runs", ("file", "alive_at", "worker")),
    ):
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.drop_column(name)
