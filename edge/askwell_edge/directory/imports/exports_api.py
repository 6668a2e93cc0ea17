"""/API/v3 exports: every contact of a directory, a list or a segment, streamed as a table."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.shapes import ContactStats
from askwell_edge.directory.contacts.stats import stats_of_all
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.imports.tables_in import Format
from askwell_edge.directory.imports.tables_out import MEDIA_TYPES, header, lines
from askwell_edge.directory.lists.lists import get_list
from askwell_edge.directory.segments.segments import get_segment
from askwell_edge.store.directory_keys import within
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts, list_members, memberships

HERE = "/directories/{directory_id}/exports/contacts"
CHOICE = ("format", "mailingListId", "segmentId", "includeStats")
PAGE = 1000
NAMES_LIMIT = 1000

GIVEN = tuple(kind.partition(";")[0] for kind in MEDIA_TYPES.values())


async def export(call: Call) -> Response:
    """GET `?format=csv|tsv|jsonl`, of `?mailingListId` or `?segmentId` alone if asked.

    On a list `Unsubscribed` is about that list. `?includeStats=true` adds when and how often each
    was invited and answered. Written down in the audit log.
    """
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    kind, with_stats = cast("Format", call.choice("format")), call.truth("includeStats")
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        wanted = await _wanted(conn, call, directory_id)
        names = [] if kind == "jsonl" else await names_in(conn, directory_id)

    async def write(conn: AsyncConnection) -> None:
        what = {name: call.query(name) for name in CHOICE}
        operator_id = call.caller.operator_id
        await audit.record(conn, operator_id, "contacts.export", directory_id, call.at, after=what)

    await call.write(write)
    return StreamingResponse(
        _stream(call.store, wanted, kind, names, with_stats),
        media_type=MEDIA_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="contacts.{kind}"',
            "Cache-Control": "no-store",
        },
    )


async def names_in(conn: AsyncConnection, directory_id: str) -> list[str]:
    """The names of embedded data that occur; a table has a column for each."""
    pairs = func.json_each(contacts.c.embedded_data).table_valued("key")
    wanted = (
        select(pairs.c.key)
        .select_from(contacts.join(pairs, within(directory_id)))
        .group_by(pairs.c.key)
        .limit(NAMES_LIMIT + 1)
    )
    # Names that differ in their letters' case alone are one name.
    found = {str(name).casefold(): str(name) for name in (await conn.execute(wanted)).scalars()}
    if len(found) > NAMES_LIMIT:
        raise Invalid("format", f"more than {NAMES_LIMIT} columns are needed; use jsonl")
    return sorted(found.values())


async def _wanted(conn: AsyncConnection, call: Call, directory_id: str) -> Select[Any]:
    wanted = select(contacts).where(within(directory_id))
    list_id, segment_id = call.query("mailingListId"), call.query("segmentId")
    if list_id is not None:
        await get_list(conn, directory_id, list_id)
        wanted = wanted.add_columns(list_members.c.unsubscribed.label("list_unsubscribed")).join(
            list_members,
            (list_members.c.contact_id == contacts.c.contact_id)
            & (list_members.c.list_id == list_id),
        )
    if segment_id is not None:
        segment = await get_segment(conn, directory_id, segment_id)
        bit = 1 << segment["ordinal"]
        wanted = wanted.join(
            memberships,
            (memberships.c.contact_id == contacts.c.contact_id)
            & (memberships.c.mask.bitwise_and(bit) != 0),
        )
    return wanted.order_by(contacts.c.contact_id).limit(PAGE)


async def _stream(
    store: Store, wanted: Select[Any], format: Format, names: list[str], with_stats: bool
) -> AsyncIterator[bytes]:
    """Page by page, so that neither the memory nor a long reading grows with the directory."""
    yield header(format, names, with_stats)
    last = ""
    while True:
        async with store.read() as conn:
            rows = (await conn.execute(wanted.where(contacts.c.contact_id > last))).mappings().all()
            ids = [row["contact_id"] for row in rows]
            stats = await stats_of_all(conn, ids) if with_stats else {}
        if not rows:
            return
        yield lines(format, names, [_told(row, stats) for row in rows])
        last = rows[-1]["contact_id"]


def _told(row: Any, stats: Mapping[str, ContactStats]) -> dict[str, Any]:
    told = dict(row)
    told["unsubscribed"] = told.get("list_unsubscribed", told["unsubscribed"])
    told["stats"] = stats.get(told["contact_id"])
    return told


routes: list[BaseRoute] = [
    api("GET", HERE, "read:directory_contacts", export, query=CHOICE, gives=GIVEN),
]
