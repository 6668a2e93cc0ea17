"""The tables of transactions that were put together."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from askwell_edge.store.metadata import metadata

transaction_batches = Table(
    "transaction_batches",
    metadata,
    Column("batch_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_transaction_batches_directory_id_at", "directory_id", "at"),
)

batched_transactions = Table(
    "batched_transactions",
    metadata,
    Column(
        "batch_id",
        String,
        ForeignKey("transaction_batches.batch_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "transaction_id",
        String,
        ForeignKey("transactions.transaction_id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
