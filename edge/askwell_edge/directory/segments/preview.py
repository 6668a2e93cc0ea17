"""Who would be in a segment, before it is saved: how many, and some of them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.contacts import contacts_by_id
from askwell_edge.directory.criteria.choosing import between
from askwell_edge.directory.criteria.facts import facts_of, heads_of
from askwell_edge.directory.criteria.judging import judged_by
from askwell_edge.directory.criteria.masks import compile_all, mask_of
from askwell_edge.directory.criteria.sql_criteria import judging
from askwell_edge.directory.criteria.sql_texts import NotInSql
from askwell_edge.store.directory_keys import within
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts

PAGE = 20_000
REFERENCE_PAGE = 500
SAMPLE = 10
PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Preview:
    """`members` of the `examined` contacts pass; all are examined unless that took too long."""

    members: int
    examined: int
    contact_count: int
    sample: Sequence[RowMapping]


async def preview_segment(
    store: Store, directory_id: str, criteria: Mapping[str, Any], at: int
) -> Preview:
    """Judge a directory's contacts by checked criteria as of `at`, as a rebuild would."""
    until = time.monotonic() + PATIENCE_S
    members: list[str] = []
    count = examined = 0
    low = ""
    async with store.read() as conn:
        total = await conn.scalar(_counted(directory_id))
    while examined == 0 or time.monotonic() < until:
        async with store.read() as conn:
            ids = await _ids_after(conn, directory_id, low)
            if not ids:
                break
            found = await _members(conn, directory_id, criteria, low, ids, at)
        low, examined, count = ids[-1], examined + len(ids), count + len(found)
        members += found[: SAMPLE - len(members)]
    async with store.read() as conn:
        rows = await contacts_by_id(conn, members)
    return Preview(count, examined, max(total or 0, examined), rows)


async def _members(
    conn: AsyncConnection,
    directory_id: str,
    criteria: Mapping[str, Any],
    low: str,
    ids: Sequence[str],
    at: int,
) -> list[str]:
    """Those of a page of contacts who pass; whom the database is in doubt about the core judges."""
    segment = {"ordinal": 0, "criteria": criteria}
    try:
        wanted = judging([segment], between, at, conn.dialect.name)
    except NotInSql:
        return await _by_reference(conn, segment, ids, at)
    asked = {"directory": directory_id, "low": low, "high": ids[-1]}
    judged, _ = await judged_by(conn, wanted, asked)
    doubtful = [row["contact_id"] for row in judged if row["doubtful"]]
    sure = [row["contact_id"] for row in judged if row["mask"] and not row["doubtful"]]
    return sorted(sure + await _by_reference(conn, segment, doubtful, at))


async def _by_reference(
    conn: AsyncConnection, segment: Mapping[str, Any], ids: Sequence[str], at: int
) -> list[str]:
    compiled, heads = compile_all([segment]), heads_of(segment["criteria"])
    found: list[str] = []
    for start in range(0, len(ids), REFERENCE_PAGE):
        facts = await facts_of(conn, ids[start : start + REFERENCE_PAGE], heads)
        found += [each for each, about in facts.items() if mask_of(compiled, about, at)]
    return found


async def _ids_after(conn: AsyncConnection, directory_id: str, low: str) -> list[str]:
    wanted = (
        select(contacts.c.contact_id)
        .where(within(directory_id), contacts.c.contact_id > low)
        .order_by(contacts.c.contact_id)
        .limit(PAGE)
    )
    return list((await conn.execute(wanted)).scalars())


def _counted(directory_id: str) -> Any:
    return select(func.count()).where(within(directory_id))
