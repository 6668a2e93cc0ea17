"""Ordinary rows of a table made ready column by column: each step is one for a thousand cells.

A row with anything that needs a closer look gets it in `import_rows`, and so do all of a table
whose header needs one. What comes of it is the same.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from askwell_edge.directory.contacts.fields import (
    KEYS,
    PLAIN_ADDRESS,
    TEXTS,
    VALUE_LIMIT,
    is_plain_address,
    is_plain_name,
    phone_key,
    search_key,
)
from askwell_edge.directory.imports.rows import VALUES, Batch, Values, take_row
from askwell_edge.directory.imports.tables_in import TRUTHS, Line, read_row

EMBEDDED = "embedded:"
_PLAIN_ADDRESSES = re.compile(rf"(?:(?>{PLAIN_ADDRESS})?\n)*+")

Cells = Sequence[str]


class ReadyTable:
    """Makes lines of a table with this header ready."""

    def __init__(self, columns: Sequence[str | None]) -> None:
        self._columns = columns
        self._places = {column: i for i, column in enumerate(columns) if column is not None}
        self._pairs = {
            column.removeprefix(EMBEDDED): i
            for column, i in self._places.items()
            if column.startswith(EMBEDDED)
        }
        named = any(column in TEXTS for column in self._places)
        self._plain = named and all(map(is_plain_name, self._pairs))

    def ready(self, lines: Sequence[Line]) -> Batch:
        """These lines as `import_rows.ready_row` would make them, in their order."""
        width = len(self._columns)
        odd = {
            n
            for n, (_, cells, problem) in enumerate(lines)
            if problem is not None or len(cells) > width or not self._plain
        }
        plain = self._plain_rows(lines, odd)
        if not odd:
            return Batch(plain, [])
        batch, rest = Batch([], []), iter(plain)
        for n, (number, cells, problem) in enumerate(lines):
            if n not in odd:
                batch.rows.append(next(rest))
            elif problem is not None:
                batch.refused.append((number, problem))
            else:
                take_row(batch, read_row(number, self._columns, cells))
        return batch

    def _plain_rows(self, lines: Sequence[Line], odd: set[int]) -> list[Values]:
        """The lines that are ordinary; the numbers of all others are put into `odd`."""
        while True:
            these = [n for n in range(len(lines)) if n not in odd] if odd else range(len(lines))
            by_column = self._by_column([lines[n][1] for n in these])
            found = self._odd_in(by_column)
            if not found:
                return self._values(by_column) if these else []
            odd.update(these[n] for n in found)

    def _by_column(self, rows: list[list[str]]) -> list[Cells]:
        width = len(self._columns)
        if set(map(len, rows)) - {width}:
            rows = [row + [""] * (width - len(row)) for row in rows]
        return list(zip(*rows, strict=True)) or [()] * width

    def _odd_in(self, by_column: list[Cells]) -> set[int]:
        """Which rows hold something that needs a closer look."""
        odd: set[int] = set()
        for column, i in self._places.items():
            cells = by_column[i]
            if column == "unsubscribed":
                odd.update(n for n, truth in enumerate(map(_truth, cells)) if truth is None)
                continue
            odd |= _odd_texts(cells, TEXTS[column][1] if column in TEXTS else VALUE_LIMIT)
            if column == "email":
                odd |= _odd_addresses(cells)
        texts = [by_column[i] for column, i in self._places.items() if column in TEXTS]
        if all(map(_has_blanks, texts)):
            rows = map("".join, zip(*texts, strict=True))
            odd.update(n for n, together in enumerate(rows) if not together.strip())
        return odd

    def _values(self, by_column: list[Cells]) -> list[Values]:
        made: dict[str, Iterable[Any]] = dict.fromkeys(VALUES, repeat(None))
        for column in TEXTS:
            if column in self._places:
                cells = by_column[self._places[column]]
                made[column] = _without_blanks(column, cells) if _has_blanks(cells) else cells
                if column in KEYS:
                    made[KEYS[column][0]] = _KEYS[column](cells)
        made["embedded_data"] = self._embedded(by_column)
        opts_out = self._places.get("unsubscribed")
        truths = repeat(False) if opts_out is None else map(_truth, by_column[opts_out])
        made["unsubscribed"] = truths
        return list(zip(*made.values(), strict=False))

    def _embedded(self, by_column: list[Cells]) -> Iterable[str]:
        """Each row's pairs as JSON, without those that are empty."""
        written = []
        for name, i in self._pairs.items():
            cells = by_column[i]
            known = {each: f"{json.dumps(name)}: {json.dumps(each)}" for each in set(cells) if each}
            written.append([known.get(each) for each in cells])
        if not written:
            return repeat("{}")
        return ["{" + ", ".join(filter(None, pairs)) + "}" for pairs in zip(*written, strict=True)]


def _odd_texts(cells: Cells, limit: int) -> set[int]:
    # What is printable has no control characters and no surrogates.
    together = "".join(cells)
    if together.isprintable() and "'" not in together and max(map(len, cells), default=0) <= limit:
        return set()
    return {
        n
        for n, cell in enumerate(cells)
        if cell[:1] == "'" or len(cell) > limit or not cell.isprintable()
    }


def _odd_addresses(cells: Cells) -> set[int]:
    if _PLAIN_ADDRESSES.fullmatch("\n".join((*cells, "")).lower()):
        return set()
    return {n for n, each in enumerate(cells) if each and not is_plain_address(each)}


def _has_blanks(cells: Cells) -> bool:
    return not all(cells) or any(map(str.isspace, cells))


@lru_cache(maxsize=64)
def _truth(cell: str) -> bool | None:
    """Whether the row opts out; None where the cell says neither."""
    said = cell.strip().lower()
    return bool(TRUTHS[said]) if said in TRUTHS else None


def _without_blanks(column: str, cells: Cells) -> list[str | None]:
    # A reference is compared byte for byte, so nothing about it is touched, not even blanks.
    if column == "external_reference":
        return [cell or None for cell in cells]
    return [cell if cell.strip() else None for cell in cells]


def _address_keys(cells: Cells) -> list[str | None]:
    return [each or None for each in "\n".join(cells).lower().split("\n")]


def _name_keys(cells: Cells) -> Iterable[str | None]:
    together = "\n".join(cells)
    if together.isascii():
        return [" ".join(each.split()) or None for each in together.lower().split("\n")]
    return map(search_key, cells)


def _phone_keys(cells: Cells) -> Iterable[str | None]:
    return map(phone_key, cells)


_KEYS: dict[str, Callable[[Cells], Iterable[str | None]]] = {
    "email": _address_keys,
    "phone": _phone_keys,
    "first_name": _name_keys,
    "last_name": _name_keys,
}
