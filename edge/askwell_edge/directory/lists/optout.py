"""Who wants no messages: of one list, of a directory, of all directories; and whom none reach.

A segment has no opt-out: who does not want its messages leaves the directory's (R11). Suppressed is
kept apart: mail does not reach the contact, who never said anything.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.directory.directories import list_directories
from askwell_edge.directory.history import record_change
from askwell_edge.directory.lists.lists import membership_on, set_directory_opt_out
from askwell_edge.directory.segments.membership import evaluate_if_live
from askwell_edge.store.directory_keys import within
from askwell_edge.store.inserts import insert_new
from askwell_edge.store.tables import contacts, opted_out_addresses
from askwell_runtime.silence import Silence, silence_of

KEYS = {"email": "email_key", "phone": "phone_key"}


async def silence(
    conn: AsyncConnection, directory_id: str, contact_id: str, list_id: str | None = None
) -> Silence | None:
    """Why this contact gets no message, of the list or of anything if None; None = may be sent."""
    row = await get_contact(conn, directory_id, contact_id)
    member = await membership_on(conn, list_id, row["contact_id"]) if list_id is not None else None
    return silence_of(
        {
            Silence.EVERYWHERE: await _everywhere(conn, row),
            Silence.DIRECTORY: row["unsubscribed"],
            Silence.LIST: member is not None and member["unsubscribed"],
            Silence.SUPPRESSED: row["suppressed_at"] is not None,
        }
    )


async def set_opt_out_everywhere(
    conn: AsyncConnection,
    directory_id: str,
    contact_id: str,
    unsubscribed: bool,
    at: int,
    *,
    operator_id: str | None = None,
) -> int:
    """Opt everybody with this contact's addresses out of every directory, or in again; how many.

    The addresses are kept, so that contacts who come later with one of them get nothing either.
    """
    row = await get_contact(conn, directory_id, contact_id)
    addresses = [(kind, row[key]) for kind, key in KEYS.items() if row[key]]
    named = tuple_(opted_out_addresses.c.kind, opted_out_addresses.c.address_key)
    await conn.execute(delete(opted_out_addresses).where(named.in_(addresses)))
    if unsubscribed:
        kept = [
            {"kind": kind, "address_key": key, "at": at, "operator_id": operator_id}
            for kind, key in addresses
        ]
        await insert_new(conn, opted_out_addresses, kept)
    changed = 0
    for place in await list_directories(conn):
        for each in await _same_addresses(conn, place["directory_id"], row):
            if await set_directory_opt_out(conn, place["directory_id"], each, unsubscribed, at):
                await evaluate_if_live(conn, place["directory_id"], each, at)
                changed += 1
    return changed


async def _same_addresses(
    conn: AsyncConnection, directory_id: str, row: Mapping[Any, Any]
) -> list[str]:
    """The contact itself, and who shares an address with it in this directory."""
    same = [contacts.c[key] == row[key] for key in KEYS.values() if row[key]]
    wanted = select(contacts.c.contact_id).where(
        within(directory_id),
        or_(contacts.c.contact_id == row["contact_id"], *same),
    )
    return list((await conn.execute(wanted)).scalars())


async def set_suppressed(
    conn: AsyncConnection, directory_id: str, contact_id: str, suppressed: bool, at: int
) -> bool:
    """Say that mail does not reach the contact, or that it may be tried again; False: was so."""
    row = await get_contact(conn, directory_id, contact_id)
    if (row["suppressed_at"] is not None) == suppressed:
        return False
    await conn.execute(
        update(contacts)
        .where(contacts.c.contact_id == row["contact_id"])
        .values(suppressed_at=at if suppressed else None, modified_at=at)
    )
    change = "suppressed" if suppressed else "unsuppressed"
    await record_change(conn, directory_id, row["contact_id"], change, at, "api")
    return True


async def _everywhere(conn: AsyncConnection, row: Mapping[Any, Any]) -> bool:
    addresses = [(kind, row[key]) for kind, key in KEYS.items() if row[key]]
    if not addresses:
        return False
    named = tuple_(opted_out_addresses.c.kind, opted_out_addresses.c.address_key)
    wanted = select(opted_out_addresses.c.at).where(named.in_(addresses)).limit(1)
    return await conn.scalar(wanted) is not None
