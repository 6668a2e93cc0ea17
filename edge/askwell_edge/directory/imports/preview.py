"""A glance at a file before it is imported: its columns, its first rows, what columns may mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.imports.tables_in import (
    CELL_LIMIT,
    COLUMN_LIMIT,
    HEADERS,
    Format,
    column_name,
    lines_of,
    read_rows,
)

ROWS = 5
SHOWN_CELL = 80

# How people call the fields, letters alone.
ALIASES: Mapping[str, str] = {
    "givenname": "FirstName",
    "forename": "FirstName",
    "surname": "LastName",
    "familyname": "LastName",
    "emailaddress": "Email",
    "mail": "Email",
    "phonenumber": "Phone",
    "telephone": "Phone",
    "mobile": "Phone",
    "lang": "Language",
    "locale": "Language",
    "reference": "ExternalDataReference",
    "extref": "ExternalDataReference",
    "externalreference": "ExternalDataReference",
    "externalid": "ExternalDataReference",
    "customerid": "ExternalDataReference",
    "userid": "ExternalDataReference",
    "optedout": "Unsubscribed",
    **{name.lower(): name for name in HEADERS},
}


@dataclass(frozen=True, slots=True)
class Glance:
    """`columns` is empty for JSON lines, whose names are fixed."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def glance(chunks: Iterable[bytes], format: Format) -> Glance:
    """The header and the first rows, as they stand in the file."""
    if format == "jsonl":
        rows = islice(read_rows(chunks, format), ROWS)
        return Glance(
            (), [[row.problem or ", ".join(map(_pair, row.fields.items()))] for row in rows]
        )
    first = list(islice(lines_of(chunks, format), ROWS + 1))
    if first and first[0][2] is not None:
        raise Invalid("file", f"header: {first[0][2]}")
    # A row that an import would refuse is not shown.
    cells = [row for _, row, problem in first if problem is None and any(map(str.strip, row))]
    if not cells:
        raise Invalid("file", "is empty; it needs a header and rows")
    header = [column_name(cell)[:CELL_LIMIT] for cell in cells[0]]
    if len(header) > COLUMN_LIMIT:
        raise Invalid("file", f"has more than {COLUMN_LIMIT} columns")
    if len(set(header)) < len(header):
        raise Invalid("file", "has two columns of one name; give each its own")
    return Glance(header, [[_cut(cell) for cell in row] for row in cells[1:]])


def meant_by(column: str) -> str:
    """The field that a column of this name is likely to be; empty when it is none of them."""
    return ALIASES.get("".join(each for each in column.lower() if each.isalpha()), "")


def _cut(cell: str) -> str:
    return cell if len(cell) <= SHOWN_CELL else cell[:SHOWN_CELL] + "…"


def _pair(pair: tuple[str, object]) -> str:
    return _cut(f"{pair[0]}: {pair[1]}")
