"""Files of contacts, read row by row: CSV, TSV and JSON lines, whatever their encoding mark."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.fields import NAME_LIMIT, RESERVED
from askwell_edge.directory.imports.lines_in import ROW_LIMIT, Lines, TooLong

Format = Literal["csv", "tsv", "jsonl"]
CELL_LIMIT = 10_000
COLUMN_LIMIT = 200
TOO_LONG = f"has more than {ROW_LIMIT} characters; a cell may have {CELL_LIMIT}"

# The file's and the console's names of fields, exactly so; every other column is embedded data.
HEADERS: Mapping[str, str] = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "Email": "email",
    "ExternalDataReference": "external_reference",
    "Language": "language",
    "Phone": "phone",
    "Unsubscribed": "unsubscribed",
}
API_NAMES: Mapping[str, str] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "extRef": "external_reference",
    "language": "language",
    "phone": "phone",
    "unsubscribed": "unsubscribed",
}

TRUTHS = {"": None, "true": True, "1": True, "false": False, "0": False}

# Spreadsheets and our exports mark a text that is no formula with an apostrophe before it.
_MARKED = re.compile(r"'+[=+\-@\t\r]")


class BadColumn(Invalid):
    """A column of the header has no name that an import can use; `number` counts from 1."""

    def __init__(self, number: int, limit: str) -> None:
        super().__init__(f"header, column {number}", limit)
        self.number = number


@dataclass(frozen=True, slots=True)
class Row:
    """One row as an editor numbers it; `fields` by column, or `problem` in words."""

    number: int
    fields: dict[str, Any]
    problem: str | None = None
    transaction: dict[str, Any] | None = None  # what the contact did, which is no field of it


# A line of a table: its number, its cells, or why it cannot be read.
Line = tuple[int, list[str], str | None]


def format_of(name: str) -> Format:
    """The format that a file's name tells."""
    ending = name.lower().rpartition(".")[2]
    if ending in ("tsv", "tab"):
        return "tsv"
    return "jsonl" if ending in ("jsonl", "ndjson") else "csv"


def read_rows(
    chunks: Iterable[bytes], format: Format, mapping: Mapping[str, str | None] | None = None
) -> Iterator[Row]:
    """Rows in order, holding one at a time. `mapping` gives a column another name, or none."""
    if format == "jsonl":
        yield from _json_rows(Lines(chunks))
        return
    columns, lines = read_table(chunks, format, mapping)
    for number, cells, problem in lines:
        yield Row(number, {}, problem) if problem else read_row(number, columns, cells)


def read_table(
    chunks: Iterable[bytes], format: Format, mapping: Mapping[str, str | None] | None = None
) -> tuple[list[str | None], Iterator[Line]]:
    """The header, as `read_header` has it, and the lines that are not empty."""
    read = lines_of(chunks, format)
    for _, cells, problem in read:
        if problem is not None:
            raise Invalid("header", problem)
        return read_header(cells, mapping or {}), filter(_is_filled, read)
    return [], iter(())


def separator_of(format: Format) -> str:
    """What stands between two cells of a table."""
    return "\t" if format == "tsv" else ","


def lines_of(chunks: Iterable[bytes], format: Format) -> Iterator[Line]:
    """All lines of a table, the header among them and empty ones too."""
    separator = separator_of(format)
    lines = Lines(chunks, separator)
    csv.field_size_limit(ROW_LIMIT)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        number = lines.begin()
        try:
            yield number, next(reader), None
        except StopIteration:
            return
        except TooLong:
            yield number, [], TOO_LONG
        except csv.Error as problem:
            if lines.number > number:
                # What follows was read as part of one cell, and cannot be told from rows.
                raise Invalid("file", f"a quote that opens in row {number} is not closed") from None
            yield number, [], f"cannot be read: {problem}"


def _is_filled(line: Line) -> bool:
    return line[2] is not None or any(map(str.strip, line[1]))


def column_name(cell: str) -> str:
    """What a cell of the header calls its column."""
    name = cell.strip()
    return name[1:] if _MARKED.match(name) else name


def read_header(cells: list[str], mapping: Mapping[str, str | None]) -> list[str | None]:
    """Each column's field, `embedded:` and a name, or None where the mapping leaves it out."""
    if len(cells) > COLUMN_LIMIT:
        raise Invalid("header", f"has more than {COLUMN_LIMIT} columns")
    columns: list[str | None] = []
    for i, cell in enumerate(cells, start=1):
        name = column_name(cell)
        wanted = mapping.get(name, name)
        if wanted is None:
            columns.append(None)
            continue
        if not wanted or len(wanted) > NAME_LIMIT:
            raise BadColumn(i, f"must have a name of 1 to {NAME_LIMIT} characters")
        if wanted not in HEADERS and wanted.lower() in RESERVED:
            meant = [each for each in HEADERS if each.lower() == wanted.lower()]
            hint = f"write {meant[0]}" if meant else "give it another name"
            raise BadColumn(i, f"{wanted} is a reserved name: {hint}")
        column = HEADERS.get(wanted, f"embedded:{wanted}")
        if column.lower() in {each.lower() for each in columns if each is not None}:
            raise BadColumn(i, f"{wanted} is there twice")
        columns.append(column)
    if not any(column in HEADERS.values() for column in columns):
        raise Invalid("header", f"names none of {', '.join(HEADERS)}")
    return columns


def read_row(number: int, columns: Sequence[str | None], cells: list[str]) -> Row:
    """The cells by column; a row may have fewer cells than the header."""
    if len(cells) > len(columns):
        return Row(number, {}, f"has {len(cells)} cells, but the header has {len(columns)}")
    if max(map(len, cells)) > CELL_LIMIT or any(cell[:1] == "'" for cell in cells):
        cells = [cell[1:] if _MARKED.match(cell) else cell for cell in cells]
        if any(
            len(cell) > CELL_LIMIT and column is not None
            for column, cell in zip(columns, cells, strict=False)
        ):
            return Row(number, {}, f"a cell has more than {CELL_LIMIT} characters")
    fields: dict[str, Any] = {}
    pairs: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column is None:
            continue
        if column[:9] == "embedded:":
            pairs[column[9:]] = cell
        elif column == "unsubscribed":
            if cell.strip().lower() not in TRUTHS:
                return Row(number, {}, "Unsubscribed must be true or false")
            fields[column] = TRUTHS[cell.strip().lower()]
        else:
            fields[column] = cell
    fields["embedded_data"] = pairs
    return Row(number, fields)


def _json_rows(lines: Lines) -> Iterator[Row]:
    while True:
        number = lines.begin()
        try:
            line = next(lines)
        except StopIteration:
            return
        except TooLong:
            yield Row(number, {}, TOO_LONG)
            continue
        if line.strip():
            yield _json_row(number, line)


def _json_row(number: int, line: str) -> Row:
    try:
        raw = msgspec.json.decode(line.encode("utf-8", "surrogatepass"), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as problem:
        return Row(number, {}, f"is not a JSON object: {problem}")
    fields: dict[str, Any] = {}
    transaction: dict[str, Any] | None = None
    for name, value in raw.items():
        if name == "embeddedData" and isinstance(value, dict | None):
            fields["embedded_data"] = value or {}
        elif name == "transactionData" and isinstance(value, dict | None):
            transaction = value
        elif name == "unsubscribed" and not isinstance(value, bool | None):
            return Row(number, {}, "unsubscribed must be true or false")
        elif name in API_NAMES:
            fields[API_NAMES[name]] = value
        else:
            return Row(number, {}, f"{name[:60]} is unknown")
    return Row(number, fields, transaction=transaction)
