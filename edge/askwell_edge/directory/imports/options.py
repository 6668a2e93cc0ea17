"""How a file is imported, and what became of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from askwell_edge.directory.contacts.arrivals import Mode
from askwell_edge.directory.imports.tables_in import Format


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read and what its rows may do."""

    format: Format = "csv"
    mode: Mode = "upsert"
    list_id: str | None = None
    mapping: Mapping[str, str | None] | None = None
    batch_id: str | None = None  # which batch the rows' transactions are put into
    transaction_fields: Sequence[str] | None = None  # what is kept of each; None: all of it

    def kept(self) -> dict[str, Any]:
        """What must be the same for a run to go on."""
        kept: dict[str, Any] = {
            "format": self.format,
            "mode": self.mode,
            "list_id": self.list_id,
            "mapping": dict(self.mapping or {}),
        }
        if self.batch_id is not None:
            kept["batch_id"] = self.batch_id
        if self.transaction_fields is not None:
            kept["transaction_fields"] = list(self.transaction_fields)
        return kept


def options_of(run: Mapping[Any, Any]) -> Options:
    """How a run that was cut off had been started."""
    kept = run["options"]
    return Options(
        cast("Format", kept["format"]),
        cast("Mode", kept["mode"]),
        kept["list_id"],
        kept["mapping"] or None,
        kept.get("batch_id"),
        kept.get("transaction_fields"),
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows so far."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    transactions: int = 0

    def after(self, rows: int, **counts: int) -> "Tally":
        """The tally after as many rows more, by what became of them."""
        more = {name: getattr(self, name) + count for name, count in counts.items()}
        return replace(self, rows=self.rows + rows, **more)


def tally_of(run: Mapping[Any, Any]) -> Tally:
    """How far a run is."""
    names = ("rows_done", "created", "updated", "unchanged", "refused", "transactions")
    return Tally(*(run[name] for name in names))
