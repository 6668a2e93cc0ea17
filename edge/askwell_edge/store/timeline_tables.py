"""Timelines kept packed beside touchpoints, for criteria to be counted from.

Only SQLite's are filled; PostgreSQL counts touchpoints as they are.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from askwell_edge.store.metadata import metadata

# Of contacts with touchpoints that criteria count, and of those that a rebuild has come by;
# triggers on touchpoints, contacts and lists keep it true.
timelines = Table(
    "timelines",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("version", BigInteger, nullable=False),  # another with each change
    Column("entries", LargeBinary),  # criteria/timelines.py; null: to be packed by a rebuild
    # Touchpoints since they were packed: each one's number as 19 digits and a comma.
    Column("later", String),
    # What was asked of the contact itself, and the answers: criteria/leaf_answers.py.
    Column("asked", BigInteger),
    Column("answers", LargeBinary),
    sqlite_with_rowid=False,
)

# What the numbers in packed timelines mean.
touchpoint_kinds = Table(
    "touchpoint_kinds",
    metadata,
    Column("kind", Integer, primary_key=True),
    Column("type", String, nullable=False),
    Column("survey_id", String),
    Column("intercept_id", String),
    Index(None, "type", "survey_id", "intercept_id"),
)

# Who joined and left which segment, on SQLite: store/move_log.py.
segment_move_log = Table(
    "segment_move_log",
    metadata,
    Column(
        "move_no",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("previous_no", BigInteger),  # the contact's move before
    Column("contact_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("move_id", String, nullable=False),  # TP_…
    Column("segment_id", String, nullable=False),
    Column("joined", Boolean, nullable=False),  # else left
)
