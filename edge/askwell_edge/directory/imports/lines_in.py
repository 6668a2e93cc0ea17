"""Lines of a file with a bound on each row: what is longer is skipped, never held in memory."""

import codecs
import io
import re
from collections.abc import Iterable
from typing import Any

from askwell_edge.access.refusals import Invalid

ROW_LIMIT = 1 << 20
_PIECE = 1 << 16

# Up to a quote that is not doubled.
_QUOTED = re.compile(r'[^"]*(?:""[^"]*)*')


class TooLong(Exception):
    """The row has more than `ROW_LIMIT` characters; the next line is the one after it."""


class _Stream(io.RawIOBase):
    """Chunks of bytes as a file that can only be read onward."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = bytes(chunk)
        count = min(len(target), len(self._rest))
        target[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


class Lines:
    """Text lines with their ends as they are; UTF-8 unless a byte order mark says UTF-16.

    `number` is the last line's, from 1. Whoever reads says where a row begins with `begin`; with
    a `separator` its quotes may hold line ends, as in CSV.
    """

    def __init__(self, chunks: Iterable[bytes], separator: str | None = None) -> None:
        buffered = io.BufferedReader(_Stream(chunks))
        mark = buffered.peek(2)[:2]
        encoding = "utf-16" if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
        self._text = io.TextIOWrapper(buffered, encoding=encoding, newline="")
        self._separator = separator
        self._ahead = ""
        self._size = 0
        self.number = 0

    def begin(self) -> int:
        """The next line is the first of a row; its number."""
        self._size = 0
        return self.number + 1

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._read(ROW_LIMIT)
        if not line:
            raise StopIteration
        self.number += 1
        before, self._size = self._size, self._size + len(line)
        if self._size >= ROW_LIMIT:
            self._skip(line, inside=before > 0)
            raise TooLong
        return line

    def _read(self, limit: int) -> str:
        """The next line, or as much of it as `limit` says; its end is never parted."""
        try:
            piece, self._ahead = self._ahead, ""
            if piece != "\r":
                piece += self._text.readline(limit - len(piece))
            if piece[-1:] == "\r" and (len(piece) == limit or piece == "\r"):
                following = self._text.readline(1)
                if following == "\n":
                    return piece + following
                self._ahead = following
        except UnicodeError:
            raise Invalid("file", "is not UTF-8 text; save it as UTF-8") from None
        return piece

    def _skip(self, piece: str, *, inside: bool) -> None:
        """Read on to the end of the row, of which `piece` has been read; `inside` quotes or not."""
        first, end = self.number, _RowEnd(self._separator, inside=inside)
        while True:
            reached = end.reached(piece)
            if end.broken and (inside or self.number > first):
                break
            if reached:
                return
            whole = piece.endswith(("\n", "\r"))
            piece = self._read(_PIECE)
            if not piece and not end.inside:
                return
            if not piece:
                break
            self.number += whole
        # What follows was read as part of one cell, and cannot be told from rows.
        raise Invalid("file", f"a quote that opens near row {first} is not closed")


class _RowEnd:
    """Looks for a row's end piece by piece, where quotes are as in CSV if there is a separator."""

    def __init__(self, separator: str | None, *, inside: bool) -> None:
        self._separator = separator
        self._next = re.compile(r"[\r\n]" if separator is None else rf'[\r\n]|{separator}"')
        self._carry = "" if inside or separator is None else separator
        self._inside = inside
        self.broken = False  # a quote closed, and neither a separator nor the row's end followed

    @property
    def inside(self) -> bool:
        """Whether a quote is open after what was read."""
        return self._inside and self._carry != '"'

    def reached(self, piece: str) -> bool:
        """Whether the row ends in this piece, which holds one line at most."""
        text, at = self._carry + piece, 0
        self._carry = ""
        while True:
            if self._inside:
                at = _QUOTED.match(text, at).end()  # type: ignore[union-attr]  # matches anything
                if at >= len(text) - 1:
                    self._carry = text[at:]  # a last quote may be the first of two
                    return False
                at += 1
                self._inside = False
                self.broken = text[at] not in f"\r\n{self._separator}"
            found = self._next.search(text, at)
            if found is None:
                self._carry = text[-1:] if text[-1:] == self._separator else ""
                return False
            if found.group() in "\r\n":
                return True
            self._inside, at = True, found.end()
