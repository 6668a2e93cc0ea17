"""Contacts as rows: find, create, change, delete. Who may do so is the caller's affair."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Unknown
from askwell_edge.directory.contacts.fields import KEYS, TEXTS, keys_of
from askwell_edge.store.directory_keys import within
from askwell_edge.store.ids import new_id
from askwell_edge.store.move_log import forget_log
from askwell_edge.store.tables import (
    audit,
    contact_redirects,
    contacts,
    distinct_contacts,
    due_marks,
    list_members,
    mailing_lists,
    memberships,
    merges,
    segment_moves,
    timelines,
    touchpoints,
    transactions,
)

# Of contacts that match alike the one modified last. Not by the column itself: to have that
# order without sorting, SQLite would read the whole directory by age.
NEWEST_FIRST = (-contacts.c.modified_at, contacts.c.contact_id)


async def find_by_reference(
    conn: AsyncConnection, directory_id: str, reference: str
) -> RowMapping | None:
    """The contact with exactly this external reference, byte for byte.

    Of several (a duplicate to review) the most recently modified one.
    """
    wanted = (
        select(contacts)
        .where(within(directory_id), contacts.c.external_reference == reference)
        .order_by(*NEWEST_FIRST)
        .limit(1)
    )
    return (await conn.execute(wanted)).mappings().one_or_none()


async def get_contact(conn: AsyncConnection, directory_id: str, contact_id: str) -> RowMapping:
    """The contact; a merged contact's old id leads to the one it became."""
    wanted = select(contacts).where(
        contacts.c.directory_id == directory_id, contacts.c.contact_id == contact_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is not None:
        return found
    survivor = await conn.scalar(
        select(contact_redirects.c.survivor_id).where(contact_redirects.c.contact_id == contact_id)
    )
    if survivor is None:
        raise Unknown("contact", contact_id)
    return await get_contact(conn, directory_id, survivor)


async def contacts_by_id(conn: AsyncConnection, ids: Sequence[str]) -> Sequence[RowMapping]:
    """The contacts with these ids, as far as they are there, by id."""
    wanted = select(contacts).where(contacts.c.contact_id.in_(ids)).order_by(contacts.c.contact_id)
    return (await conn.execute(wanted)).mappings().all()


async def create_contact(
    conn: AsyncConnection, directory_id: str, fields: Mapping[str, Any], at: int
) -> str:
    """The id of a new contact with these fields (by column, already checked)."""
    contact_id = new_id("CID")
    await conn.execute(insert(contacts).values(new_row(contact_id, directory_id, fields, at)))
    return contact_id


_BLANK = dict.fromkeys((*TEXTS, *(key for key, _ in KEYS.values()), "suppressed_at"))


def new_row(
    contact_id: str, directory_id: str, fields: Mapping[str, Any], at: int
) -> dict[str, Any]:
    """Every column of a contact that is about to be created."""
    unsubscribed = bool(fields.get("unsubscribed"))
    given = fields.get("embedded_data") or {}
    return {
        **_BLANK,
        **fields,
        **keys_of(fields),
        "contact_id": contact_id,
        "directory_id": directory_id,
        "embedded_data": {k: v for k, v in given.items() if v is not None},
        "unsubscribed": unsubscribed,
        "unsubscribed_at": at if unsubscribed else None,
        "created_at": at,
        "modified_at": at,
    }


def changes_to(row: Mapping[Any, Any], fields: Mapping[str, Any], at: int) -> dict[str, Any]:
    """The columns of `row` that `fields` would change; empty when everything is so already."""
    texts = {c: fields[c] for c in TEXTS if c in fields and fields[c] != row[c]}
    changes: dict[str, Any] = {**texts, **keys_of(texts)}
    if "embedded_data" in fields:
        merged = merged_pairs(row["embedded_data"], fields["embedded_data"])
        if merged != row["embedded_data"]:
            changes["embedded_data"] = merged
    if "unsubscribed" in fields and fields["unsubscribed"] != row["unsubscribed"]:
        changes["unsubscribed"] = fields["unsubscribed"]
        changes["unsubscribed_at"] = at if fields["unsubscribed"] else None
    return {**changes, "modified_at": at} if changes else {}


def merged_pairs(present: Mapping[str, str], given: Mapping[str, str | None]) -> dict[str, str]:
    """Embedded data after a change; names differ only by more than their letters' case."""
    merged = dict(present)
    spelled = {name.casefold(): name for name in present}
    for name, value in given.items():
        kept = spelled.setdefault(name.casefold(), name)
        if value is None:
            merged.pop(kept, None)
        else:
            merged[kept] = value
    return merged


async def update_contact(
    conn: AsyncConnection, directory_id: str, contact_id: str, fields: Mapping[str, Any], at: int
) -> bool:
    """Change the given fields alone; False when they were so already, and nothing is written."""
    row = await get_contact(conn, directory_id, contact_id)
    changes = changes_to(row, fields, at)
    if changes:
        await conn.execute(
            update(contacts).where(contacts.c.contact_id == row["contact_id"]).values(**changes)
        )
    return bool(changes)


async def delete_contact(conn: AsyncConnection, directory_id: str, contact_id: str) -> None:
    """Delete the contact with its lists, memberships, timeline, transactions and images.

    The audit log keeps that it was changed and when, not what it held.
    """
    row = await get_contact(conn, directory_id, contact_id)
    wanted = row["contact_id"]
    await forget_log(conn, [wanted])
    hanging = (touchpoints, segment_moves, transactions)
    for table in (list_members, memberships, due_marks, *hanging):
        await conn.execute(delete(table).where(table.c.contact_id == wanted))
    merged = contact_redirects.c.survivor_id == wanted
    old_ids = (await conn.execute(select(contact_redirects.c.contact_id).where(merged))).scalars()
    ids = [wanted, *old_ids]
    await conn.execute(delete(timelines).where(timelines.c.contact_id.in_(ids)))
    await conn.execute(delete(contact_redirects).where(merged))
    await conn.execute(
        delete(merges).where(merges.c.survivor_id.in_(ids) | merges.c.merged_id.in_(ids))
    )
    one, other = distinct_contacts.c.one_id, distinct_contacts.c.other_id
    await conn.execute(delete(distinct_contacts).where(one.in_(ids) | other.in_(ids)))
    await conn.execute(
        update(audit).where(audit.c.object_id.in_(ids)).values(before=None, after=None)
    )
    await conn.execute(delete(contacts).where(contacts.c.contact_id == wanted))


async def lists_of(conn: AsyncConnection, contact_id: str) -> dict[str, dict[str, Any]]:
    """Each list the contact is on: `{"CG_…": {"unsubscribed": False, "unsubscribed_at": None}}`."""
    rows = await conn.execute(
        select(list_members.c.list_id, list_members.c.unsubscribed, list_members.c.unsubscribed_at)
        .join(mailing_lists, mailing_lists.c.list_id == list_members.c.list_id)
        .where(list_members.c.contact_id == contact_id)
        .order_by(list_members.c.list_id)
    )
    return {
        r.list_id: {"unsubscribed": r.unsubscribed, "unsubscribed_at": r.unsubscribed_at}
        for r in rows
    }
