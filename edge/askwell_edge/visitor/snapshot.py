"""Snapshots: what one visitor needs and nothing more. No contact field, name or id is in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from askwell_edge.directory.segments.membership import Standing, standing_of
from askwell_edge.ledger.rules import allowances, on_ruled_list
from askwell_edge.projects.published import Published
from askwell_edge.visitor.body import as_shape, read_body
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import SnapshotQuestion
from askwell_edge.visitor.recognising import (
    Visitor,
    create_if_missing,
    find_contact,
    read_visitor,
)
from askwell_runtime.wire import pack_snapshot

NOTES_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of one contact, as far as this project's decisions ask."""

    allows_at: Mapping[str, int]
    standing: Standing
    list_rules: bool


NOTHING_KNOWN = Known({}, Standing(frozenset(), frozenset(), None), list_rules=False)


async def post_snapshot(caller: Caller) -> Response:
    """POST /p/{project}/snapshot: msgpack, of one shape whoever asks."""
    asks = as_shape(await read_body(caller.request), SnapshotQuestion)
    _, snapshot = await snapshot_for(caller, asks)
    return Response(snapshot, media_type="application/msgpack")


async def snapshot_for(caller: Caller, asks: SnapshotQuestion) -> tuple[Visitor, bytes]:
    """Who asks, and their snapshot; the contact is created first, where the project says so."""
    project, now = caller.project, caller.now
    visitor = read_visitor(caller, asks)
    if visitor.reference is not None:
        async with caller.store.glance() as conn:
            await find_contact(conn, caller, visitor)
            if visitor.contact_id is not None:
                return visitor, await snapshot_of(conn, project, visitor, now)
        await create_if_missing(caller, asks, visitor)
        if visitor.contact_id is not None:
            async with caller.store.glance() as conn:
                return visitor, await snapshot_of(conn, project, visitor, now)
    return visitor, pack(project, visitor, NOTHING_KNOWN, now)


async def snapshot_of(
    conn: AsyncConnection, project: Published, visitor: Visitor, now: int
) -> bytes:
    """The snapshot of one visitor; the console asks for `Visitor("known", contact_id=…)`."""
    known = NOTHING_KNOWN
    if visitor.contact_id is not None:
        known = await known_of(conn, project, visitor.contact_id, now)
    return pack(project, visitor, known, now)


async def known_of(conn: AsyncConnection, project: Published, contact_id: str, now: int) -> Known:
    """What rules, segments and lists say of the contact now."""
    bundle = project.bundle
    if bundle is None or bundle.directory_id is None:
        return NOTHING_KNOWN
    named = frozenset(segment for each in bundle.intercepts for segment in each.segments)
    return Known(
        allows_at=await allowances(conn, bundle.rules, contact_id, now),
        standing=await standing_of(conn, bundle.directory_id, contact_id, named),
        list_rules=await on_ruled_list(conn, bundle.rules, contact_id),
    )


def pack(project: Published, visitor: Visitor, known: Known, now: int) -> bytes:
    """The snapshot's bytes: the same keys for everybody."""
    rules = project.bundle.rules if project.bundle is not None else ()
    return pack_snapshot(
        {
            "v": 1,
            "visitor": visitor.standing,
            "as_of": now,
            "segments": sorted(known.standing.members),
            "pending": sorted(known.standing.pending),
            "segments_at": known.standing.built_at,
            "allows_at": {rule.id: known.allows_at.get(rule.id, 0) for rule in rules},
            "list_rules": known.list_rules,
            "creation": visitor.creation,
            "notes": visitor.notes[:NOTES_LIMIT],
        }
    )
