"""Timelines read: from packs as far as there are any, else from the touchpoints themselves."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, LargeBinary, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.facts import COUNTED_TYPES
from askwell_edge.directory.criteria.later import noted, with_later
from askwell_edge.directory.criteria.timelines import (
    END_OF_TIME,
    KIND_BITS,
    KIND_MASK,
    Chosen,
    Kinds,
    Numbers,
    Pack,
    Timelines,
)
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import timelines, touchpoints


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
        packs=packed.packs + fresh.packs,
    )


_UNPACKED = select(timelines.c.contact_id, timelines.c.version).where(timelines.c.entries.is_(None))


async def _from_packs(conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any]) -> Timelines:
    """All packs in one row: that many rows would take longer than what is done with them."""
    kept = (
        select(timelines)
        .where(
            chosen(timelines.c.contact_id),
            (func.length(timelines.c.entries) > 0) | timelines.c.later.is_not(None),
        )
        .order_by(timelines.c.contact_id)
        .subquery()
    )
    joined = select(
        func.group_concat(kept.c.contact_id).label("ids"),
        func.group_concat(func.length(kept.c.entries)).label("lengths"),
        cast(func.group_concat(kept.c.entries, ""), LargeBinary).label("entries"),
        *noted(kept),
    )
    found = (await conn.execute(joined, asked)).one()
    if found.ids is None:
        return Timelines()
    packed = Timelines(
        found.ids.split(","),
        np.array(found.lengths.split(","), np.int64) // 8,
        np.frombuffer(found.entries or b"", "<i8"),
    )
    return with_later(packed, found)


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
