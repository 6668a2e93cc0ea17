"""The full rebuild: every contact of a directory evaluated, in small transactions."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Integer, Select, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.choosing import between
from askwell_edge.directory.criteria.masks import compile_all
from askwell_edge.directory.segments.counting import member_counts
from askwell_edge.directory.segments.lanes import Batch, Sweep, in_lanes
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.store.directory_keys import within
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts, segment_sizes, segments

RANGE = 10_000  # contacts that are judged in one statement
DAY_MS = 24 * 60 * 60 * 1000


class Progress(Protocol):
    """Told after every range how many contacts are done."""

    def __call__(self, done: int) -> None: ...


async def rebuild(
    store: Store, directory_id: str, at: int, *, progress: Progress | None = None
) -> int:
    """Evaluate all contacts as of `at`, then call the segments ready; how many contacts.

    Judged without holding up any write; what changed is written in small transactions. A
    segment whose criteria change meanwhile stays unbuilt until the next rebuild.
    """
    async with store.read() as conn:
        rows = await segments_of(conn, directory_id)
    sweep = await Sweep.begin(store, directory_id, rows, at)
    ranges = _Ranges(store, directory_id)
    done = 0

    async def judge_next() -> bool:
        nonlocal done
        batch = await ranges.take()
        if batch is None:
            return False
        await sweep.judge(batch)
        done += len(batch.ids)
        if progress is not None:
            progress(done)
        return True

    await in_lanes(judge_next)
    before = {row["segment_id"]: row["criteria"] for row in rows}
    async with store.sweep() as conn:
        counts = await member_counts(conn, directory_id)
    await store.writer.submit(lambda conn: _finish(conn, directory_id, before, counts, at))
    return done


class _Ranges:
    """A directory's contacts in the order of their ids, a range at a time."""

    def __init__(self, store: Store, directory_id: str) -> None:
        self._store = store
        self._directory_id = directory_id
        self._next = asyncio.Lock()
        self._low = ""

    async def take(self) -> Batch | None:
        """The next range, if there is one."""
        async with self._next, self._store.sweep() as conn:
            asked = {"directory": self._directory_id, "low": self._low, "size": RANGE}
            ids = await conn.scalar(_IDS_AFTER, asked)
            if ids is None:
                return None
            listed = ids.split(",")
            low, self._low = self._low, listed[-1]
            return Batch(listed, between, {"low": low, "high": self._low})


def _ids_after() -> Select[Any]:
    """The ids of a range as one text: many rows would take longer."""
    some = (
        select(contacts.c.contact_id)
        .where(
            within(bindparam("directory")),
            contacts.c.contact_id > bindparam("low"),
        )
        .order_by(contacts.c.contact_id)
        .limit(bindparam("size", type_=Integer))
        .subquery()
    )
    return select(func.aggregate_strings(some.c.contact_id, ","))


_IDS_AFTER = _ids_after()


async def _finish(
    conn: AsyncConnection,
    directory_id: str,
    before: Mapping[str, Any],
    counts: Mapping[int, int],
    at: int,
) -> None:
    rows = await segments_of(conn, directory_id)
    compiled = dict(compile_all(rows))
    for row in rows:
        if before.get(row["segment_id"]) != row["criteria"]:
            continue
        count = counts.get(row["ordinal"], 0)
        sound = compiled[row["ordinal"]] is not None
        await conn.execute(
            update(segments)
            .where(segments.c.segment_id == row["segment_id"])
            .values(status="ready" if sound else "failed", member_count=count, built_at=at)
        )
        known = await conn.scalar(
            select(segment_sizes.c.at).where(
                segment_sizes.c.segment_id == row["segment_id"], segment_sizes.c.at == at
            )
        )
        if known is None:
            await conn.execute(
                insert(segment_sizes).values(
                    segment_id=row["segment_id"], at=at, member_count=count
                )
            )


async def due_directories(conn: AsyncConnection, at: int, every_ms: int = DAY_MS) -> list[str]:
    """Directories with a segment that was never built or whose last build is too old."""
    rows = await conn.execute(
        select(segments.c.directory_id)
        .where(
            (segments.c.status == "building")
            | segments.c.built_at.is_(None)
            | (segments.c.built_at <= at - every_ms)
        )
        .distinct()
        .order_by(segments.c.directory_id)
    )
    return [row.directory_id for row in rows]
