"""Timelines as criteria count them: one number a touchpoint, of many contacts side by side.

`at << KIND_BITS | kind`, where a kind is a type and what it is about. On SQLite, which is slow to
visit single rows, each contact's numbers are kept packed in one; triggers throw a pack away with
the first touchpoint that comes, goes or moves, and the next rebuild packs anew.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.facts import COUNTED_TYPES
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import timelines, touchpoint_kinds, touchpoints

KIND_BITS = 20
KIND_MASK = (1 << KIND_BITS) - 1
END_OF_TIME = 1 << 63 - KIND_BITS  # the year 2248: what was later has no number

# Which contacts are meant, by their ids.
Chosen = Callable[[ColumnElement[str]], ColumnElement[bool]]
Numbers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Kind(NamedTuple):
    """What a criterion can tell touchpoints apart by, except for their instants."""

    type: str
    survey_id: str | None
    intercept_id: str | None


class Kinds:
    """Kinds and their numbers, from 0; whatever has none yet gets the next."""

    def __init__(self, known: Iterable[Kind] = ()) -> None:
        # By kind; a row of a kind's columns finds it too.
        self._numbers: dict[tuple[Any, ...], int] = {
            kind: number for number, kind in enumerate(known)
        }

        self._lock = Lock()  # lanes of a rebuild share them

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Kind]:
        return (Kind(*each) for each in list(self._numbers))

    def number(self, kind: tuple[Any, ...]) -> int:
        """The kind's number."""
        with self._lock:
            return self._numbers.setdefault(kind, len(self._numbers))


class Pack(NamedTuple):
    """A contact's numbers as they may be kept, while the timeline still has this version.

    `asked` and `answers` are what leaf_answers.py makes; None leaves what is kept as it is.
    """

    contact_id: str
    version: int
    entries: bytes | None
    asked: int | None = None
    answers: bytes | None = None


@dataclass(slots=True)
class Timelines:
    """The numbers of some contacts, one contact's after the other's, and how many each has.

    `uncountable` are contacts with touchpoints that have no number.
    """

    contact_ids: list[str] = field(default_factory=list)
    lengths: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    entries: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    kinds: Sequence[Kind] = ()
    uncountable: list[str] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)


async def known_kinds(conn: AsyncConnection) -> Kinds:
    """The kinds that packs are made with."""
    rows = await conn.execute(select(touchpoint_kinds).order_by(touchpoint_kinds.c.kind))
    return Kinds(Kind(row.type, row.survey_id, row.intercept_id) for row in rows)


async def read_timelines(
    conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
) -> Timelines:
    """The timelines of the chosen contacts that have any; `asked` are parameters of `chosen`."""
    found = await _read(conn, chosen, asked, kinds)
    found.kinds = tuple(kinds)
    return found


async def _read(
    conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
) -> Timelines:
    if conn.dialect.name != "sqlite":
        return await _from_touchpoints(conn, chosen, asked, kinds, {})
    unpacked = await conn.execute(_UNPACKED.where(chosen(timelines.c.contact_id)), asked)
    versions = {row.contact_id: row.version for row in unpacked}
    packed = await _from_packs(conn, chosen, asked)
    if not versions:
        return packed
    these = {"ids": sorted(versions)}
    fresh = await _from_touchpoints(conn, _listed, these, kinds, versions)
    return Timelines(
        packed.contact_ids + fresh.contact_ids,
        np.concatenate([packed.lengths, fresh.lengths]),
        np.concatenate([packed.entries, fresh.entries]),
        uncountable=fresh.uncountable,
        packs=fresh.packs,
    )


_UNPACKED = select(timelines.c.contact_id, timelines.c.version).where(timelines.c.entries.is_(None))


async def _from_packs(conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any]) -> Timelines:
    """All packs in one row: that many rows would take longer than what is done with them."""
    kept = (
        select(timelines.c.contact_id, timelines.c.entries)
        .where(chosen(timelines.c.contact_id), func.length(timelines.c.entries) > 0)
        .order_by(timelines.c.contact_id)
        .subquery()
    )
    joined = select(
        func.group_concat(kept.c.contact_id),
        func.group_concat(func.length(kept.c.entries)),
        cast(func.group_concat(kept.c.entries, ""), LargeBinary),
    )
    ids, lengths, entries = (await conn.execute(joined, asked)).one()
    if ids is None:
        return Timelines()
    return Timelines(
        ids.split(","),
        np.array(lengths.split(","), np.int64) // 8,
        np.frombuffer(entries, "<i8"),
    )


async def _from_touchpoints(
    conn: AsyncConnection,
    chosen: Chosen,
    asked: Mapping[str, Any],
    kinds: Kinds,
    versions: dict[str, int],
) -> Timelines:
    """Made from the touchpoints themselves; packs of those contacts of which there is a version."""
    columns = touchpoints.c
    wanted = (
        select(
            columns.contact_id, columns.at, columns.type, columns.survey_id, columns.intercept_id
        )
        .where(chosen(columns.contact_id), columns.type.in_(COUNTED_TYPES), columns.test.is_(False))
        .order_by(columns.contact_id, columns.at)
    )
    rows = (await conn.execute(wanted, asked)).all()
    # Beside the event loop, where pages wait for their answers.
    made = await asyncio.to_thread(_numbered, rows, kinds) if rows else Timelines()
    if versions:
        made.packs = _packs(made, versions)
    return made


def _numbered(rows: Sequence[Sequence[Any]], kinds: Kinds) -> Timelines:
    """Rows of `contact_id` and `at`, in this order, and what a kind is made of."""
    owners, instants, *about = zip(*rows, strict=True)
    named = list(zip(*about, strict=True))
    numbers = {kind: kinds.number(kind) for kind in set(named)}
    ats = np.array(instants, np.int64)
    kind = np.fromiter(map(numbers.__getitem__, named), np.int64, len(named))
    contact_ids, lengths = [], []
    for contact_id, theirs in groupby(owners):
        contact_ids.append(contact_id)
        lengths.append(sum(1 for _ in theirs))
    made = Timelines(contact_ids, np.array(lengths, np.int64), ats << KIND_BITS | kind)
    without_number = (ats <= 0) | (ats >= END_OF_TIME) | (kind > KIND_MASK)
    if without_number.any():
        owner = np.repeat(np.arange(len(contact_ids)), lengths)
        _leave_out(made, owner, sorted(set(owner[without_number].tolist())))
    return made


def _leave_out(made: Timelines, owner: Numbers, strange: Sequence[int]) -> None:
    """Call these contacts, of which each entry's owner is one, uncountable."""
    made.uncountable = [made.contact_ids[n] for n in strange]
    made.contact_ids = np.delete(made.contact_ids, strange).tolist()
    made.lengths = np.delete(made.lengths, strange)
    made.entries = made.entries[~np.isin(owner, strange)]


def _packs(made: Timelines, versions: dict[str, int]) -> list[Pack]:
    """Of these contacts each one's pack; it is empty where nothing is left of a timeline."""
    ends = np.cumsum(made.lengths)
    packs = {
        contact_id: made.entries[end - length : end].astype("<i8").tobytes()
        for contact_id, length, end in zip(made.contact_ids, made.lengths, ends, strict=True)
    }
    sound = versions.keys() - set(made.uncountable)
    return [Pack(each, versions[each], packs.get(each, b"")) for each in sorted(sound)]


def _listed(contact_id: ColumnElement[str]) -> ColumnElement[bool]:
    return one_of(contact_id, bindparam("ids", type_=Texts()))
