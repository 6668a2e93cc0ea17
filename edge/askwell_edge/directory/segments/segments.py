"""Segments: named criteria over contacts, at most 20 a directory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.directory.directories import get_directory, read_name
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.projects.publishing import segments_in_use
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import mailing_lists, segment_sizes, segments
from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import compile_criteria

SEGMENT_LIMIT = 20
ORDINALS = range(50)


async def create_segment(
    conn: AsyncConnection,
    directory_id: str,
    name: str,
    criteria: Mapping[str, Any],
    at: int,
    *,
    limit: int = SEGMENT_LIMIT,
    segment_id: str | None = None,
    description: str | None = None,
    created_by: str | None = None,
) -> str:
    """The new segment's id. It is `building`, and nobody's membership known, until a rebuild."""
    await get_directory(conn, directory_id)
    taken = {row["ordinal"] for row in await segments_of(conn, directory_id)}
    if len(taken) >= min(limit, len(ORDINALS)):
        raise Conflict("segment_limit", f"at most {limit} segments a directory")
    segment_id = segment_id or new_id("SG")
    await conn.execute(
        insert(segments).values(
            segment_id=segment_id,
            directory_id=directory_id,
            ordinal=next(each for each in ORDINALS if each not in taken),
            name=read_name(name),
            description=description,
            criteria=await checked_criteria(conn, directory_id, criteria),
            status="building",
            member_count=0,
            built_at=None,
            created_by=created_by,
            created_at=at,
        )
    )
    return segment_id


async def get_segment(conn: AsyncConnection, directory_id: str, segment_id: str) -> RowMapping:
    """The segment's row."""
    wanted = select(segments).where(
        segments.c.directory_id == directory_id, segments.c.segment_id == segment_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("segment", segment_id)
    return found


async def change_segment(
    conn: AsyncConnection,
    directory_id: str,
    segment_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    criteria: Mapping[str, Any] | None = None,
) -> None:
    """Rename, or redefine: then nobody's membership is known until the next rebuild."""
    row = await get_segment(conn, directory_id, segment_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = read_name(name)
    if description is not None:
        values["description"] = description or None
    if criteria is not None and criteria != row["criteria"]:
        values["criteria"] = await checked_criteria(conn, directory_id, criteria)
        values["status"] = "building"
    if values:
        await conn.execute(
            update(segments).where(segments.c.segment_id == segment_id).values(**values)
        )


async def delete_segment(conn: AsyncConnection, directory_id: str, segment_id: str) -> None:
    """Delete a segment; refused with the list of intercepts that use it (D14)."""
    await get_segment(conn, directory_id, segment_id)
    uses = await segments_in_use(conn, segment_id)
    if uses:
        raise Conflict("segment_in_use", f"these intercepts use the segment: {', '.join(uses)}")
    await conn.execute(delete(segment_sizes).where(segment_sizes.c.segment_id == segment_id))
    await conn.execute(delete(segments).where(segments.c.segment_id == segment_id))


async def mark_for_rebuild(conn: AsyncConnection, directory_id: str, segment_id: str) -> None:
    """Have the segment built again; until then its last membership stays in use."""
    await get_segment(conn, directory_id, segment_id)
    await conn.execute(
        update(segments).where(segments.c.segment_id == segment_id).values(built_at=None)
    )


async def sizes_of(conn: AsyncConnection, segment_id: str, limit: int) -> Sequence[RowMapping]:
    """How many members the segment had after its last builds, newest first."""
    wanted = (
        select(segment_sizes)
        .where(segment_sizes.c.segment_id == segment_id)
        .order_by(segment_sizes.c.at.desc())
        .limit(limit)
    )
    return (await conn.execute(wanted)).mappings().all()


async def checked_criteria(
    conn: AsyncConnection, directory_id: str, criteria: Mapping[str, Any]
) -> dict[str, Any]:
    """The criteria, refused with the path of what is malformed or not of this directory."""
    try:
        compile_criteria(criteria)
    except CriteriaError as refusal:
        raise Invalid(refusal.path or "criteria", refusal.problem) from None
    named = dict(_lists_named(criteria, "criteria"))
    rows = await conn.execute(
        select(mailing_lists.c.list_id).where(
            mailing_lists.c.directory_id == directory_id,
            mailing_lists.c.list_id.in_(set(named.values())),
        )
    )
    known = {row.list_id for row in rows}
    for path, name in named.items():
        if name not in known:
            raise Invalid(path, f"the directory has no mailing list {name}")
    return dict(criteria)


def _lists_named(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """The mailing lists that checked criteria name, each by its place."""
    if "op" in node:
        for i, item in enumerate(node["items"]):
            yield from _lists_named(item, f"{path}.items[{i}]")
        return
    head, _, rest = node["field"].partition(".")
    if head in ("list", "listUnsubscribed"):
        yield f"{path}.field", rest
