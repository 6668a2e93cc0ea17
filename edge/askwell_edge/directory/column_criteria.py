"""Criteria judged over columns of facts: all contacts of a batch at once, for all segments.

What a comparison says of a fact is asked of the reference evaluator, once for each count that
occurs and for each side of the instants that it names, and looked up for all the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from askwell_edge.directory.leaf_answers import Leaf, Leaves, is_own, leaves_of
from askwell_edge.directory.sql_measures import Measures, window_lengths
from askwell_edge.directory.sql_texts import NotInSql, days_ms
from askwell_edge.directory.tallies import DIGIT_BITS, MOST, NEVER, TIMELINE_END, Tallies
from askwell_edge.directory.timelines import Numbers
from askwell_edge.directory.timing import DAYS_COMPARISONS, leaves_with_windows
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES, Touchpoint
from askwell_runtime.criterion import expected_instant
from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import ContactFacts, compile_criteria

Bools = npt.NDArray[np.bool_]
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
            name, instant = leaf["field"], _Instants(leaf, self._at, _with_instant)
            return lambda columns: instant.passes(columns.instants[name])
        return self._activity(leaf["field"].partition(".")[2], leaf)

    def _activity(self, name: str, leaf: Leaf) -> Passes:
        if name == "responseRate":
            one, other = (self._count(leaf, types) for types in (RESPONSES, INVITES))
            rates = _Counts(leaf, self._at, [RESPONSES, INVITES])
            return lambda columns: rates.both_pass(one(columns), other(columns))
        if name in COUNTED:
            count, counts = (
                self._count(leaf, COUNTED[name]),
                _Counts(leaf, self._at, (COUNTED[name],)),
            )
            return lambda columns: counts.pass_(count(columns))
        if leaf["cmp"] in DAYS_COMPARISONS:
            # Whether there was one lately, which is a count.
            lately = self._count(leaf, LAST[name], self._at - days_ms(leaf["value"]))
            counts = _Counts(leaf, self._at, [LAST[name]])
            return lambda columns: counts.pass_(lately(columns))
        column = self._measures.last_of(leaf)
        instants = _Instants(leaf, self._at, _with_touchpoint)
        return lambda columns: instants.passes(columns.tallies[column])

    def _count(
        self, leaf: Leaf, types: frozenset[str], since: int = 0
    ) -> Callable[[Columns], Numbers]:
        column, place = self._measures.count_of(leaf, types, since)
        return lambda columns: columns.tallies[column] >> place * DIGIT_BITS & MOST


class _Counts:
    """What the reference says of so many touchpoints of these types, asked once for each count."""

    def __init__(self, leaf: Leaf, at: int, types: Sequence[frozenset[str]]) -> None:
        self._criteria = compile_criteria(leaf)
        self._at = at
        self._each = [
            Touchpoint(
                at=at,
                type=min(each),
                survey_id=leaf.get("surveyId"),
                intercept_id=leaf.get("interceptId"),
                signals=0,
            )
            for each in types
        ]
        self._table = np.zeros(0, bool)
        self._pairs: dict[int, bool] = {}

    def pass_(self, counts: Numbers) -> Bools:
        """Whether each of these counts passes."""
        most, table = int(counts.max(initial=0)), self._table
        if most >= len(table):
            more = [self._ask([n]) for n in range(len(table), most + 1)]
            self._table = table = np.append(table, more)
        return table[counts]

    def both_pass(self, one: Numbers, other: Numbers) -> Bools:
        """Whether these two counts pass together."""
        pairs, places = np.unique(one << DIGIT_BITS | other, return_inverse=True)
        for pair in pairs.tolist():
            if pair not in self._pairs:
                self._pairs[pair] = self._ask([pair >> DIGIT_BITS, pair & MOST])
        return np.array([self._pairs[pair] for pair in pairs.tolist()], bool)[places]

    def _ask(self, counts: Sequence[int]) -> bool:
        touches = [
            each for count, each in zip(counts, self._each, strict=True) for _ in range(count)
        ]
        return self._criteria(_facts(touchpoints=touches), self._at)


class _Instants:
    """What the reference says of an instant, asked once on each side of those that a leaf names."""

    def __init__(self, leaf: Leaf, at: int, facts: Callable[[Leaf, int], ContactFacts]) -> None:
        # Whether it is in a period is known of an instant already.
        plain = {name: each for name, each in leaf.items() if name != "withinDays"}
        criteria = compile_criteria(plain)
        named = _named_instants(leaf, at)
        self._edges = np.array(
            sorted({edge for each in named for edge in (each, each + 1)}), np.int64
        )
        first = int(self._edges[0]) - 1 if named else at
        self._outcomes = np.array(
            [criteria(facts(leaf, each), at) for each in (first, *self._edges.tolist())]
        )
        self._absent = criteria(_facts(), at)

    def passes(self, instants: Numbers) -> Bools:
        """Whether each passes; 0 stands for none."""
        found = self._outcomes[np.searchsorted(self._edges, instants, "right")]
        return np.where(instants == 0, self._absent, found)


def _named_instants(leaf: Leaf, at: int) -> list[int]:
    value = leaf.get("value")
    if leaf["cmp"] in DAYS_COMPARISONS:
        return [at - days_ms(leaf["value"])]
    if value is None:
        return []
    return [expected_instant(each) for each in (value if isinstance(value, list) else [value])]


def _facts(
    created_at: int = 0, modified_at: int = 0, touchpoints: Sequence[Touchpoint] = ()
) -> ContactFacts:
    return ContactFacts(
        fields={},
        embedded_data={},
        created_at=created_at,
        modified_at=modified_at,
        unsubscribed=False,
        lists={},
        touchpoints=touchpoints,
        transactions=(),
    )


def _with_instant(leaf: Leaf, instant: int) -> ContactFacts:
    return _facts(created_at=instant, modified_at=instant)


def _with_touchpoint(leaf: Leaf, instant: int) -> ContactFacts:
    one = Touchpoint(
        at=instant,
        type=min(LAST[leaf["field"].partition(".")[2]]),
        survey_id=leaf.get("surveyId"),
        intercept_id=leaf.get("interceptId"),
        signals=0,
    )
    return _facts(touchpoints=[one])


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
