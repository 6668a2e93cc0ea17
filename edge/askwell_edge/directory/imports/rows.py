"""A file's rows made ready to be kept, one by one: checked, and normalised for comparison.

All of it without the store, so that another process can do it ahead of the writer.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.fields import (
    KEYS,
    TEXTS,
    keys_of,
    read_fields,
    read_plain_fields,
)
from askwell_edge.directory.imports.tables_in import Row

# What is kept of a row: texts or None, embedded data as JSON, and whether it opts out.
Values = tuple[Any, ...]
VALUES = (*TEXTS, "embedded_data", *(key for key, _ in KEYS.values()), "unsubscribed")


class Batch(Struct, array_like=True):
    """One transaction's rows by the columns of `VALUES`; numbers of others, and why not."""

    rows: list[Values]
    refused: list[tuple[int, str]]

    @property
    def count(self) -> int:
        """How many rows of the file these are."""
        return len(self.rows) + len(self.refused)


def ready_rows(rows: Iterable[Row]) -> Batch:
    """Each row by itself, in their order."""
    batch = Batch([], [])
    for row in rows:
        made = ready_row(row)
        if isinstance(made, str):
            batch.refused.append((row.number, made))
        else:
            batch.rows.append(made)
    return batch


def ready_row(row: Row) -> Values | str:
    """The row's fields as they are kept and compared, or in words why it is refused."""
    if row.problem is not None:
        return row.problem
    try:
        fields = read_plain_fields(row.fields) or read_fields(row.fields)
    except Invalid as refusal:
        return refusal.message
    if not any(fields.get(name) for name in fields if name != "embedded_data"):
        return "names nobody: reference, e-mail, phone and name are all empty"
    pairs = {k: v for k, v in fields.get("embedded_data", {}).items() if v}
    return values_of({**fields, **keys_of(fields), "embedded_data": pairs})


def values_of(fields: Mapping[str, Any]) -> Values:
    """The columns that are kept, of fields that may lack some."""
    kept = {**fields, "embedded_data": json.dumps(fields["embedded_data"])}
    kept["unsubscribed"] = bool(kept.get("unsubscribed"))
    return tuple(map(kept.get, VALUES))


def fields_of(values: Values) -> dict[str, Any]:
    """The row's fields by column."""
    fields = dict(zip(VALUES, values, strict=True))
    fields["embedded_data"] = json.loads(fields["embedded_data"])
    return fields
