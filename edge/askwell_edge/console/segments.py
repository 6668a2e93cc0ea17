"""Segments: who is in them, since when that is known, how they grew and what they share."""

from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console import criteria, drawing
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.search import beginning, search_contacts
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.lists.lists import lists_in
from askwell_edge.directory.segments import segments_api
from askwell_edge.directory.segments.counting import counted
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.directory.segments.segments import get_segment, sizes_of
from askwell_edge.projects.publishing import segments_in_use
from askwell_edge.store.tables import intercepts

ALL = "/directories/{directory_id}/segments"
ONE = f"{ALL}/{{segment_id}}"
SIZES = 90
SHARES_SHOWN = 6
MEMBERS_SHOWN = 50


async def segments(visit: Visit) -> Response:
    """GET: the directory's segments, with members counted now and what any two share."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        rows = await segments_of(conn, directory_id)
        counts = await counted(conn, directory_id)
        growth = {
            row["segment_id"]: drawing.line(await sizes_of(conn, row["segment_id"], SIZES), 96, 28)
            for row in rows
        }
    shared = counts.shared(rows)
    limit: int = visit.request.app.state.settings.segment_limit
    return await visit.page(
        "segments.html",
        rows=[(row, counts.members(row["ordinal"])) for row in rows],
        shared={**shared, **{(two, one): count for (one, two), count in shared.items()}},
        growth=growth,
        limit=limit,
    )


async def segment(visit: Visit) -> Response:
    """GET: one segment."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with visit.reading() as conn:
        row = await get_segment(conn, directory_id, visit.path("segment_id"))
        counts = await counted(conn, directory_id)
        lists = {each["list_id"]: each["name"] for each in await lists_in(conn, directory_id)}
        others = await segments_of(conn, directory_id)
        sizes = await sizes_of(conn, row["segment_id"], SIZES)
        uses = await _uses(conn, visit, row)
    shared = counts.shared(others)
    shares = [
        (each, both, counts.members(each["ordinal"]))
        for each in others
        if each["segment_id"] != row["segment_id"]
        and (both := _between(shared, row["segment_id"], each["segment_id"]))
    ]
    return await visit.page(
        "segment.html",
        row=row,
        count=counts.members(row["ordinal"]),
        criteria=criteria.in_words(row["criteria"], lists),
        sizes=sizes,
        plot=drawing.line(sizes, 640, 140),
        shares=sorted(shares, key=lambda share: -share[1] / max(share[1], share[2])),
        shares_shown=SHARES_SHOWN,
        uses=uses,
    )


async def members(visit: Visit) -> Response:
    """GET: who is in the segment, page by page, as far as is known now."""
    directory_id, typed = visit.path("directory_id"), visit.query("q", 254)
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    after = visit.query("after", 400)
    async with visit.reading() as conn:
        row = await get_segment(conn, directory_id, visit.path("segment_id"))
        counts = await counted(conn, directory_id)
        rows, more = await search_contacts(
            conn,
            directory_id,
            filter=beginning(typed),
            segment=row,
            page_size=MEMBERS_SHOWN,
            skip_token=after or None,
        )
    return await visit.page(
        "segment_members.html",
        row=row,
        count=counts.members(row["ordinal"]),
        rows=rows,
        more=more,
        first=not after,
        typed=typed,
    )


async def rebuild(visit: Visit) -> Response:
    """POST: have it built again soon."""
    await visit.call(segments_api.rebuild)
    return visit.go(_here(visit), done="rebuilding")


async def question(visit: Visit) -> Response:
    """GET: what deleting takes away."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_segment(conn, directory_id, visit.path("segment_id"))
        uses = await _uses(conn, visit, row)
    return await visit.page("segment_delete.html", row=row, uses=uses)


async def delete(visit: Visit) -> Response:
    """POST: gone, unless an intercept uses it (D14)."""
    await visit.call(segments_api.delete)
    return visit.go(f"/console/directories/{visit.path('directory_id')}/segments", done="deleted")


def _here(visit: Visit) -> str:
    return f"/console/directories/{visit.path('directory_id')}/segments/{visit.path('segment_id')}"


def _between(shared: dict[tuple[str, str], int], one: str, two: str) -> int:
    return shared.get((one, two), 0) or shared.get((two, one), 0)


async def _uses(conn: AsyncConnection, visit: Visit, row: RowMapping) -> list[dict[str, Any]]:
    """The intercepts whose conditions name the segment."""
    ids = await segments_in_use(conn, row["segment_id"])
    wanted = select(intercepts.c.intercept_id, intercepts.c.project_id, intercepts.c.name).where(
        intercepts.c.intercept_id.in_(ids)
    )
    return [dict(each) for each in (await conn.execute(wanted)).mappings()]


routes: list[BaseRoute] = [
    page(ALL, segments),
    page(ONE, segment),
    page(f"{ONE}/members", members),
    action(f"{ONE}/rebuild", segment, rebuild),
    form(f"{ONE}/delete", question, delete),
]
