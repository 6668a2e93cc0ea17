"""What was found about a batch of contacts, put together from rows of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sqlalchemy import Row, func

from askwell_edge.directory.criteria.column_criteria import INSTANTS
from askwell_edge.directory.criteria.later import with_later
from askwell_edge.directory.criteria.leaf_answers import Answers
from askwell_edge.directory.criteria.tallies import NEVER
from askwell_edge.directory.criteria.timelines import Bools, Kinds, Numbers, Pack, Timelines
from askwell_edge.store.tables import memberships

NOBODY = -1  # instead of when a membership was built, where there is none
STALE = -1  # instead of a timeline's length, where none is packed
# What memberships say: mask, next change (NEVER if there is none), when it was built.
KNOWN = (
    func.coalesce(memberships.c.mask, 0),
    func.coalesce(memberships.c.next_change_at, NEVER),
    func.coalesce(memberships.c.built_at, NOBODY),
)


@dataclass(slots=True)
class Found:
    """Facts about contacts, and what their memberships say; rows of arrays are contacts."""

    contact_ids: list[str]
    timelines: Timelines  # of each of them, in this order
    own: Numbers  # INSTANTS, then answers
    others: Sequence[Answers]  # none if nothing else was asked
    known: Numbers  # KNOWN
    uncountable: Bools
    packs: list[Pack] = field(default_factory=list)  # what to keep


def numbers(rows: Sequence[Sequence[int]], width: int) -> Numbers:
    """Rows as an array, whose width has to be told where there are none."""
    return np.array(rows, np.int64) if rows else np.zeros((0, width), np.int64)


def _aligned(read: Timelines, ids: Sequence[str]) -> Timelines:
    """These contacts' timelines, in this order; empty ones where there are none."""
    places = {each: place for place, each in enumerate(read.contact_ids)}
    there = np.array([places.get(each, -1) for each in ids], np.int64)
    lengths = np.append(read.lengths, 0)[there]
    starts = np.append(np.cumsum(read.lengths) - read.lengths, 0)[there]
    ends = np.cumsum(lengths)
    taken = np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1] if len(ids) else 0)
    return Timelines(list(ids), lengths, read.entries[taken], read.kinds)


def together(
    rows: Sequence[Sequence[Any]],
    answered: Mapping[str, Answers],
    others: Sequence[Answers],
    read: Timelines,
) -> Found:
    """Facts from rows of id, INSTANTS and KNOWN, from answers by id, and from timelines."""
    ids = [row[0] for row in rows]
    own = numbers([(*row[1:3], *answered[row[0]].bits) for row in rows], len(INSTANTS))
    known = numbers([row[3:] for row in rows], len(KNOWN))
    strange = set(read.uncountable)
    uncountable = np.fromiter((each in strange for each in ids), bool, len(ids))
    return Found(ids, _aligned(read, ids), own, others, known, uncountable)


def packs(
    found: Found, versions: Sequence[Sequence[Any]], packs: Sequence[Pack], asked: int
) -> list[Pack]:
    """What may be kept of these contacts; who has no version yet gets the first by it."""
    version = dict(map(tuple, versions))
    entries = {each.contact_id: each.entries for each in packs}
    rows = found.own.astype("<i8")
    return [
        Pack(each, version.get(each, 0), entries.get(each), asked, row.tobytes())
        for each, row in zip(found.contact_ids, rows, strict=True)
    ]


def with_timelines(found: Found, ids: Sequence[str], read: Timelines) -> Found:
    """The same with these contacts' timelines as they were read, which are to be kept."""
    theirs, now = found.timelines, set(ids)
    there = np.fromiter((each not in now for each in theirs.contact_ids), bool)
    joined = Timelines(
        [each for each in theirs.contact_ids if each not in now] + read.contact_ids,
        np.concatenate([theirs.lengths[there], read.lengths]),
        np.concatenate([theirs.entries, read.entries]),
        read.kinds,
    )
    strange = set(read.uncountable)
    uncountable = np.fromiter((each in strange for each in found.contact_ids), bool)
    uncountable |= found.uncountable
    return replace(
        found,
        timelines=_aligned(joined, found.contact_ids),
        uncountable=uncountable,
        packs=found.packs + read.packs,
    )


def with_answers(
    found: Found,
    instants: Sequence[str | None],
    answered: Mapping[str, Answers],
    versions: Mapping[str, str],
    asked: int,
) -> Found:
    """The same with ids and INSTANTS of contacts, and their answers, which are to be kept.

    `versions` are of all who had no answers; of whom there are none now, nothing is certain.
    """
    names, *columns = (each.split(",") if each else [] for each in instants)
    there = {each: place for place, each in enumerate(found.contact_ids)}
    wanted = there.keys() & versions.keys()
    rows_by_id = {
        each: (*map(int, about), *answered[each].bits)
        for each, *about in zip(names, *columns, strict=True)
        if each in wanted
    }
    uncountable = found.uncountable.copy()
    uncountable[[there[each] for each in wanted - rows_by_id.keys()]] = True
    if not rows_by_id:
        return replace(found, uncountable=uncountable)
    ids, rows = list(rows_by_id), np.array(list(rows_by_id.values()), np.int64)
    found.own[[there[each] for each in ids]] = rows
    kept = [
        Pack(each, int(versions[each]), None, asked, row.tobytes())
        for each, row in zip(ids, rows.astype("<i8"), strict=True)
    ]
    return replace(found, packs=found.packs + kept, uncountable=uncountable)


def unpacked(facts: Row[Any], said: Row[Any], width: int, kinds: Kinds) -> tuple[Found, list[str]]:
    """What is in these rows about contacts who are in both; `width` numbers are answers.

    With those whose timelines are yet to be read, and empty until then.
    """
    ids = facts.ids.split(",") if facts.ids else []
    lengths = np.fromstring(facts.lengths or "", np.int64, sep=",")
    stale = lengths == STALE
    lengths = np.where(stale, 0, lengths // 8)
    numbers = np.frombuffer(facts.numbers or b"", "<i8")
    starts = np.cumsum(lengths + width) - lengths - width
    answers = starts[:, None] + np.arange(width)
    is_entry = np.ones(len(numbers), bool)
    is_entry[answers] = False
    own, entries = numbers[answers], numbers[is_entry]
    members = said[0].split(",") if said[0] else []
    texts: Sequence[str | None] = said[1:]
    known = np.stack([np.fromstring(each or "", np.int64, sep=",") for each in texts], axis=1)
    if members != ids:
        places = {each: place for place, each in enumerate(members)}
        member = np.fromiter((each in places for each in ids), bool, len(ids))
        entries, own = entries[np.repeat(member, lengths)], own[member]
        lengths, stale = lengths[member], stale[member]
        ids = [each for each in ids if each in places]
        known = known[[places[each] for each in ids]]
    found = with_later(Timelines(ids, lengths, entries, tuple(kinds)), facts)
    left = [ids[place] for place in np.flatnonzero(stale).tolist()]
    return Found(ids, found, own, (), known, np.zeros(len(ids), bool), found.packs), left
