"""A file's rows made ready to be kept: read, checked, and normalised for comparison.

All of it without the store, so that another process can do it ahead of the writer.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from msgspec import Struct

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.fields import keys_of, read_fields, read_plain_fields
from askwell_edge.directory.import_options import Options
from askwell_edge.directory.tables_in import Row, read_rows

# Rows of one transaction: what waits for the writer waits for about a tenth of a second.
BATCH = 1000
# So much of a file is one transaction however few rows it has: a row may have a megabyte.
BATCH_BYTES = 8 << 20


class Ready(Struct, array_like=True):
    """One row: its `fields` by column with their keys, or its `problem` in words."""

    number: int
    fields: dict[str, Any]
    problem: str | None = None


Batch = list[Ready]


def ready_batches(chunks: Iterable[bytes], options: Options, done: int) -> Iterator[Batch]:
    """The rows after the first `done`, a transaction's worth at a time."""
    size = 0

    def sized() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    read = read_rows(sized(), options.format, options.mapping)
    batch: Batch = []
    for row in islice(read, done, None):
        batch.append(make_ready(row))
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def make_ready(row: Row) -> Ready:
    """The row's fields as they are kept and compared, or why it is refused."""
    if row.problem is not None:
        return Ready(row.number, {}, row.problem)
    try:
        fields = read_plain_fields(row.fields) or read_fields(row.fields)
    except Invalid as refusal:
        return Ready(row.number, {}, refusal.message)
    if not any(fields.get(name) for name in fields if name != "embedded_data"):
        problem = "names nobody: reference, e-mail, phone and name are all empty"
        return Ready(row.number, {}, problem)
    fields["embedded_data"] = {k: v for k, v in fields.get("embedded_data", {}).items() if v}
    fields.update(keys_of(fields))
    return Ready(row.number, fields)
