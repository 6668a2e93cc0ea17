"""Merges: two contacts become the older one, and, unlike elsewhere, can become two again.

The newest value that is not blank wins, field by field; an opt-out stays; timelines are joined.
Both contacts are kept as they were, so that an undo puts back what nobody has changed since.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Unknown
from askwell_edge.directory.contacts.contacts import merged_pairs
from askwell_edge.directory.contacts.fields import TEXTS, keys_of
from askwell_edge.directory.history import change_row
from askwell_edge.directory.merges.duplicates import Pair
from askwell_edge.directory.merges.hanging import hang_all
from askwell_edge.directory.segments.membership import evaluate_all_if_live
from askwell_edge.store.ids import new_id
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import audit as audit_rows
from askwell_edge.store.tables import (
    contacts,
    due_marks,
    list_members,
    memberships,
    merges,
    touchpoints,
)

Image = dict[str, Any]

_CHANGED = (
    *TEXTS,
    *("embedded_data", "unsubscribed", "unsubscribed_at", "suppressed_at", "modified_at"),
)


def joined(survivor: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the contact that two become; the one modified last is believed first."""
    older, newer = sorted((merged, survivor), key=lambda each: each["modified_at"])
    opted_out = [each["unsubscribed_at"] for each in (survivor, merged) if each["unsubscribed"]]
    suppressed = [each["suppressed_at"] for each in (survivor, merged) if each["suppressed_at"]]
    return {
        **{column: newer[column] or older[column] for column in TEXTS},
        "embedded_data": merged_pairs(older["embedded_data"], newer["embedded_data"]),
        "unsubscribed": bool(opted_out),
        "unsubscribed_at": min((at for at in opted_out if at is not None), default=None),
        "suppressed_at": min(suppressed, default=None),
    }


async def merge_pair(
    conn: AsyncConnection, directory_id: str, pair: Pair, operator_id: str | None, at: int
) -> str:
    """Merge one contact into an older one; the merge's id, by which it can be undone."""
    made = await merge_pairs(conn, directory_id, [pair], operator_id, at)
    if not made:
        raise Unknown("contact", pair.merged_id)
    return made[0]


async def merge_pairs(
    conn: AsyncConnection,
    directory_id: str,
    pairs: Sequence[Pair],
    operator_id: str | None,
    at: int,
    run_id: str | None = None,
) -> list[str]:
    """Merge many pairs at once, in order; pairs of which somebody is gone are passed over.

    Nobody who is merged away here is the survivor of another pair. Each merge has images of its
    own, as if they had come one after the other; the store is read and written for all together.
    `run_id`: the run that makes them.
    """
    ids = sorted({each for pair in pairs for each in (pair.survivor_id, pair.merged_id)})
    now = await images_of(conn, directory_id, ids)
    pairs = [each for each in pairs if each.survivor_id in now and each.merged_id in now]
    if not pairs:
        return []
    goes_to = {pair.merged_id: pair.survivor_id for pair in pairs}
    last = await _last_merges(conn, ids)
    moved = await hang_all(conn, goes_to)
    made: list[dict[str, Any]] = []
    logged: list[dict[str, Any]] = []
    touched: list[dict[str, Any]] = []
    for pair in pairs:
        survivor, merged = now[pair.survivor_id], now.pop(pair.merged_id)
        # Merges into one contact have an order, even those of one run; a chain of them has too.
        both = (last.get(each, 0) for each in (pair.survivor_id, pair.merged_id))
        then = last[pair.survivor_id] = max(at, *(each + 1 for each in both))
        after = {**joined(survivor, merged), "modified_at": then}
        after["lists"] = _joined_lists(survivor["lists"], merged["lists"])
        now[pair.survivor_id] = {**survivor, **after}
        merge = {
            "merge_id": new_id("MG"),
            "directory_id": directory_id,
            "at": then,
            "operator_id": operator_id,
            "rule_position": pair.rule_position,
            "survivor_id": pair.survivor_id,
            "merged_id": pair.merged_id,
            "survivor_before": survivor,
            "merged_before": merged,
            "survivor_after": after,
            "moved": moved[pair.merged_id],
            "undone_at": None,
            "run_id": run_id,
        }
        made.append(merge)
        told = (directory_id, pair.survivor_id, "contact_merged", then, "api")
        touched.append(change_row(*told, details={"merge_id": merge["merge_id"]}))
        before = {"survivor": survivor, "merged": merged}
        kept = {**after, "merge_id": merge["merge_id"]}
        logged.append(
            audit.entry(
                operator_id, "contact.merge", pair.survivor_id, then, before=before, after=kept
            )
        )
    survivors = {each: now[each] for each in sorted(set(goes_to.values()))}
    await _forget(conn, sorted(goes_to))
    await keep(conn, survivors)
    await insert_rows(conn, merges, made)
    await insert_rows(conn, touchpoints, touched)
    await insert_rows(conn, audit_rows, logged)
    await evaluate_all_if_live(conn, directory_id, survivors, max(last.values()))
    return [each["merge_id"] for each in made]


