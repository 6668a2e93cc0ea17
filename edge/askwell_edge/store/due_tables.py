"""The tables of what is to be judged again, and of who judges."""

from sqlalchemy import BigInteger, Column, String, Table

from askwell_edge.store.metadata import metadata

# Contacts whose timelines changed since they were judged: directory/segments/marks.py.
due_marks = Table(
    "due_marks",
    metadata,
    Column("directory_id", String, primary_key=True),
    Column("contact_id", String, primary_key=True),
    Column("mark", BigInteger, nullable=False),  # another with each change
    sqlite_with_rowid=False,
)

# The newest sweep over each directory's contacts: directory/segments/turns.py.
sweeps = Table(
    "sweeps",
    metadata,
    Column("directory_id", String, primary_key=True),
    Column("turn", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
