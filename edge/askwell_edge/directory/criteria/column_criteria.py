"""Criteria judged over columns of facts: all contacts of a batch at once, for all segments.

What a comparison says of a fact is asked of the reference evaluator, once for each count that
occurs and for each side of the instants that it names, and looked up for all the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from askwell_edge.directory.criteria.leaf_answers import Leaf, Leaves, is_own, leaves_of
from askwell_edge.directory.criteria.outcomes import (
    CountOutcomes,
    InstantOutcomes,
    with_instant,
    with_touchpoint,
)
from askwell_edge.directory.criteria.sql_measures import Measures, window_lengths
from askwell_edge.directory.criteria.sql_texts import NotInSql, days_ms
from askwell_edge.directory.criteria.tallies import DIGIT_BITS, MOST, NEVER, TIMELINE_END, Tallies
from askwell_edge.directory.criteria.timelines import Bools, Numbers
from askwell_edge.directory.criteria.timing import DAYS_COMPARISONS, leaves_with_windows
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES
from askwell_runtime.errors import CriteriaError

INSTANTS = ("createdAt", "lastModified")


@dataclass(slots=True)
class Columns:
    """Facts about contacts, who are the rows of arrays."""

    instants: dict[str, Numbers]  # of INSTANTS
    own: Numbers  # answers to `own` leaves: a row each, BITS of them in a number
    others: Numbers  # and to the `others`
    others_end: Numbers
    tallies: Mapping[str, Numbers]
    doubtful: Bools  # who is left to the reference
    answered: dict[str, Bools] = field(default_factory=dict)


Passes = Callable[[Columns], Bools]


class ColumnCriteria:
    """Segments' criteria as of an instant, and what must be known of contacts to judge by them.

    `own` leaves ask about the contact itself, `others` are the database's to answer.
    NotInSql when only the reference can judge.
    """

    def __init__(self, segments: Sequence[Mapping[Any, Any]], at: int, dialect: str) -> None:
        self._at = at
        leaves = [leaf for row in segments for leaf in leaves_of(row["criteria"])]
        self.own = Leaves(leaf for leaf in leaves if is_own(leaf))
        self.others = Leaves(leaf for leaf in leaves if not is_own(leaf) and not _in_columns(leaf))
        self._measures = Measures(dialect, at)
        self._instant_lengths: dict[str, set[int]] = {}
        for leaf in leaves:
            self._watch(leaf)
        self._segments = [(row["ordinal"], self._node(row["criteria"])) for row in segments]

    @property
    def tallies(self) -> Tallies:
        """What is asked of timelines."""
        return self._measures.tallies

    def judge(self, columns: Columns) -> tuple[Numbers, Numbers]:
        """Each contact's mask, and when time may next change it; NEVER if it cannot."""
        masks = np.zeros(len(columns.doubtful), np.int64)
        for ordinal, passes in self._segments:
            masks |= passes(columns).astype(np.int64) << ordinal
        ends = columns.others_end
        if TIMELINE_END in columns.tallies:
            ends = np.minimum(ends, columns.tallies[TIMELINE_END])
        for name, lengths in self._instant_lengths.items():
            instants = columns.instants[name]
            for length in lengths:
                left = np.where(instants > self._at - length, instants + length, NEVER)
                ends = np.minimum(ends, left)
        return masks, ends

    def _watch(self, leaf: Leaf) -> None:
        if not leaves_with_windows(leaf) or not _in_columns(leaf):
            return
        if leaf["field"] in INSTANTS:
            self._instant_lengths.setdefault(leaf["field"], set()).update(window_lengths(leaf))
        else:
            self._measures.watch(leaf)

    def _node(self, node: Mapping[str, Any]) -> Passes:
        if "op" not in node:
            return _once(repr(sorted(node.items())), self._leaf(node))
        parts = [self._node(item) for item in node["items"]]
        join = np.logical_and if node["op"] == "and" else np.logical_or
        return lambda columns: reduce(join, [part(columns) for part in parts])

    def _leaf(self, leaf: Leaf) -> Passes:
        if is_own(leaf):
            number, bit = self.own.place(leaf)
            return lambda columns: (columns.own[:, number] >> bit & 1).astype(bool)
        if not _in_columns(leaf):
            number, bit = self.others.place(leaf)
            return lambda columns: (columns.others[:, number] >> bit & 1).astype(bool)
        if leaf["field"] in INSTANTS:
            name, instant = leaf["field"], InstantOutcomes(leaf, self._at, with_instant)
            return lambda columns: instant.passes(columns.instants[name])
        return self._activity(leaf["field"].partition(".")[2], leaf)

    def _activity(self, name: str, leaf: Leaf) -> Passes:
        if name == "responseRate":
            one, other = (self._count(leaf, types) for types in (RESPONSES, INVITES))
            rates = CountOutcomes(leaf, self._at, [RESPONSES, INVITES])
            return lambda columns: rates.both_pass(one(columns), other(columns))
        if name in COUNTED:
            count, counts = (
                self._count(leaf, COUNTED[name]),
                CountOutcomes(leaf, self._at, (COUNTED[name],)),
            )
            return lambda columns: counts.pass_(count(columns))
        if leaf["cmp"] in DAYS_COMPARISONS:
            # Whether there was one lately, which is a count.
            lately = self._count(leaf, LAST[name], self._at - days_ms(leaf["value"]))
            counts = CountOutcomes(leaf, self._at, [LAST[name]])
            return lambda columns: counts.pass_(lately(columns))
        column = self._measures.last_of(leaf)
        instants = InstantOutcomes(leaf, self._at, with_touchpoint)
        return lambda columns: instants.passes(columns.tallies[column])

    def _count(
        self, leaf: Leaf, types: frozenset[str], since: int = 0
    ) -> Callable[[Columns], Numbers]:
        column, place = self._measures.count_of(leaf, types, since)
        return lambda columns: columns.tallies[column] >> place * DIGIT_BITS & MOST


def _in_columns(leaf: Leaf) -> bool:
    """Whether a leaf that is not the contact's own asks for what columns have."""
    head, _, name = leaf["field"].partition(".")
    if head == "activity":
        return name in COUNTED or name in LAST or name == "responseRate"
    return leaf["field"] in INSTANTS


def _once(key: str, passes: Passes) -> Passes:
    """The same, worked out once for each batch."""

    def answer(columns: Columns) -> Bools:
        if key not in columns.answered:
            columns.answered[key] = passes(columns)
        return columns.answered[key]

    return answer


def compiled(segments: Sequence[Mapping[Any, Any]], at: int, dialect: str) -> ColumnCriteria:
    """The same, and NotInSql for criteria that nothing can compile."""
    try:
        return ColumnCriteria(segments, at, dialect)
    except CriteriaError as problem:
        raise NotInSql(str(problem)) from problem
