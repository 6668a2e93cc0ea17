"""Contacts as tables that an import reads back, and that a spreadsheet does not run.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. Such a cell gets an
apostrophe before it, which the import takes away again; plain numbers are left as they are.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from askwell_edge.directory.contacts.shapes import ContactStats
from askwell_edge.directory.imports.tables_in import API_NAMES, HEADERS, Format

MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "jsonl": "application/jsonl",
}

# Columns that are asked for: a contact's statistics, instants as spreadsheets read them.
STATS: Mapping[str, str] = {
    "EmailCount": "email_count",
    "InviteCount": "invite_count",
    "LastInviteDate": "last_invite_date",
    "ResponseCount": "response_count",
    "LastResponseDate": "last_response_date",
    "ResponseRate": "response_rate",
    "AverageResponseTime": "average_response_time",
}
INSTANTS = frozenset({"last_invite_date", "last_response_date"})

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-][0-9][0-9 ().-]*")


def defused(text: str) -> str:
    """The cell as no spreadsheet runs it."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def header(format: Format, names: Sequence[str], with_stats: bool = False) -> bytes:
    """The first line of a table, with a column for each name of embedded data; none of lines."""
    if format == "jsonl":
        return b""
    stats = STATS if with_stats else ()
    return _table(format, [[*HEADERS, *(defused(name) for name in names), *stats]])


def lines(format: Format, names: Sequence[str], rows: Iterable[Mapping[Any, Any]]) -> bytes:
    """These contacts, a line for each; `stats` of a row is told where it is there."""
    if format == "jsonl":
        return "".join(f"{json.dumps(_map(row), ensure_ascii=False)}\n" for row in rows).encode()
    return _table(format, [_cells(names, row) for row in rows])


def table(rows: Iterable[Iterable[str]]) -> bytes:
    """Any other table, as CSV that no spreadsheet runs."""
    return _table("csv", [[defused(cell) for cell in row] for row in rows])


def _table(format: Format, rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter="\t" if format == "tsv" else ",").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _cells(names: Sequence[str], row: Mapping[Any, Any]) -> list[str]:
    told = {**row, "unsubscribed": "true" if row["unsubscribed"] else ""}
    pairs = {name.casefold(): value for name, value in row["embedded_data"].items()}
    plain = [told[column] or "" for column in HEADERS.values()]
    cells = (*plain, *(pairs.get(name.casefold(), "") for name in names))
    stats = row.get("stats")
    return [*(defused(cell) for cell in cells), *(_figures(stats) if stats else ())]


def _figures(stats: ContactStats) -> list[str]:
    found = [(name, getattr(stats, name)) for name in STATS.values()]
    return ["" if value is None else _figure(name, value) for name, value in found]


def _figure(name: str, value: float) -> str:
    if name not in INSTANTS:
        return str(value)
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")


def _map(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: row[column] for name, column in API_NAMES.items() if row[column]}
    told = {**plain, "embeddedData": row["embedded_data"]}
    stats = row.get("stats")
    return {**told, "stats": msgspec.to_builtins(stats)} if stats else told
