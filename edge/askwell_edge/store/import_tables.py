"""Imports: their runs, and what became of single rows."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table

from askwell_edge.store.metadata import metadata

import_runs = Table(
    "import_runs",
    metadata,
    Column("import_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("list_id", String),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False),  # of the file: the same file goes on where it stopped
    Column("options", JSON, nullable=False),  # mode, format, mapping, batch
    Column(
        "state", String, nullable=False
    ),  # waiting, running, finished, failed, interrupted, stopped
    Column("row_count", Integer),  # how many there are in all, where that is known
    Column("rows_done", Integer, nullable=False, server_default="0"),
    Column("bytes_done", BigInteger, nullable=False, server_default="0"),  # read for these rows
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("transactions", Integer, nullable=False, server_default="0"),
    Column("worker", String),  # whose run it is; another may take it over when it is not alive
    Column("alive_at", BigInteger),
    Column("file", String),  # in the data folder's imports/, for a run that goes on by itself
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index(None, "directory_id", "started_at"),
)

import_errors = Table(
    "import_errors",
    metadata,
    Column("import_id", String, ForeignKey("import_runs.import_id"), primary_key=True),
    Column("row", Integer, primary_key=True),  # as an editor counts: the header is row 1
    Column("message", String, nullable=False),
    Column("address", String),  # what should have been an e-mail address
)

# What became of each contact of an import by the API; refused ones stand among the errors.
import_outcomes = Table(
    "import_outcomes",
    metadata,
    Column("import_id", String, ForeignKey("import_runs.import_id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("contact_id", String, nullable=False),
    Column("outcome", String, nullable=False),  # `created`, `updated` or `unchanged`
)
