"""Packed timelines and answers kept in the database, with the versions that they were made of."""

from collections.abc import Sequence

from sqlalchemy import bindparam, case, func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.timelines import Kinds, Pack, known_kinds
from askwell_edge.store.inserts import insert_new, run_rows
from askwell_edge.store.tables import timelines, touchpoint_kinds


async def keep_packs(conn: AsyncConnection, packs: Sequence[Pack], kinds: Kinds) -> None:
    """Keep the packs of timelines that are still what they were when they were packed.

    One without a version has nothing that counts, and gets its first; answers are kept with the
    next, since no trigger could have thrown these away.
    """
    numbered = [{"kind": n, **kind._asdict()} for n, kind in enumerate(kinds)]
    there = await known_kinds(conn)
    if list(there) != list(kinds)[: len(there)]:
        return  # somebody else gave these numbers to other kinds: the next rebuild packs
    if len(there) < len(numbered):
        await conn.execute(insert(touchpoint_kinds), numbered[len(there) :])
    rows = [each._asdict() for each in packs if each.version]
    await run_rows(conn, _KEEP, rows)
    first = [each.contact_id for each in packs if not each.version]
    blank = {"version": 1, "entries": b""}
    await insert_new(conn, timelines, [{"contact_id": each, **blank} for each in first])


_KEEP = (
    update(timelines)
    .where(
        timelines.c.contact_id == bindparam("contact_id"),
        timelines.c.version == bindparam("version"),
    )
    .values(
        entries=func.coalesce(bindparam("entries"), timelines.c.entries),
        later=case((bindparam("entries").is_(None), timelines.c.later)),
        asked=func.coalesce(bindparam("asked"), timelines.c.asked),
        answers=func.coalesce(bindparam("answers"), timelines.c.answers),
    )
)
