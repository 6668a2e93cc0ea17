"""Transactions that were put together into a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OF_DIRECTORY = "ix_transaction_batches_directory_id_at"
OF_TRANSACTION = "ix_batched_transactions_transaction_id"


def upgrade() -> None:
    """There is no batch yet."""
    op.create_table(
        "transaction_batches",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_transaction_batches"),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.directory_id"],
            name="fk_transaction_batches_directory_id",
        ),
    )
    op.create_index(OF_DIRECTORY, "transaction_batches", ["directory_id", "at"])
    op.create_table(
        "batched_transactions",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("transaction_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "transaction_id", name="pk_batched_transactions"),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["transaction_batches.batch_id"],
            name="fk_batched_transactions_batch_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.transaction_id"],
            name="fk_batched_transactions_transaction_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(OF_TRANSACTION, "batched_transactions", ["transaction_id"])


def downgrade() -> None:
    """Batches are gone; their transactions stay."""
    op.drop_table("batched_transactions")
    op.drop_table("transaction_batches")
