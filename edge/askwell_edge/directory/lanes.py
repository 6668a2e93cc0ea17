"""Contacts judged beside the writer, several batches at a time; what changed is written in parts.

No write waits for a judgement: what was judged is compared with what is there when it is written,
and whoever changed in between is judged again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.judging import Judged, Judging, judged_by
from askwell_edge.directory.membership import evaluate_contacts, segments_of
from askwell_edge.directory.sql_texts import NotInSql
from askwell_edge.directory.sweeping import judging_listed, keep
from askwell_edge.directory.timelines import Kinds, keep_packs, known_kinds
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts, memberships

LANES = 2  # batches that are judged at the same time
LISTED = 2_000  # contacts that are judged in one statement when they are named one by one
WRITE = 500  # memberships, or packed timelines, that are written in one transaction

T = TypeVar("T")
Segments = Sequence[Mapping[Any, Any]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a directory's contacts are judged by."""

    store: Store
    directory_id: str
    segments: Segments
    wanted: Judging
    kinds: Kinds
    at: int

    async def judge(self, chosen: Mapping[str, Any]) -> list[str]:
        """Judge the contacts that these parameters choose, and write down what came of it; whom
        the statement named."""
        asked = {"directory": self.directory_id, **chosen}
        async with self.store.sweep() as conn:
            judged, seen = await judged_by(conn, self.wanted, asked, self.kinds)
        for part in parts(judged):
            await self.store.writer.submit(
                lambda conn, part=part: self._keep(conn, part)  # type: ignore[misc]
            )
        for packs in parts(seen.packs):
            await self.store.writer.submit(
                lambda conn, packs=packs: keep_packs(conn, packs, self.kinds)  # type: ignore[misc]
            )
        return [each["contact_id"] for each in judged]

    async def _keep(self, conn: AsyncConnection, judged: Sequence[Judged]) -> None:
        """Write what was judged a moment ago, except for who is in doubt or changed since."""
        ids = [each["contact_id"] for each in judged]
        there = await _known_now(conn, ids)
        sure = [
            each
            for each in judged
            if not each["doubtful"]
            and there.get(each["contact_id"])
            == (each["known_mask"], each["known_next_at"], each["known_at"])
        ]
        await keep(conn, self.directory_id, sure, self.segments, self.at)
        again = set(ids) - {each["contact_id"] for each in sure}
        if again:
            await evaluate_contacts(conn, self.directory_id, again, self.at)


async def evaluate_listed(
    store: Store, directory_id: str, contact_ids: Sequence[str], at: int
) -> None:
    """Evaluate these contacts, many of them, as far as can be beside the writer."""
    async with store.read() as conn:
        rows = await segments_of(conn, directory_id)
        kinds = await known_kinds(conn)
    sweep: Sweep | None = None
    if rows:
        try:
            wanted = judging_listed(rows, at, store.engine.dialect.name)
            sweep = Sweep(store, directory_id, rows, wanted, kinds, at)
        except NotInSql:
            pass
    batches = list(parts(sorted(contact_ids), LISTED))

    async def judge_next() -> bool:
        if not batches:
            return False
        batch = batches.pop()
        done = set(await sweep.judge({"ids": batch})) if sweep is not None else set()
        for left in parts([each for each in batch if each not in done]):
            await store.writer.submit(
                lambda conn, left=left: evaluate_contacts(conn, directory_id, left, at)  # type: ignore[misc]
            )
        return True

    await in_lanes(judge_next)


async def in_lanes(step: Callable[[], Awaitable[bool]]) -> None:
    """Take steps side by side until there is nothing left to do."""

    async def lane() -> None:
        while await step():
            pass

    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(lane())


def parts(rows: Sequence[T], size: int = WRITE) -> Iterator[Sequence[T]]:
    """So many rows at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


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
    return {row[0]: tuple(row[1:]) for row in (await conn.execute(wanted)).all()}
