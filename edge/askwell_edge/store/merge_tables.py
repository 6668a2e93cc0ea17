"""The tables of merges, of the runs that make them, and of their undoing."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table

from askwell_edge.store.metadata import metadata

# A merged contact's id resolves to its survivor for ever.
contact_redirects = Table(
    "contact_redirects",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("survivor_id", String, nullable=False, index=True),
)

merges = Table(
    "merges",
    metadata,
    Column("merge_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("operator_id", String),
    Column("rule_position", Integer, nullable=False),
    Column("survivor_id", String, nullable=False),
    Column("merged_id", String, nullable=False),
    # Both contacts and their list memberships as they were; what an undo puts back.
    Column("survivor_before", JSON, nullable=False),
    Column("merged_before", JSON, nullable=False),
    Column("survivor_after", JSON, nullable=False),
    Column("moved", JSON, nullable=False),  # {"touchpoints": [TP_…], "transactions": [TX_…]}
    Column("undone_at", BigInteger),
    Column("run_id", String),  # none: by hand, or by a run of which this was not kept yet
    Index(None, "directory_id", "at"),
    Index(None, "run_id", "undone_at"),
    Index(None, "survivor_id", "undone_at", "at"),
    Index(None, "merged_id"),
)

# Contacts that somebody said are two people, the lesser id first: no rule makes them one.
distinct_contacts = Table(
    "distinct_contacts",
    metadata,
    Column("directory_id", String, ForeignKey("directories.directory_id"), primary_key=True),
    Column("one_id", String, primary_key=True),
    Column("other_id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("operator_id", String),
)

# A merge of all duplicates that are there: found, then merged pair by pair.
merge_runs = Table(
    "merge_runs",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("operator_id", String),
    Column("since", BigInteger),  # only contacts created then or later are merged away
    Column("state", String, nullable=False),  # running, finished, stopped
    Column("found", Integer, nullable=False, server_default="0"),
    Column("merged", Integer, nullable=False, server_default="0"),
    Column("worker", String),
    Column("alive_at", BigInteger),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index(None, "directory_id", "started_at"),
)

# The undoing of all merges of a run: one for each run, however often it is asked for.
merge_undos = Table(
    "merge_undos",
    metadata,
    Column("run_id", String, ForeignKey("merge_runs.run_id"), primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("operator_id", String),
    Column("state", String, nullable=False),  # running, finished, stopped
    Column("worker", String),
    Column("alive_at", BigInteger),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)

# Merges that the undoing of their run left as they are, and why.
merge_undo_refusals = Table(
    "merge_undo_refusals",
    metadata,
    Column("merge_id", String, ForeignKey("merges.merge_id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", String, ForeignKey("merge_runs.run_id"), nullable=False),
    Column("reason", String, nullable=False),  # the code with which a single undo is refused
    Index(None, "run_id", "reason"),
)