async def _last_merges(conn: AsyncConnection, contact_ids: Sequence[str]) -> dict[str, int]:
    wanted = (
        select(merges.c.survivor_id, func.max(merges.c.at))
        .where(merges.c.survivor_id.in_(contact_ids))
        .group_by(merges.c.survivor_id)
    )
    return {row[0]: row[1] for row in await conn.execute(wanted)}


async def images_of(
    conn: AsyncConnection, directory_id: str, contact_ids: Sequence[str]
) -> dict[str, Image]:
    """These contacts with their lists by id, as far as they are there; nobody else changes them."""
    wanted = (
        select(contacts)
        .where(contacts.c.directory_id == directory_id, contacts.c.contact_id.in_(contact_ids))
        .order_by(contacts.c.contact_id)
        .with_for_update()
    )
    images: dict[str, Image] = {}
    for row in (await conn.execute(wanted)).mappings():
        kept = {str(name): value for name, value in row.items() if not str(name).endswith("_key")}
        images[row["contact_id"]] = {**kept, "lists": {}}
    members = (
        select(list_members)
        .where(list_members.c.contact_id.in_(sorted(images)))
        .order_by(list_members.c.list_id)
    )
    for member in (await conn.execute(members)).mappings():
        images[member["contact_id"]]["lists"][member["list_id"]] = {
            "unsubscribed": member["unsubscribed"],
            "unsubscribed_at": member["unsubscribed_at"],
        }
    return images


def _joined_lists(
    one: Mapping[str, Mapping[str, Any]], two: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    lists: dict[str, dict[str, Any]] = {name: dict(member) for name, member in one.items()}
    for name, member in two.items():
        if name not in lists or (member["unsubscribed"] and not lists[name]["unsubscribed"]):
            lists[name] = dict(member)
    return lists


async def _forget(conn: AsyncConnection, contact_ids: Sequence[str]) -> None:
    for table in (list_members, memberships, due_marks, contacts):
        await conn.execute(delete(table).where(table.c.contact_id.in_(contact_ids)))


async def keep(conn: AsyncConnection, survivors: Mapping[str, Image]) -> None:
    """Write what the survivors have become, and put them on exactly their lists."""
    values = [
        {"this_id": each, **columns, **keys_of(columns)}
        for each, image in survivors.items()
        if (columns := {name: image[name] for name in _CHANGED})
    ]
    names = [name for name in values[0] if name != "this_id"]
    change = update(contacts).where(contacts.c.contact_id == bindparam("this_id"))
    await conn.execute(change.values({name: bindparam(name) for name in names}), values)
    ids = sorted(survivors)
    await conn.execute(delete(list_members).where(list_members.c.contact_id.in_(ids)))
    await list_all(conn, survivors)


async def list_all(conn: AsyncConnection, images: Mapping[str, Image]) -> None:
    """Put contacts, who are on no list, on those of their images."""
    rows = [
        {"list_id": list_id, "contact_id": each, **member}
        for each, image in images.items()
        for list_id, member in image["lists"].items()
    ]
    await insert_rows(conn, list_members, rows)
