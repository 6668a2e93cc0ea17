"""Snapshots: what one visitor needs and nothing more. No contact field, name or id is in it."""

from askwell_runtime.wire import pack_snapshot
from starlette.responses import Response

from askwell_edge.directory.membership import Standing, standing_of
from askwell_edge.ledger.rules import allowances, on_ruled_list, rules_of
from askwell_edge.visitor.body import as_shape, read_body
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import SnapshotQuestion
from askwell_edge.visitor.recognising import Visitor, recognise

NOTES_LIMIT = 100
NOTHING_KNOWN = Standing(frozenset(), frozenset(), None)


async def post_snapshot(caller: Caller) -> Response:
    """POST /p/{project}/snapshot: msgpack, of one shape whoever asks."""
    asks = as_shape(await read_body(caller.request), SnapshotQuestion)
    visitor = await recognise(caller, asks)
    body = await snapshot_of(caller, visitor)
    return Response(body, media_type="application/msgpack")


async def snapshot_of(caller: Caller, visitor: Visitor) -> bytes:
    """The visitor's snapshot for this project, packed."""
    bundle, directory_id = caller.project.bundle, caller.project.directory_id
    rules = bundle.rules if bundle is not None else ()
    allows, standing, list_rules = {rule.id: 0 for rule in rules}, NOTHING_KNOWN, False
    if visitor.contact_id is not None and directory_id is not None and bundle is not None:
        wanted = frozenset(s for each in bundle.intercepts for s in each.segments)
        async with caller.store.read() as conn:
            current = await rules_of(conn, directory_id)
            allows |= await allowances(conn, current, visitor.contact_id, caller.now)
            standing = await standing_of(conn, directory_id, visitor.contact_id, wanted)
            list_rules = await on_ruled_list(conn, current, visitor.contact_id)
    return pack_snapshot(
        {
            "v": 1,
            "visitor": visitor.standing,
            "as_of": caller.now,
            "segments": sorted(standing.members),
            "pending": sorted(standing.pending),
            "segments_at": standing.built_at,
            "allows_at": allows,
            "list_rules": list_rules,
            "creation": visitor.creation,
            "notes": visitor.notes[:NOTES_LIMIT],
        }
    )
