"""A file's rows made ready to be kept, one by one: checked, and normalised for comparison.

All of it without the store, so that another process can do it ahead of the writer.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.fields import (
    KEYS,
    TEXTS,
    is_address,
    keys_of,
    read_embedded_data,
    read_fields,
    read_plain_fields,
)
from askwell_edge.directory.imports.tables_in import Row

# What is kept of a row: texts or None, embedded data as JSON, and whether it opts out.
Values = tuple[Any, ...]
VALUES = (*TEXTS, "embedded_data", *(key for key, _ in KEYS.values()), "unsubscribed")


class Batch(Struct, array_like=True):
    """Rows to be kept together, by the columns of `VALUES`; numbers of others, and why not."""

    rows: list[Values]
    refused: list[tuple[int, str]]
    transactions: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # by row's place
    addresses: dict[int, str] = field(default_factory=dict)  # that are none, by refused row
    read: int = 0  # bytes of the file that were read until these rows were there

    @property
    def count(self) -> int:
        """How many rows of the file these are."""
        return len(self.rows) + len(self.refused)

    def numbers_after(self, done: int) -> list[int]:
        """The numbers of its rows where a file has no header: they go on after `done`."""
        refused = {number for number, _ in self.refused}
        return [n for n in range(done + 1, done + self.count + 1) if n not in refused]


def ready_rows(rows: Iterable[Row], kept: Collection[str] | None = None) -> Batch:
    """Each row by itself, in their order; of transactions the fields `kept`, or all of them."""
    batch = Batch([], [])
    for row in rows:
        take_row(batch, row, kept)
    return batch


def take_row(batch: Batch, row: Row, kept: Collection[str] | None = None) -> None:
    """Put one more row into the batch, or why it is refused."""
    made = ready_row(row)
    happened = {} if isinstance(made, str) else _ready_transaction(row, kept)
    if isinstance(made, str) or isinstance(happened, str):
        batch.refused.append((row.number, made if isinstance(made, str) else str(happened)))
        address = row.fields.get("email")
        if isinstance(address, str) and address.strip() and not is_address(address):
            batch.addresses[row.number] = address
        return
    if happened:
        batch.transactions.append((len(batch.rows), happened))
    batch.rows.append(made)


def _ready_transaction(row: Row, kept: Collection[str] | None) -> dict[str, str] | str:
    """What the contact did, empty if nothing; or in words why it cannot be kept."""
    try:
        pairs = read_embedded_data(row.transaction, "transactionData")
    except Invalid as refusal:
        return refusal.message
    return {
        name: value
        for name, value in pairs.items()
        if value is not None and (kept is None or name in kept)
    }


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
