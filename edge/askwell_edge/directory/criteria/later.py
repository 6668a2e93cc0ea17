"""Touchpoints that came after a timeline was packed: a trigger notes their numbers beside the pack.

So a new touchpoint costs neither the pack nor a look at all the others. When many are noted, they
are packed too.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, FromClause, Row, case, func

from askwell_edge.directory.criteria.timelines import Numbers, Pack, Timelines

DIGITS = 20  # of each number, with its comma
MANY = 8


def noted(timelines: FromClause) -> list[ColumnElement[Any]]:
    """What is noted of these rows of `timelines`, to be selected beside their packs."""
    columns = timelines.c
    there = columns.later.is_not(None)
    return [
        func.group_concat(case((there, columns.contact_id))).label("later_ids"),
        func.group_concat(case((there, columns.version))).label("later_versions"),
        func.group_concat(func.length(columns.later)).label("later_lengths"),
        func.group_concat(columns.later, "").label("later"),
    ]


def with_later(packed: Timelines, found: Row[Any]) -> Timelines:
    """Timelines with what is noted of them too, and packs of those with much of it."""
    if found.later_ids is None:
        return packed
    places = {each: place for place, each in enumerate(packed.contact_ids)}
    who = np.array([places.get(each, -1) for each in found.later_ids.split(",")], np.int64)
    counts = _numbers(found.later_lengths) // DIGITS
    here = who >= 0
    later = _numbers(found.later[:-1])[np.repeat(here, counts)]
    versions = _numbers(found.later_versions)[here]
    who, counts = who[here], counts[here]
    lengths = packed.lengths.copy()
    lengths[who] += counts
    after = np.repeat(np.cumsum(packed.lengths)[who], counts)
    entries = np.insert(packed.entries, after, later)
    ends = np.cumsum(lengths)
    packs = [
        Pack(
            packed.contact_ids[place],
            version,
            entries[ends[place] - lengths[place] : ends[place]].astype("<i8").tobytes(),
        )
        for place, version in zip(
            who[counts >= MANY].tolist(), versions[counts >= MANY].tolist(), strict=True
        )
    ]
    return replace(packed, lengths=lengths, entries=entries, packs=packed.packs + packs)


def _numbers(listed: str) -> Numbers:
    return np.fromstring(listed, np.int64, sep=",")
