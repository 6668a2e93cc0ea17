"""Who joined and left which segment, as a part of contacts' timelines; never changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.judging import Judged
from askwell_edge.store.ids import new_ids
from askwell_edge.store.inserts import insert_packed
from askwell_edge.store.move_log import MOVED, Move, append_moves
from askwell_edge.store.tables import segment_moves


async def keep_moves(
    conn: AsyncConnection, judged: Sequence[Judged], segments: Sequence[Mapping[Any, Any]], at: int
) -> dict[str, int]:
    """Of each segment that each contact joined or left a row; contacts' last moves in the log.

    To be called before their memberships change, which are then to name these last moves.
    """
    ready = {1 << row["ordinal"]: row["segment_id"] for row in segments if row["status"] == "ready"}
    changes: dict[int, list[tuple[int, str]]] = {}  # many contacts' masks change alike
    found: list[tuple[str, str, bool]] = []
    for each in judged:
        mask = each["mask"]
        changed = mask ^ each["known_mask"]
        if not changed:
            continue
        if changed not in changes:
            changes[changed] = [one for one in ready.items() if one[0] & changed]
        for bit, segment_id in changes[changed]:
            found.append((each["contact_id"], segment_id, mask & bit != 0))
    moves: list[Move] = [
        (contact_id, move_id, segment_id, joined)
        for move_id, (contact_id, segment_id, joined) in zip(
            new_ids("TP", len(found)), found, strict=True
        )
    ]
    if conn.dialect.name == "sqlite":
        return await append_moves(conn, moves, at)
    rows = [(contact_id, at, *about) for contact_id, *about in moves]
    await insert_packed(conn, segment_moves, MOVED, rows)
    return {}
