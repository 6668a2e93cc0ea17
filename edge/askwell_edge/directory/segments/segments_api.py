"""/API/v3 segments of a directory: defined by criteria, rebuilt in the background."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Made, Page
from askwell_edge.access.calls import Call, api
from askwell_edge.access.limits import TokenBuckets
from askwell_edge.access.refusals import Throttled
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.shapes import contact_summary
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.segments import segments
from askwell_edge.directory.segments.counting import counted, member_counts
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.directory.segments.preview import preview_segment
from askwell_edge.directory.segments.shapes import (
    CriteriaBody,
    NewSegment,
    Segment,
    SegmentChange,
    SegmentOverlap,
    SegmentPreview,
    SegmentSize,
    segment_shape,
)

ALL = "/directories/{directory_id}/segments"
ONE = f"{ALL}/{{segment_id}}"
BODY_LIMIT = 10 * 1024
CREATIONS_A_MINUTE = 60

HISTORY_LIMIT = 1000


def _managed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


async def list_all(call: Call) -> Page[Segment]:
    """GET: the directory's segments with their members counted now."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        rows = await segments_of(conn, directory_id)
        counts = await member_counts(conn, directory_id)
    shown = [segment_shape(row, counts.get(row["ordinal"], 0)) for row in rows]
    return Page(elements=shown)


async def get(call: Call) -> Segment:
    """GET: one segment."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        row = await segments.get_segment(conn, directory_id, call.path("segment_id"))
        counts = await member_counts(conn, directory_id)
    return segment_shape(row, counts.get(row["ordinal"], 0))


async def create(call: Call) -> Made:
    """POST: a new segment; 413 beyond 10 kB, 429 beyond 60 in a minute, 409 beyond 20."""
    directory_id = _managed(call)
    _limit(call)
    body = await call.body(NewSegment, BODY_LIMIT)

    async def write(conn: AsyncConnection) -> str:
        segment_id = await segments.create_segment(
            conn,
            directory_id,
            body.name,
            body.criteria,
            call.at,
            description=body.description,
            created_by=call.caller.operator_id,
            limit=call.request.app.state.settings.segment_limit,
        )
        await _record(conn, call, "create", segment_id, None, await _now(conn, call, segment_id))
        return segment_id

    return Made(id=await call.write(write))


async def change(call: Call) -> None:
    """PUT: another name or other criteria; those need a rebuild before they count."""
    directory_id, segment_id = _managed(call), call.path("segment_id")
    body = await call.body(SegmentChange, BODY_LIMIT)

    async def write(conn: AsyncConnection) -> None:
        before = await _now(conn, call, segment_id)
        await segments.change_segment(
            conn,
            directory_id,
            segment_id,
            name=body.name,
            description=body.description,
            criteria=body.criteria,
        )
        after = await _now(conn, call, segment_id)
        await _record(conn, call, "update", segment_id, before, after)

    await call.write(write)


async def delete(call: Call) -> None:
    """DELETE: refused with the intercepts that use the segment."""
    directory_id, segment_id = _managed(call), call.path("segment_id")

    async def write(conn: AsyncConnection) -> None:
        before = await _now(conn, call, segment_id)
        await segments.delete_segment(conn, directory_id, segment_id)
        await _record(conn, call, "delete", segment_id, before, None)

    await call.write(write)


async def rebuild(call: Call) -> None:
    """POST: have the segment built again soon; its last membership stays in use meanwhile."""
    directory_id, segment_id = _managed(call), call.path("segment_id")

    async def write(conn: AsyncConnection) -> None:
        await segments.mark_for_rebuild(conn, directory_id, segment_id)
        await _record(conn, call, "rebuild", segment_id, None, None)

    await call.write(write)


async def preview(call: Call) -> SegmentPreview:
    """POST: how many would be members now, and ten of them; nothing is saved."""
    directory_id = _managed(call)
    body = await call.body(CriteriaBody, BODY_LIMIT)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        criteria = await segments.checked_criteria(conn, directory_id, body.criteria)
    found = await preview_segment(call.store, directory_id, criteria, call.at)
    return SegmentPreview(
        member_count=found.members,
        examined=found.examined,
        contact_count=found.contact_count,
        sample=[contact_summary(row) for row in found.sample],
    )


async def history(call: Call) -> Page[SegmentSize]:
    """GET: the members counted after each build, newest first."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        row = await segments.get_segment(conn, directory_id, call.path("segment_id"))
        sizes = await segments.sizes_of(conn, row["segment_id"], HISTORY_LIMIT)
    shown = [SegmentSize(date=each["at"], member_count=each["member_count"]) for each in sizes]
    return Page(elements=shown)


async def overlap(call: Call) -> Page[SegmentOverlap]:
    """GET: for each two segments that share members, how many they share."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        rows = await segments_of(conn, directory_id)
        shared = (await counted(conn, directory_id)).shared(rows)
    shown = [
        SegmentOverlap(segment_ids=[*pair], member_count=count) for pair, count in shared.items()
    ]
    return Page(elements=shown)


async def _now(conn: AsyncConnection, call: Call, segment_id: str) -> dict[str, Any]:
    row = await segments.get_segment(conn, call.path("directory_id"), segment_id)
    return {name: row[name] for name in ("name", "description", "criteria")}


async def _record(
    conn: AsyncConnection,
    call: Call,
    verb: str,
    segment_id: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    action, who = f"segment.{verb}", call.caller.operator_id
    await audit.record(conn, who, action, segment_id, call.at, before=before, after=after)


def _limit(call: Call) -> None:
    state = call.request.app.state
    if not hasattr(state, "segment_buckets"):
        state.segment_buckets = TokenBuckets(CREATIONS_A_MINUTE / 60, CREATIONS_A_MINUTE)
    wait_s = state.segment_buckets.take(call.caller.operator_id, call.at)
    if wait_s:
        raise Throttled(f"at most {CREATIONS_A_MINUTE} segments a minute", wait_s)


routes: list[BaseRoute] = [
    api("GET", ALL, "read:segments", list_all),
    api("POST", ALL, "manage:segments", create, body=NewSegment),
    api("POST", f"{ALL}/preview", "read:segments", preview, body=CriteriaBody),
    api("GET", f"{ALL}/overlap", "read:segments", overlap),
    api("GET", ONE, "read:segments", get),
    api("GET", f"{ONE}/history", "read:segments", history),
    api("PUT", ONE, "manage:segments", change, body=SegmentChange),
    api("DELETE", ONE, "manage:segments", delete),
    api("POST", f"{ONE}/rebuild", "manage:segments", rebuild),
]
