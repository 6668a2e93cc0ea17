"""Undoing a merge: the two contacts as they were, except for what was changed since."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Conflict, Unknown
from askwell_edge.directory.contacts.fields import TEXTS, keys_of
from askwell_edge.directory.merges.distinct import tell_apart
from askwell_edge.directory.merges.hanging import HANGING
from askwell_edge.directory.merges.merging import (
    change_columns,
    image_of,
    set_lists,
    tell,
)
from askwell_edge.store.tables import contact_redirects, contacts, merges

_PLAIN = (*TEXTS, "unsubscribed", "unsubscribed_at", "suppressed_at")


async def get_merge(conn: AsyncConnection, directory_id: str, merge_id: str) -> RowMapping:
    """The merge's row with both contacts as they were."""
    wanted = select(merges).where(
        merges.c.directory_id == directory_id, merges.c.merge_id == merge_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("merge", merge_id)
    return found


async def undo_merge(
    conn: AsyncConnection, directory_id: str, merge_id: str, operator_id: str | None, at: int
) -> None:
    """Make two contacts of one again, and remember that they are two people.

    Later merges into the same contact must be undone first.
    """
    merge = await get_merge(conn, directory_id, merge_id)
    await _check(conn, merge)
    survivor_id, merged_id = merge["survivor_id"], merge["merged_id"]
    before = await image_of(conn, directory_id, survivor_id)
    await _restore_survivor(conn, merge, before, at)
    await _restore_merged(conn, merge["merged_before"], at)
    for name, (table, row_id) in HANGING.items():
        theirs = merge["moved"].get(name, [])
        await _hang_back(conn, table, row_id, theirs, survivor_id, merged_id)
    await conn.execute(delete(contact_redirects).where(contact_redirects.c.contact_id == merged_id))
    await _hang_redirects(conn, merge["moved"].get("redirects", []), merged_id)
    await conn.execute(update(merges).where(merges.c.merge_id == merge_id).values(undone_at=at))
    await tell_apart(conn, directory_id, (survivor_id, merged_id), operator_id, at)
    for contact_id in (survivor_id, merged_id):
        await tell(conn, directory_id, contact_id, "contact_unmerged", merge_id, at)
    await audit.record(
        conn,
        operator_id,
        "contact.unmerge",
        survivor_id,
        at,
        before=before,
        after={"merge_id": merge_id, "restored": merged_id},
    )


async def _check(conn: AsyncConnection, merge: RowMapping) -> None:
    if merge["undone_at"] is not None:
        raise Conflict("merge_undone", "the merge was undone already")
    survivor_id = merge["survivor_id"]
    wanted = select(contacts.c.contact_id).where(contacts.c.contact_id == survivor_id)
    if await conn.scalar(wanted) is None:
        raise Conflict(
            "survivor_gone", f"the contact {survivor_id} was merged on or deleted; undo that first"
        )
    later = select(merges.c.merge_id).where(
        merges.c.survivor_id == survivor_id,
        merges.c.undone_at.is_(None),
        merges.c.at > merge["at"],
    )
    newer = [row.merge_id for row in await conn.execute(later)]
    if newer:
        raise Conflict("merge_not_latest", f"undo the later merge first: {', '.join(newer)}")


async def _restore_survivor(
    conn: AsyncConnection, merge: RowMapping, now: Mapping[str, Any], at: int
) -> None:
    """Put back each value that the merge changed and nobody has changed since."""
    was, became = merge["survivor_before"], merge["survivor_after"]
    values: dict[str, Any] = {
        name: was[name] for name in _PLAIN if now[name] == became[name] != was[name]
    }
    pairs = dict(now["embedded_data"])
    for name in {*was["embedded_data"], *became["embedded_data"]}:
        if pairs.get(name) == became["embedded_data"].get(name):
            pairs.pop(name, None)
            if name in was["embedded_data"]:
                pairs[name] = was["embedded_data"][name]
    values["embedded_data"] = pairs
    await change_columns(conn, merge["survivor_id"], {**values, "modified_at": at})
    lists = dict(now["lists"])
    for name in {*was["lists"], *became["lists"]}:
        if lists.get(name) == became["lists"].get(name):
            lists.pop(name, None)
            if name in was["lists"]:
                lists[name] = was["lists"][name]
    await set_lists(conn, merge["survivor_id"], lists)


async def _restore_merged(conn: AsyncConnection, image: Mapping[str, Any], at: int) -> None:
    row = {name: value for name, value in image.items() if name != "lists"}
    await conn.execute(insert(contacts).values({**row, **keys_of(row), "modified_at": at}))
    await set_lists(conn, image["contact_id"], image["lists"])


async def _hang_back(
    conn: AsyncConnection, table: Any, row_id: Any, ids: list[str], survivor_id: str, merged_id: str
) -> None:
    hang = update(table).where(table.c.contact_id == survivor_id).values(contact_id=merged_id)
    for start in range(0, len(ids), 500):
        await conn.execute(hang.where(row_id.in_(ids[start : start + 500])))


async def _hang_redirects(conn: AsyncConnection, ids: list[str], merged_id: str) -> None:
    if ids:
        await conn.execute(
            update(contact_redirects)
            .where(contact_redirects.c.contact_id.in_(ids))
            .values(survivor_id=merged_id)
        )
