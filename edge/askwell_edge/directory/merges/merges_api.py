"""/API/v3 merges of contacts that are there already: preview, run, look back, undo."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access.answers import Page
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.contacts import contacts_by_id, get_contact
from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.directory.contacts.identity import read_rules
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.directories_api import columns_of
from askwell_edge.directory.imports.runs import new_worker
from askwell_edge.directory.merges.distinct import take_back
from askwell_edge.directory.merges.duplicates import Pair
from askwell_edge.directory.merges.jobs import begin
from askwell_edge.directory.merges.merging import joined, merge_pair
from askwell_edge.directory.merges.runs import begin_merges, get_run, work_off
from askwell_edge.directory.merges.shapes import (
    Difference,
    Merge,
    MergeBody,
    MergedByHand,
    MergeDetails,
    MergePair,
    MergePreview,
    MergeRun,
    PairBody,
    PreviewBody,
    merge_details,
    merge_shape,
    run_shape,
)
from askwell_edge.directory.merges.unmerging import get_merge, undo_merge
from askwell_edge.store.tables import merges

ALL = "/directories/{directory_id}/merges"
ONE = f"{ALL}/{{merge_id}}"
SHOWN = 100
BY_HAND = 0


async def preview(call: Call) -> MergePreview:
    """POST: how many would merge, and for the first hundred which value of which would win.

    By the directory's rules, or by others before they are saved. After two seconds it answers
    what it found so far, and looks on: ask again until `complete`.
    """
    body = await call.body(PreviewBody)
    directory_id = _managed(call)
    rules = None if body.rules is None else read_rules(columns_of(body.rules))
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
    found = await call.request.app.state.searches.look(directory_id, body.since, rules)
    pairs = list(found.pairs)
    async with call.reading() as conn:
        rows = await contacts_by_id(conn, sorted({i for pair in pairs for i in _ids(pair)}))
    there = {row["contact_id"]: row for row in rows}
    shown = [
        _shown(pair, *(there[each] for each in _ids(pair)))
        for pair in pairs
        if all(each in there for each in _ids(pair))  # not merged or deleted meanwhile
    ]
    return MergePreview(count=found.count, complete=found.complete, pairs=shown)


async def run(call: Call) -> MergeRun | MergedByHand:
    """POST: merge them in the background; answers with the run as it is two seconds later.

    With `pairs` those alone, chosen by hand: each becomes the older one of its two.
    """
    body = await call.body(MergeBody)
    directory_id, operator_id = _managed(call), call.caller.operator_id
    if body.pairs is not None:
        return MergedByHand(ids=await _by_hand(call, directory_id, body.pairs))
    worker = new_worker()
    begun = await call.write(
        lambda conn: begin_merges(
            conn, directory_id, body.since, operator_id, call.at, worker=worker
        )
    )
    state = call.request.app.state
    await begin(state, work_off(call.store, begun, worker, state.clock))
    async with call.reading() as conn:
        return run_shape(await get_run(conn, directory_id, begun["run_id"]))


async def _by_hand(call: Call, directory_id: str, pairs: Sequence[PairBody]) -> list[str]:
    async def write(conn: AsyncConnection) -> list[str]:
        made = []
        for i, each in enumerate(pairs):
            one = await get_contact(conn, directory_id, each.survivor_id)
            two = await get_contact(conn, directory_id, each.merged_id)
            if one["contact_id"] == two["contact_id"]:
                raise Invalid(f"pairs[{i}]", "the two are one contact already")
            older, newer = sorted(
                (one, two), key=lambda row: (row["created_at"], row["contact_id"])
            )
            pair = Pair(older["contact_id"], newer["contact_id"], BY_HAND)
            operator_id = call.caller.operator_id
            both = (pair.survivor_id, pair.merged_id)
            await take_back(conn, directory_id, both, operator_id, call.at)
            made.append(await merge_pair(conn, directory_id, pair, operator_id, call.at))
        return made

    return await call.write(write)


async def list_all(call: Call) -> Page[Merge]:
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
    return Page(elements=[merge_shape(row) for row in rows])


async def get(call: Call) -> MergeDetails:
    """GET: one merge with both contacts as they were."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        row = await get_merge(conn, directory_id, call.path("merge_id"))
    return merge_details(row)


async def undo(call: Call) -> None:
    """POST: make two contacts of one again."""
    directory_id = _managed(call)

    async def write(conn: AsyncConnection) -> None:
        merge_id, operator_id = call.path("merge_id"), call.caller.operator_id
        await undo_merge(conn, directory_id, merge_id, operator_id, call.at)

    await call.write(write)


def _managed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


def _ids(pair: Pair) -> tuple[str, str]:
    return pair.survivor_id, pair.merged_id


def _shown(pair: Pair, survivor: RowMapping, merged: RowMapping) -> MergePair:
    """The pair, and each field in which the two differ with the value that would be kept."""
    kept = joined(dict(survivor), dict(merged))
    named = {column: api_name for column, (api_name, _) in TEXTS.items()}
    named |= {"embedded_data": "embeddedData", "unsubscribed": "unsubscribed"}
    return MergePair(
        survivor_id=pair.survivor_id,
        merged_id=pair.merged_id,
        rule=pair.rule_position,
        fields={
            api_name: Difference(
                survivor=survivor[column], merged=merged[column], kept=kept[column]
            )
            for column, api_name in named.items()
            if survivor[column] != merged[column]
        },
    )


routes: list[BaseRoute] = [
    api("GET", ALL, "read:directory_contacts", list_all),
    api("POST", ALL, "manage:directory_contacts", run, body=MergeBody),
    api("POST", f"{ALL}/preview", "read:directory_contacts", preview, body=PreviewBody),
    api("GET", ONE, "read:directory_contacts", get),
    api("POST", f"{ONE}/undo", "manage:directory_contacts", undo),
]
