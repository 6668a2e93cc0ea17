"""/API/v3 merges of contacts that are there already: preview, run, look back, undo."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Unknown
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts import get_contact
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.duplicates import Pair, find_pairs
from askwell_edge.directory.fields import TEXTS
from askwell_edge.directory.merging import joined, merge_pair
from askwell_edge.directory.unmerging import get_merge, undo_merge
from askwell_edge.store.tables import merges

ALL = "/directories/{directory_id}/merges"
ONE = f"{ALL}/{{merge_id}}"
SHOWN = 100
AT_ONCE = 50


class MergeBody(Struct, forbid_unknown_fields=True):
    """`since`: only contacts created at this instant or later are merged into older ones."""

    since: int | None = None


async def preview(call: Call) -> object:
    """POST: how many would merge, and for the first hundred which value of which would win."""
    body = await call.body(MergeBody)
    directory_id = _managed(call)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        pairs = await find_pairs(conn, directory_id, since=body.since)
        shown = [await _shown(conn, directory_id, pair) for pair in pairs[:SHOWN]]
    return {"count": len(pairs), "pairs": shown}


async def run(call: Call) -> object:
    """POST: merge them; how many became how many fewer."""
    body = await call.body(MergeBody)
    directory_id = _managed(call)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        pairs = await find_pairs(conn, directory_id, since=body.since)
    done: list[str] = []
    for start in range(0, len(pairs), AT_ONCE):
        done += await _merged(call, directory_id, pairs[start : start + AT_ONCE])
    return {"merged": len(done), "ids": done[:SHOWN]}


async def _merged(call: Call, directory_id: str, pairs: Sequence[Pair]) -> list[str]:
    """The merges of one group; a contact that went away meanwhile is passed over."""
    operator_id = call.caller.operator_id
    results = await asyncio.gather(
        *(
            call.write(
                lambda conn, pair=pair: merge_pair(  # type: ignore[misc]
                    conn, directory_id, pair, operator_id, call.at
                )
            )
            for pair in pairs
        ),
        return_exceptions=True,
    )
    problems = [each for each in results if isinstance(each, BaseException)]
    for problem in problems:
        if not isinstance(problem, Unknown):
            raise problem
    return [each for each in results if isinstance(each, str)]


async def list_all(call: Call) -> object:
    """GET: the newest hundred merges."""
    directory_id = _managed(call)
    wanted = (
        select(merges)
        .where(merges.c.directory_id == directory_id)
        .order_by(merges.c.at.desc(), merges.c.merge_id)
        .limit(SHOWN)
    )
    async with call.reading() as conn:
        rows = (await conn.execute(wanted)).mappings().all()
    return {"elements": [_merge_shape(row) for row in rows], "nextPage": None}


async def get(call: Call) -> object:
    """GET: one merge with both contacts as they were."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        row = await get_merge(conn, directory_id, call.path("merge_id"))
    images = {"survivorBefore": row["survivor_before"], "mergedBefore": row["merged_before"]}
    return {**_merge_shape(row), **images}


async def undo(call: Call) -> object:
    """POST: make two contacts of one again."""
    directory_id = _managed(call)

    async def write(conn: AsyncConnection) -> None:
        merge_id, operator_id = call.path("merge_id"), call.caller.operator_id
        await undo_merge(conn, directory_id, merge_id, operator_id, call.at)

    await call.write(write)
    return None


def _managed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


def _merge_shape(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "mergeId": row["merge_id"],
        "date": row["at"],
        "rule": row["rule_position"],
        "survivorId": row["survivor_id"],
        "mergedId": row["merged_id"],
        "operatorId": row["operator_id"],
        "undoneDate": row["undone_at"],
    }


async def _shown(conn: AsyncConnection, directory_id: str, pair: Pair) -> dict[str, Any]:
    """The pair, and each field in which the two differ with the value that would be kept."""
    survivor = await get_contact(conn, directory_id, pair.survivor_id)
    merged = await get_contact(conn, directory_id, pair.merged_id)
    kept = joined(dict(survivor), dict(merged))
    named = {column: api_name for column, (api_name, _) in TEXTS.items()}
    named |= {"embedded_data": "embeddedData", "unsubscribed": "unsubscribed"}
    return {
        "survivorId": pair.survivor_id,
        "mergedId": pair.merged_id,
        "rule": pair.rule_position,
        "fields": {
            api_name: {"survivor": survivor[column], "merged": merged[column], "kept": kept[column]}
            for column, api_name in named.items()
            if survivor[column] != merged[column]
        },
    }


routes: list[BaseRoute] = [
    api("GET", ALL, "read:directory_contacts", list_all),
    api("POST", ALL, "manage:directory_contacts", run, body=MergeBody),
    api("POST", f"{ALL}/preview", "read:directory_contacts", preview, body=MergeBody),
    api("GET", ONE, "read:directory_contacts", get),
    api("POST", f"{ONE}/undo", "manage:directory_contacts", undo),
]
