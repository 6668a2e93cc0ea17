"""The full rebuild: every contact of a directory evaluated, in small transactions."""

from typing import Any, Protocol

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.membership import compile_all, segments_of
from askwell_edge.directory.sweeping import sweep
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts, memberships, segment_sizes, segments

BATCH = 1000
DAY_MS = 24 * 60 * 60 * 1000


class Progress(Protocol):
    """Told after every batch how many contacts are done."""

    def __call__(self, done: int) -> None: ...


async def rebuild(
    store: Store, directory_id: str, at: int, *, progress: Progress | None = None
) -> int:
    """Evaluate all contacts as of `at`, then call the segments ready; how many contacts.

    Each batch is a transaction of its own, so that beacons need not wait for the whole. A
    segment whose criteria change meanwhile stays unbuilt until the next rebuild.
    """
    async with store.read() as conn:
        before = {
            row["segment_id"]: row["criteria"] for row in await segments_of(conn, directory_id)
        }
    done, last = 0, ""
    while True:
        async with store.read() as conn:
            ids = await _ids_after(conn, directory_id, last)
        if not ids:
            break
        await store.writer.submit(
            lambda conn, low=last, ids=ids: sweep(conn, directory_id, low, ids, at)  # type: ignore[misc]
        )
        last, done = ids[-1], done + len(ids)
        if progress is not None:
            progress(done)
    await store.writer.submit(lambda conn: _finish(conn, directory_id, before, at))
    return done


async def _ids_after(conn: AsyncConnection, directory_id: str, last: str) -> list[str]:
    rows = await conn.execute(
        select(contacts.c.contact_id)
        .where(contacts.c.directory_id == directory_id, contacts.c.contact_id > last)
        .order_by(contacts.c.contact_id)
        .limit(BATCH)
    )
    return [row.contact_id for row in rows]


async def _finish(
    conn: AsyncConnection, directory_id: str, before: dict[str, Any], at: int
) -> None:
    counts = await member_counts(conn, directory_id)
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


async def member_counts(conn: AsyncConnection, directory_id: str) -> dict[int, int]:
    """Members by ordinal, counted now from the masks that occur."""
    rows = await conn.execute(
        select(memberships.c.mask, func.count())
        .where(memberships.c.directory_id == directory_id)
        .group_by(memberships.c.mask)
    )
    counts: dict[int, int] = {}
    for mask, count in rows:
        for ordinal in range(mask.bit_length()):
            if mask >> ordinal & 1:
                counts[ordinal] = counts.get(ordinal, 0) + count
    return counts


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
