"""Segments' criteria compiled, and what they say of a contact as one mask of bits."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import ContactFacts, compile_criteria

Criteria = Callable[[ContactFacts, int], bool]


def compile_all(rows: Sequence[Mapping[Any, Any]]) -> list[tuple[int, Criteria | None]]:
    """Each segment's bit and its compiled criteria; None where they cannot be compiled."""
    compiled: list[tuple[int, Criteria | None]] = []
    for row in rows:
        try:
            compiled.append((row["ordinal"], compile_criteria(row["criteria"])))
        except CriteriaError:
            compiled.append((row["ordinal"], None))
    return compiled


def mask_of(compiled: Sequence[tuple[int, Criteria | None]], facts: ContactFacts, at: int) -> int:
    """Bit n is set when the contact is in the segment whose ordinal is n."""
    return sum(
        1 << ordinal
        for ordinal, criteria in compiled
        if criteria is not None and criteria(facts, at)
    )
