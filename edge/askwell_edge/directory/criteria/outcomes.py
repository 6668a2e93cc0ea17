"""What the reference evaluator says of counts and instants: asked once, then looked up."""

from collections.abc import Callable, Sequence

import numpy as np

from askwell_edge.directory.criteria.leaf_answers import Leaf
from askwell_edge.directory.criteria.sql_texts import days_ms
from askwell_edge.directory.criteria.tallies import DIGIT_BITS, MOST
from askwell_edge.directory.criteria.timelines import Bools, Numbers
from askwell_edge.directory.criteria.timing import DAYS_COMPARISONS
from askwell_runtime.activity import LAST, Touchpoint
from askwell_runtime.criterion import expected_instant
from askwell_runtime.segment import ContactFacts, compile_criteria


class CountOutcomes:
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


class InstantOutcomes:
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


def with_instant(leaf: Leaf, instant: int) -> ContactFacts:
    return _facts(created_at=instant, modified_at=instant)


def with_touchpoint(leaf: Leaf, instant: int) -> ContactFacts:
    one = Touchpoint(
        at=instant,
        type=min(LAST[leaf["field"].partition(".")[2]]),
        survey_id=leaf.get("surveyId"),
        intercept_id=leaf.get("interceptId"),
        signals=0,
    )
    return _facts(touchpoints=[one])
