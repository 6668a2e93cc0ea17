"""The full rebuild: every contact of a directory evaluated, in small transactions."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.judging import Judged, Judging, judged_by
from askwell_edge.directory.membership import compile_all, evaluate_contacts, segments_of
from askwell_edge.directory.sql_texts import NotInSql
from askwell_edge.directory.sweeping import (
    changed_between,
    everybody_between,
    keep,
)
from askwell_edge.directory.timelines import Kinds, keep_packs, known_kinds
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts, memberships, segment_sizes, segments

RANGE = 10_000  # contacts that are judged in one statement
WRITE = 500  # memberships, or packed timelines, that are written in one transaction
LANES = 2  # ranges that are judged at the same time
DAY_MS = 24 * 60 * 60 * 1000

T = TypeVar("T")
Segments = Sequence[Mapping[Any, Any]]


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
        kinds = await known_kinds(conn)
    sweep = _Sweep(store, directory_id, rows, kinds, at, progress)
    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(sweep.run())
    before = {row["segment_id"]: row["criteria"] for row in rows}
    async with store.sweep() as conn:
        counts = await member_counts(conn, directory_id)
    await store.writer.submit(lambda conn: _finish(conn, directory_id, before, counts, at))
    return sweep.done


class _Sweep:
    """All contacts of a directory, range by range; several lanes take the next one each."""

    def __init__(
        self,
        store: Store,
        directory_id: str,
        rows: Segments,
        kinds: Kinds,
        at: int,
        progress: Progress | None,
    ) -> None:
        self._store = store
        self._directory_id = directory_id
        self._rows = rows
        self._kinds = kinds
        self._at = at
        self._progress = progress
        self._wanted = _compiled(rows, at, store.engine.dialect.name)
        self._next = asyncio.Lock()
        self._low: str | None = ""
        self.done = 0

    async def run(self) -> None:
        """Judge and keep one range after the other, until there is none left."""
        while True:
            async with self._store.sweep() as conn:
                low, high, count = await self._take(conn)
                if high is None:
                    return
                asked = {"directory": self._directory_id, "low": low, "high": high}
                changed, seen = await judged_by(conn, self._wanted, asked, self._kinds)
            for part in _parts(changed):
                await self._store.writer.submit(
                    lambda conn, part=part: _keep(  # type: ignore[misc]
                        conn, self._directory_id, part, self._rows, self._at
                    )
                )
            for packs in _parts(seen.packs):
                await self._store.writer.submit(
                    lambda conn, packs=packs: keep_packs(conn, packs, self._kinds)  # type: ignore[misc]
                )
            self.done += count
            if self._progress is not None:
                self._progress(self.done)

    async def _take(self, conn: AsyncConnection) -> tuple[str, str | None, int]:
        """The next range: after which id, up to which, and how many contacts."""
        async with self._next:
            low = self._low
            if low is None:
                return "", None, 0
            self._low, count = await _range_after(conn, self._directory_id, low)
            return low, self._low, count


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + WRITE] for start in range(0, len(rows), WRITE))


def _compiled(rows: Segments, at: int, dialect: str) -> Judging:
    try:
        return changed_between(rows, at, dialect)
    except NotInSql:
        return everybody_between(at)


async def _range_after(
    conn: AsyncConnection, directory_id: str, low: str
) -> tuple[str | None, int]:
    """The last id of the next contacts, and how many they are."""
    beyond = (
        select(contacts.c.contact_id)
        .where(contacts.c.directory_id == directory_id, contacts.c.contact_id > low)
        .order_by(contacts.c.contact_id)
    )
    high = await conn.scalar(beyond.offset(RANGE - 1).limit(1))
    if high is not None:
        return high, RANGE
    rest = beyond.subquery()
    found = await conn.execute(select(func.max(rest.c.contact_id), func.count()).select_from(rest))
    high, count = found.one()
    return high, count


async def _keep(
    conn: AsyncConnection, directory_id: str, judged: Sequence[Judged], rows: Segments, at: int
) -> None:
    """Write what was judged a moment ago; who changed since, or is in doubt, is judged again."""
    ids = [each["contact_id"] for each in judged]
    there = await _known_now(conn, ids)
    sure = [
        each
        for each in judged
        if not each["doubtful"]
        and there.get(each["contact_id"])
        == (each["known_mask"], each["known_next_at"], each["known_at"])
    ]
    await keep(conn, directory_id, sure, rows, at)
    again = set(ids) - {each["contact_id"] for each in sure}
    if again:
        await evaluate_contacts(conn, directory_id, again, at)


async def _known_now(
    conn: AsyncConnection, ids: Sequence[str]
) -> dict[str, tuple[int | None, int | None, int | None]]:
    """What the memberships of these contacts say; nobody changes them until the commit."""
    columns = (memberships.c.mask, memberships.c.next_change_at, memberships.c.built_at)
    wanted = (
        select(contacts.c.contact_id, *columns)
        .outerjoin(memberships, memberships.c.contact_id == contacts.c.contact_id)
        .where(contacts.c.contact_id.in_(ids))
        .order_by(contacts.c.contact_id)
        .with_for_update(of=contacts)
    )
    return {row[0]: tuple(row[1:]) for row in await conn.execute(wanted)}


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


async def member_counts(conn: AsyncConnection, directory_id: str) -> dict[int, int]:
    """Members by ordinal, counted now."""
    ordinals = [row["ordinal"] for row in await segments_of(conn, directory_id)]
    if not ordinals:
        return {}
    masks = memberships.c.mask
    counted = (
        func.count().filter(masks.bitwise_and(1 << each) != 0).label(f"of_{each}")
        for each in ordinals
    )
    rows = await conn.execute(select(*counted).where(memberships.c.directory_id == directory_id))
    return dict(zip(ordinals, rows.one(), strict=True))


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
