"""Contacts as tables that an import reads back, and that a spreadsheet does not run.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. Such a cell gets an
apostrophe before it, which the import takes away again; plain numbers are left as they are.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from askwell_edge.directory.imports.tables_in import API_NAMES, HEADERS, Format

MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "jsonl": "application/jsonl",
}

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-][0-9][0-9 ().-]*")


def defused(text: str) -> str:
    """The cell as no spreadsheet runs it."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def header(format: Format, names: Sequence[str]) -> bytes:
    """The first line of a table, with a column for each name of embedded data; none of lines."""
    if format == "jsonl":
        return b""
    return _table(format, [[*HEADERS, *(defused(name) for name in names)]])


def lines(format: Format, names: Sequence[str], rows: Iterable[Mapping[Any, Any]]) -> bytes:
    """These contacts, a line for each."""
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
    return [defused(cell) for cell in (*plain, *(pairs.get(name.casefold(), "") for name in names))]


def _map(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: row[column] for name, column in API_NAMES.items() if row[column]}
    return {**plain, "embeddedData": row["embedded_data"]}
