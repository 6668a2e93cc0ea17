"""What criteria ask of timelines, added up for many contacts at once.

What a touchpoint is worth to a question depends on its kind and on which of the questions' windows
it is still in, and on nothing else: it is looked up in a table that is made once. The answers are
columns of whole numbers, of which a statement about contacts then knows the names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement

from askwell_edge.directory.criteria.timelines import (
    KIND_BITS,
    KIND_MASK,
    Kind,
    Numbers,
    Timelines,
)

DIGIT_BITS = 10
DIGITS = 6  # counts that one number has room for
MOST = (1 << DIGIT_BITS) - 1  # a contact with more touchpoints is in doubt
NEVER = 2**62
TIMELINE_END = "timeline_end"
DOUBTFUL = -1  # instead of every answer


def digit_of(sum: ColumnElement[Any], place: int) -> ColumnElement[int]:
    """The count at this place of a sum."""
    return sum.bitwise_rshift(place * DIGIT_BITS).bitwise_and(MOST)


class Tally(NamedTuple):
    """Which touchpoints count: their types, after which instant, and what they are about."""

    types: frozenset[str]
    since: int
    survey_id: str | None = None
    intercept_id: str | None = None

    def covers(self, kind: Kind) -> bool:
        """Whether touchpoints of a kind count, while they are in the window."""
        return (
            kind.type in self.types
            and self.survey_id in (None, kind.survey_id)
            and self.intercept_id in (None, kind.intercept_id)
        )


class Tallies:
    """Questions about timelines as of one instant; each is a column, or a place in one."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._counts: dict[Tally, int] = {}
        self._lasts: dict[Tally, int] = {}
        self._lengths: dict[str, set[int]] = {}
        self._tables: tuple[int, list[Numbers]] = (-1, [])  # for so many kinds

    def count(self, tally: Tally) -> tuple[str, int]:
        """Ask how many touchpoints count; the column's name, and the count's place in it."""
        number, place = divmod(self._counts.setdefault(tally, len(self._counts)), DIGITS)
        return f"timeline_sum_{number}", place

    def last(self, tally: Tally) -> str:
        """Ask for the instant of the last touchpoint that counts, 0 if none does."""
        return f"timeline_last_{self._lasts.setdefault(tally, len(self._lasts))}"

    def end(self, types: Iterable[str], lengths: Iterable[int]) -> str:
        """Ask when the first touchpoint of these types leaves a window so long; NEVER if none."""
        for type in types:
            self._lengths.setdefault(type, set()).update(lengths)
        return TIMELINE_END

    @property
    def columns(self) -> list[str]:
        """The names of the columns that were asked for."""
        sums = range(-(-len(self._counts) // DIGITS))
        lasts = range(len(self._lasts))
        end = [TIMELINE_END] if self._lengths else []
        return [*(f"timeline_sum_{n}" for n in sums), *(f"timeline_last_{n}" for n in lasts), *end]

    def rows(self, timelines: Timelines) -> list[tuple[str | int, ...]]:
        """Of each contact that has a timeline the id and these columns."""
        doubtful = (DOUBTFUL,) * len(self.columns)
        rows: list[tuple[str | int, ...]] = [(each, *doubtful) for each in timelines.uncountable]
        if timelines.contact_ids:
            answers = self._answers(timelines)
            for each in answers:
                each[timelines.lengths > MOST] = DOUBTFUL
            listed = (each.tolist() for each in answers)
            rows += zip(timelines.contact_ids, *listed, strict=True)
        return rows

    def columns_of(self, timelines: Timelines) -> dict[str, Numbers]:
        """These columns by name, of each of the timelines, of which some may be empty."""
        some = timelines.lengths > 0
        columns = {}
        for name in self.columns:
            nothing = NEVER if name == TIMELINE_END else 0
            columns[name] = np.full(len(some), nothing, np.int64)
        if some.any():
            filled = replace(timelines, lengths=timelines.lengths[some])
            for column, answer in zip(columns.values(), self._answers(filled), strict=True):
                column[some] = answer
        return columns

    def _answers(self, timelines: Timelines) -> list[Numbers]:
        """One array by contact for each column."""
        entries = timelines.entries
        edges = np.array(self._edges(), np.int64) << KIND_BITS | KIND_MASK
        place = (entries & KIND_MASK) * (len(edges) + 1) + np.searchsorted(edges, entries)
        starts = np.cumsum(timelines.lengths) - timelines.lengths
        answers = []
        for name, table in zip(self.columns, self._made(timelines.kinds), strict=True):
            worth = table[place]
            if name.startswith("timeline_sum"):
                answers.append(np.add.reduceat(worth, starts))
            elif name == TIMELINE_END:
                ends = np.where(worth, (entries >> KIND_BITS) + worth, NEVER)
                answers.append(np.minimum.reduceat(ends, starts))
            else:
                ats = (entries >> KIND_BITS) * worth
                answers.append(np.maximum.reduceat(ats, starts))
        return answers

    def _edges(self) -> list[int]:
        """After which instants a touchpoint is in one more window, the earliest first."""
        lengths = {length for each in self._lengths.values() for length in each}
        asked = {tally.since for tally in (*self._counts, *self._lasts)}
        return sorted(asked | {self._at - length for length in lengths})

    def _made(self, kinds: Sequence[Kind]) -> list[Numbers]:
        """The columns' tables, by kind and by how many edges a touchpoint is behind."""
        number, tables = self._tables
        if number != len(kinds):
            number, tables = self._tables = len(kinds), list(self._make(kinds))
        return tables

    def _make(self, kinds: Sequence[Kind]) -> Iterator[Numbers]:
        edges = {edge: stage for stage, edge in enumerate(self._edges(), 1)}
        shape = (len(kinds), len(edges) + 1)
        counts = list(self._counts)
        for start in range(0, len(counts), DIGITS):
            table = np.zeros(shape, np.int64)
            for place, tally in enumerate(counts[start : start + DIGITS]):
                table[_covered(tally, kinds), edges[tally.since] :] += 1 << place * DIGIT_BITS
            yield table.ravel()
        for tally in self._lasts:
            table = np.zeros(shape, np.int64)
            table[_covered(tally, kinds), edges[tally.since] :] = 1
            yield table.ravel()
        if self._lengths:
            table = np.zeros(shape, np.int64)
            for row, kind in zip(table, kinds, strict=True):
                for length in sorted(self._lengths.get(kind.type, ()), reverse=True):
                    row[edges[self._at - length] :] = length
            yield table.ravel()


def _covered(tally: Tally, kinds: Sequence[Kind]) -> list[int]:
    return [number for number, kind in enumerate(kinds) if tally.covers(kind)]
