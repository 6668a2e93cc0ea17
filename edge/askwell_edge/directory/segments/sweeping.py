"""Many contacts judged by the database at once, and what came of it written down."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Insert,
    bindparam,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.criteria.handing import hand_over
from askwell_edge.directory.criteria.judging import Judged, Judging, judged_by
from askwell_edge.directory.criteria.sql_criteria import judging
from askwell_edge.directory.segments.moves import keep_moves
from askwell_edge.store.inserts import insert_new, run_packed
from askwell_edge.store.tables import memberships


async def judge(
    conn: AsyncConnection,
    segments: Sequence[Mapping[Any, Any]],
    directory_id: str,
    contact_ids: Sequence[str],
    at: int,
) -> list[Judged]:
    """These contacts judged; NotInSql when only the reference can."""
    asked = json.dumps([(row["ordinal"], row["criteria"]) for row in segments])
    wanted = _judging_listed(asked, at, conn.dialect.name)
    judged, _ = await judged_by(conn, wanted, {"directory": directory_id, "ids": contact_ids})
    return judged


async def judge_new(
    conn: AsyncConnection,
    segments: Sequence[Mapping[Any, Any]],
    directory_id: str,
    contact_ids: Sequence[str],
    at: int,
) -> list[str]:
    """Judge contacts that were just made and write it down, in one statement; whom it leaves.

    Nothing that counts is on their timelines. NotInSql when only the reference can.
    """
    asked = json.dumps([(row["ordinal"], row["criteria"]) for row in segments])
    names, writing = _writing_listed(asked, at, conn.dialect.name)
    handed = await hand_over(conn, names, "timeline", []) if names else {}
    these = {"directory": directory_id, "ids": contact_ids, **handed}
    written = await conn.execute(writing, these)
    if written.rowcount == len(contact_ids):
        return []
    present = select(memberships.c.contact_id).where(listed(memberships.c.contact_id))
    found = set((await conn.execute(present, {"ids": contact_ids})).scalars())
    return [each for each in contact_ids if each not in found]


@lru_cache(maxsize=8)
def _judging_listed(segments: str, at: int, dialect: str) -> Judging:
    """Made once for many batches of one instant: making it takes longer than running it."""
    rows = [{"ordinal": n, "criteria": criteria} for n, criteria in json.loads(segments)]
    return judging(rows, listed, at, dialect)


@lru_cache(maxsize=8)
def _writing_listed(segments: str, at: int, dialect: str) -> tuple[Sequence[str], Insert]:
    """What it is handed, and what makes it memberships of those who have none."""
    wanted = _judging_listed(segments, at, dialect)
    judged = wanted.statement.subquery("judged")
    certain = select(
        judged.c.contact_id,
        bindparam("directory"),
        judged.c.mask,
        literal(at, BigInteger),
        judged.c.next_change_at,
    ).where(judged.c.doubtful.is_not(true()), judged.c.known_at.is_(None))
    columns = ["contact_id", "directory_id", "mask", "built_at", "next_change_at"]
    return wanted.tallies.columns, insert(memberships).from_select(columns, certain)


class Overtaken(Exception):
    """A membership is not what it was when it was judged; the transaction must not be committed."""


async def keep(
    conn: AsyncConnection,
    directory_id: str,
    judged: Iterable[Judged],
    segments: Sequence[Mapping[Any, Any]],
    at: int,
) -> int:
    """Write memberships and who joined and left which segment; how many are new or moved.

    The caller sees to it that `known_…` is what is there.
    """
    fresh: list[Judged] = []
    present: list[Judged] = []
    for each in judged:
        (fresh if each["known_at"] is None else present).append(each)
    await insert_new(conn, memberships, [_row(each, directory_id, at) for each in fresh])
    last_moves = await keep_moves(conn, present, segments, at)
    await _change(conn, present, last_moves, at)
    return len(fresh) + sum(bool(each["mask"] ^ each["known_mask"]) for each in present)


async def keep_if_same(
    conn: AsyncConnection, judged: Sequence[Judged], segments: Sequence[Mapping[Any, Any]], at: int
) -> None:
    """The same of contacts who have memberships. Overtaken if one's is not as `known_…` says.

    On SQLite alone, where it is known how many rows were changed.
    """
    last_moves = await keep_moves(conn, judged, segments, at)
    if await _change(conn, judged, last_moves, at) != len(judged):
        raise Overtaken


async def _change(
    conn: AsyncConnection, judged: Sequence[Judged], last_moves: Mapping[str, int], at: int
) -> int:
    """Change memberships that are as they were known; how many, where the driver knows."""
    due_as_before: list[tuple[Any, ...]] = []
    due_anew: list[tuple[Any, ...]] = []
    for each in judged:
        mask, end, contact_id = each["mask"], each["next_change_at"], each["contact_id"]
        known = (contact_id, each["known_mask"], each["known_at"], each["known_next_at"])
        last_move = last_moves.get(contact_id)
        if end == each["known_next_at"]:
            due_as_before.append((mask, at, last_move, *known))
        else:
            due_anew.append((mask, at, end, last_move, *known))
    as_before = (*_NEW, *_LAST_MOVE, *_KNOWN)
    anew = (*_NEW, "new_next_change_at", *_LAST_MOVE, *_KNOWN)
    count = await run_packed(conn, _CHANGE, as_before, due_as_before)
    return count + await run_packed(conn, _CHANGE_DUE, anew, due_anew)


_NEW = ("new_mask", "new_built_at")
_LAST_MOVE = ("new_last_move_no",)
_KNOWN = ("wanted_id", "known_mask", "known_at", "known_next_at")
_CHANGE = (
    update(memberships)
    .where(
        memberships.c.contact_id == bindparam("wanted_id"),
        memberships.c.mask == bindparam("known_mask"),
        memberships.c.built_at == bindparam("known_at"),
        memberships.c.next_change_at.is_not_distinct_from(bindparam("known_next_at")),
    )
    .values(
        mask=bindparam("new_mask"),
        built_at=bindparam("new_built_at"),
        last_move_no=func.coalesce(bindparam("new_last_move_no"), memberships.c.last_move_no),
    )
)
# Apart, since SQLite takes the entry of whoever is due out of its index and puts it in again.
_CHANGE_DUE = _CHANGE.values(next_change_at=bindparam("new_next_change_at"))


def _row(judged: Judged, directory_id: str, at: int) -> dict[str, Any]:
    return {
        "contact_id": judged["contact_id"],
        "directory_id": directory_id,
        "mask": judged["mask"],
        "built_at": at,
        "next_change_at": judged["next_change_at"],
    }
