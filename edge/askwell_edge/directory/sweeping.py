"""One range of a directory's contacts evaluated by the database, for the full rebuild."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.membership import evaluate_contacts, record_moves, segments_of
from askwell_edge.directory.sql_criteria import masks_between
from askwell_edge.directory.sql_texts import NotInSql
from askwell_edge.store.inserts import insert_new
from askwell_edge.store.tables import memberships


async def sweep(
    conn: AsyncConnection, directory_id: str, low: str, contact_ids: Sequence[str], at: int
) -> None:
    """Evaluate the contacts with ids after `low` up to the last of `contact_ids`.

    Only what changed is written. Rows that the database is in doubt about, and whole directories
    whose criteria it does not know, are judged by the reference.
    """
    rows = await segments_of(conn, directory_id)
    high, dialect = contact_ids[-1], conn.dialect.name
    try:
        wanted = masks_between(rows, directory_id, low, high, at, dialect)
    except NotInSql:
        await evaluate_contacts(conn, directory_id, contact_ids, at)
        return
    judged = (await conn.execute(wanted)).mappings().all()
    sure = [row for row in judged if not row["doubtful"]]
    present = await _present(conn, directory_id, low, high)
    fresh = [row for row in sure if row["contact_id"] not in present]
    await insert_new(conn, memberships, [_row(each, directory_id, at) for each in fresh])
    moved = [
        (row, present[row["contact_id"]])
        for row in sure
        if row["contact_id"] in present
        and (row["mask"], row["next_change_at"]) != present[row["contact_id"]][:2]
    ]
    await _move(conn, moved, at)
    ready = {row["ordinal"]: row["segment_id"] for row in rows if row["status"] == "ready"}
    for row, (before, _, _) in moved:
        await record_moves(conn, directory_id, row["contact_id"], before, row["mask"], ready, at)
    doubtful = [row["contact_id"] for row in judged if row["doubtful"]]
    if doubtful:
        await evaluate_contacts(conn, directory_id, doubtful, at)


def _row(judged: Mapping[Any, Any], directory_id: str, at: int) -> dict[str, Any]:
    return {
        "contact_id": judged["contact_id"],
        "directory_id": directory_id,
        "mask": judged["mask"],
        "built_at": at,
        "next_change_at": judged["next_change_at"],
    }


async def _present(
    conn: AsyncConnection, directory_id: str, low: str, high: str
) -> dict[str, tuple[int, int | None, int]]:
    rows = await conn.execute(
        select(memberships).where(
            memberships.c.directory_id == directory_id,
            memberships.c.contact_id > low,
            memberships.c.contact_id <= high,
        )
    )
    return {row.contact_id: (row.mask, row.next_change_at, row.built_at) for row in rows}


async def _move(conn: AsyncConnection, moved: Sequence[tuple[Any, Any]], at: int) -> None:
    """Set new masks, but not over one that another process evaluated in the meantime."""
    if moved:
        change = (
            update(memberships)
            .where(
                memberships.c.contact_id == bindparam("wanted_id"),
                memberships.c.mask == bindparam("old_mask"),
                memberships.c.built_at == bindparam("old_built_at"),
            )
            .values(
                mask=bindparam("mask"),
                built_at=bindparam("built_at"),
                next_change_at=bindparam("next_change_at"),
            )
        )
        await conn.execute(
            change,
            [
                {
                    "wanted_id": row["contact_id"],
                    "old_mask": before[0],
                    "old_built_at": before[2],
                    "mask": row["mask"],
                    "built_at": at,
                    "next_change_at": row["next_change_at"],
                }
                for row, before in moved
            ],
        )
