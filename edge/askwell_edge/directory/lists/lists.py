"""Mailing lists: contacts of the directory, each with an opt-out of its own."""

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Unknown
from askwell_edge.directory.directories import get_directory, read_name
from askwell_edge.directory.history import change_row, record_change
from askwell_edge.store.ids import new_id
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import (
    contacts,
    frequency_rules,
    list_members,
    mailing_lists,
    touchpoints,
)


async def create_list(
    conn: AsyncConnection,
    directory_id: str,
    name: str,
    at: int,
    *,
    list_id: str | None = None,
    owner_id: str | None = None,
) -> str:
    """The new list's id."""
    await get_directory(conn, directory_id)
    list_id = list_id or new_id("CG")
    await conn.execute(
        insert(mailing_lists).values(
            list_id=list_id,
            directory_id=directory_id,
            name=read_name(name),
            owner_id=owner_id,
            created_at=at,
            modified_at=at,
        )
    )
    return list_id


async def get_list(conn: AsyncConnection, directory_id: str, list_id: str) -> RowMapping:
    """The list's row."""
    wanted = select(mailing_lists).where(
        mailing_lists.c.directory_id == directory_id, mailing_lists.c.list_id == list_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("mailing_list", list_id)
    return found


async def lists_in(conn: AsyncConnection, directory_id: str) -> Sequence[RowMapping]:
    """The directory's lists with their `contact_count`, oldest first."""
    counts = (
        select(list_members.c.list_id, func.count().label("contact_count"))
        .group_by(list_members.c.list_id)
        .subquery()
    )
    wanted = (
        select(mailing_lists, func.coalesce(counts.c.contact_count, 0).label("contact_count"))
        .outerjoin(counts, counts.c.list_id == mailing_lists.c.list_id)
        .where(mailing_lists.c.directory_id == directory_id)
        .order_by(mailing_lists.c.created_at, mailing_lists.c.list_id)
    )
    return (await conn.execute(wanted)).mappings().all()


async def rename_list(
    conn: AsyncConnection, directory_id: str, list_id: str, name: str, at: int
) -> None:
    """Give the list another name."""
    await get_list(conn, directory_id, list_id)
    await conn.execute(
        update(mailing_lists)
        .where(mailing_lists.c.list_id == list_id)
        .values(name=read_name(name), modified_at=at)
    )


async def delete_list(conn: AsyncConnection, directory_id: str, list_id: str) -> None:
    """Delete the list; its contacts stay in the directory. Refused while a rule is about it."""
    await get_list(conn, directory_id, list_id)
    rule = await conn.scalar(
        select(frequency_rules.c.rule_id).where(frequency_rules.c.list_id == list_id).limit(1)
    )
    if rule is not None:
        raise Conflict("mailing_list_in_use", f"the frequency rule {rule} is about this list")
    await conn.execute(delete(list_members).where(list_members.c.list_id == list_id))
    await conn.execute(delete(mailing_lists).where(mailing_lists.c.list_id == list_id))


async def add_to_list(
    conn: AsyncConnection,
    directory_id: str,
    list_id: str,
    contact_id: str,
    at: int,
    *,
    unsubscribed: bool = False,
) -> bool:
    """Put a contact on the list; False when it is there already. Opting out is never undone."""
    member = await membership_on(conn, list_id, contact_id)
    if member is None:
        await conn.execute(
            insert(list_members).values(
                list_id=list_id,
                contact_id=contact_id,
                unsubscribed=unsubscribed,
                unsubscribed_at=at if unsubscribed else None,
            )
        )
        await record_change(
            conn, directory_id, contact_id, "list_added", at, "api", list_id=list_id
        )
    elif unsubscribed and not member["unsubscribed"]:
        await set_list_opt_out(conn, directory_id, list_id, contact_id, True, at)
    return member is None


async def add_all_to_list(
    conn: AsyncConnection,
    directory_id: str,
    list_id: str,
    arriving: Sequence[tuple[str, bool]],
    at: int,
) -> list[bool]:
    """The same for many contacts, each with whether it opts out, one after the other."""
    known = await members_among(conn, list_id, {contact_id for contact_id, _ in arriving})
    fresh: dict[str, bool] = {}
    added, opted_out = [], []
    for contact_id, opts_out in arriving:
        added.append(contact_id not in known and contact_id not in fresh)
        if added[-1]:
            fresh[contact_id] = opts_out
        elif opts_out:
            opted_out.append(contact_id)
    members = [
        {
            "list_id": list_id,
            "contact_id": contact_id,
            "unsubscribed": opts_out,
            "unsubscribed_at": at if opts_out else None,
        }
        for contact_id, opts_out in fresh.items()
    ]
    await insert_rows(conn, list_members, members)
    told = [
        change_row(directory_id, each, "list_added", at, "api", list_id=list_id) for each in fresh
    ]
    await insert_rows(conn, touchpoints, told)
    for contact_id in opted_out:
        await set_list_opt_out(conn, directory_id, list_id, contact_id, True, at)
    return added


async def members_among(conn: AsyncConnection, list_id: str, ids: Iterable[str]) -> set[str]:
    """Those of these contacts that are on the list."""
    wanted = select(list_members.c.contact_id).where(
        list_members.c.list_id == list_id,
        one_of(list_members.c.contact_id, literal(list(ids), Texts())),
    )
    return set((await conn.execute(wanted)).scalars())


async def remove_from_list(
    conn: AsyncConnection, directory_id: str, list_id: str, contact_id: str, at: int
) -> None:
    """Take a contact off the list; it stays in the directory."""
    await require_member(conn, list_id, contact_id)
    await conn.execute(
        delete(list_members).where(
            list_members.c.list_id == list_id, list_members.c.contact_id == contact_id
        )
    )
    await record_change(conn, directory_id, contact_id, "list_removed", at, "api", list_id=list_id)


async def set_list_opt_out(
    conn: AsyncConnection,
    directory_id: str,
    list_id: str,
    contact_id: str,
    unsubscribed: bool,
    at: int,
) -> bool:
    """Opt a contact out of this one list, or in again; False when it was so already."""
    member = await require_member(conn, list_id, contact_id)
    if member["unsubscribed"] == unsubscribed:
        return False
    await conn.execute(
        update(list_members)
        .where(list_members.c.list_id == list_id, list_members.c.contact_id == contact_id)
        .values(unsubscribed=unsubscribed, unsubscribed_at=at if unsubscribed else None)
    )
    change = "opted_out" if unsubscribed else "opted_in"
    await record_change(conn, directory_id, contact_id, change, at, "api", list_id=list_id)
    return True


async def set_directory_opt_out(
    conn: AsyncConnection, directory_id: str, contact_id: str, unsubscribed: bool, at: int
) -> bool:
    """Opt a contact out of every list, sample and segment of the directory, or in again."""
    changed = await conn.execute(
        update(contacts)
        .where(
            contacts.c.directory_id == directory_id,
            contacts.c.contact_id == contact_id,
            contacts.c.unsubscribed.is_not(unsubscribed),
        )
        .values(
            unsubscribed=unsubscribed,
            unsubscribed_at=at if unsubscribed else None,
            modified_at=at,
        )
    )
    if changed.rowcount == 0:
        return False
    change = "opted_out" if unsubscribed else "opted_in"
    await record_change(conn, directory_id, contact_id, change, at, "api")
    return True


async def membership_on(conn: AsyncConnection, list_id: str, contact_id: str) -> RowMapping | None:
    """The contact's place on the list, with its opt-out; None when it is not on it."""
    wanted = select(list_members).where(
        list_members.c.list_id == list_id, list_members.c.contact_id == contact_id
    )
    return (await conn.execute(wanted)).mappings().one_or_none()


async def require_member(conn: AsyncConnection, list_id: str, contact_id: str) -> RowMapping:
    """The contact's place on the list; refused when it is not on it."""
    member = await membership_on(conn, list_id, contact_id)
    if member is None:
        raise Unknown("contact", contact_id)
    return member
