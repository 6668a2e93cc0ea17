"""Merges: two contacts become the older one, and, unlike elsewhere, can become two again.

The newest value that is not blank wins, field by field; an opt-out stays; timelines are joined.
Both contacts are kept as they were, so that an undo puts back what nobody has changed since.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.directory.contacts import get_contact, lists_of, merged_pairs
from askwell_edge.directory.duplicates import Pair
from askwell_edge.directory.fields import TEXTS, keys_of
from askwell_edge.directory.history import record_change
from askwell_edge.directory.membership import evaluate_if_live
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import (
    claims,
    contact_redirects,
    contacts,
    list_members,
    mailing_lists,
    memberships,
    merges,
    page_views,
    touchpoints,
    transactions,
)

Image = dict[str, Any]

# Whatever hangs on a contact, by what names its rows.
HANGING: Mapping[str, tuple[Table, Any]] = {
    "touchpoints": (touchpoints, touchpoints.c.touchpoint_id),
    "transactions": (transactions, transactions.c.transaction_id),
    "claims": (claims, claims.c.claim_id),
    "page_views": (page_views, page_views.c.page_view_id),
}


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
    at = await _after_the_last(conn, pair.survivor_id, at)
    survivor = await image_of(conn, directory_id, pair.survivor_id)
    merged = await image_of(conn, directory_id, pair.merged_id)
    after = {**joined(survivor, merged), "modified_at": at}
    lists = _joined_lists(survivor["lists"], merged["lists"])
    merge_id = new_id("MG")
    moved = {name: await _hang(conn, name, merged, survivor["contact_id"]) for name in HANGING}
    moved["redirects"] = await _redirect(conn, merged["contact_id"], survivor["contact_id"])
    await set_lists(conn, merged["contact_id"], {})
    await set_lists(conn, survivor["contact_id"], lists)
    await _forget(conn, merged["contact_id"])
    await change_columns(conn, survivor["contact_id"], after)
    await conn.execute(
        insert(merges).values(
            merge_id=merge_id,
            directory_id=directory_id,
            at=at,
            operator_id=operator_id,
            rule_position=pair.rule_position,
            survivor_id=survivor["contact_id"],
            merged_id=merged["contact_id"],
            survivor_before=survivor,
            merged_before=merged,
            survivor_after={**after, "lists": lists},
            moved=moved,
        )
    )
    await tell(conn, directory_id, survivor["contact_id"], "contact_merged", merge_id, at)
    await audit.record(
        conn,
        operator_id,
        "contact.merge",
        survivor["contact_id"],
        at,
        before={"survivor": survivor, "merged": merged},
        after={**after, "lists": lists, "merge_id": merge_id},
    )
    return merge_id


async def _after_the_last(conn: AsyncConnection, survivor_id: str, at: int) -> int:
    """Merges into one contact have an order, even those of one run."""
    last = select(func.max(merges.c.at)).where(merges.c.survivor_id == survivor_id)
    return max(at, (await conn.scalar(last) or 0) + 1)


async def tell(
    conn: AsyncConnection, directory_id: str, contact_id: str, type: str, merge_id: str, at: int
) -> None:
    """Write the merge or its undoing on the timeline, and see which segments that changes."""
    details = {"merge_id": merge_id}
    await record_change(conn, directory_id, contact_id, type, at, "api", details=details)
    await evaluate_if_live(conn, directory_id, contact_id, at)


async def image_of(conn: AsyncConnection, directory_id: str, contact_id: str) -> Image:
    """The contact with its lists, as it is now."""
    row: RowMapping = await get_contact(conn, directory_id, contact_id)
    kept = {name: value for name, value in row.items() if not str(name).endswith("_key")}
    return {**kept, "lists": await lists_of(conn, row["contact_id"])}


def _joined_lists(
    one: Mapping[str, Mapping[str, Any]], two: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    lists: dict[str, dict[str, Any]] = {name: dict(member) for name, member in one.items()}
    for name, member in two.items():
        if name not in lists or (member["unsubscribed"] and not lists[name]["unsubscribed"]):
            lists[name] = dict(member)
    return lists


async def _hang(
    conn: AsyncConnection, name: str, merged: Mapping[str, Any], survivor_id: str
) -> list[str]:
    """Hang the merged contact's rows on the survivor; the ids of those rows."""
    table, row_id = HANGING[name]
    here = table.c.contact_id == merged["contact_id"]
    ids = [str(each) for each in (await conn.execute(select(row_id).where(here))).scalars()]
    if ids:
        await conn.execute(update(table).where(here).values(contact_id=survivor_id))
    return ids


async def _redirect(conn: AsyncConnection, merged_id: str, survivor_id: str) -> list[str]:
    """Old ids lead to the survivor for ever, those that led to the merged contact too."""
    there = contact_redirects.c.survivor_id == merged_id
    older = (await conn.execute(select(contact_redirects.c.contact_id).where(there))).scalars()
    ids = [str(each) for each in older]
    await conn.execute(update(contact_redirects).where(there).values(survivor_id=survivor_id))
    await conn.execute(
        insert(contact_redirects).values(contact_id=merged_id, survivor_id=survivor_id)
    )
    return ids


async def set_lists(
    conn: AsyncConnection, contact_id: str, lists: Mapping[str, Mapping[str, Any]]
) -> None:
    """Put the contact on exactly these lists, as far as they are there."""
    await conn.execute(delete(list_members).where(list_members.c.contact_id == contact_id))
    wanted = select(mailing_lists.c.list_id).where(mailing_lists.c.list_id.in_(sorted(lists)))
    rows = [
        {"list_id": name, "contact_id": contact_id, **lists[name]}
        for name in (await conn.execute(wanted)).scalars()
    ]
    if rows:
        await conn.execute(insert(list_members), rows)


async def _forget(conn: AsyncConnection, contact_id: str) -> None:
    await conn.execute(delete(memberships).where(memberships.c.contact_id == contact_id))
    await conn.execute(delete(contacts).where(contacts.c.contact_id == contact_id))


async def change_columns(conn: AsyncConnection, contact_id: str, values: Mapping[str, Any]) -> None:
    """Set these columns, and those that compare with them."""
    await conn.execute(
        update(contacts)
        .where(contacts.c.contact_id == contact_id)
        .values(**values, **keys_of(values))
    )
