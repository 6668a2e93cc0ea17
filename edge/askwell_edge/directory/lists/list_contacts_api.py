"""/API/v3 contacts of a mailing list and their opt-outs of it."""

from typing import Any

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access.answers import TokenPage
from askwell_edge.access.calls import Call, api, recorded
from askwell_edge.access.paging import PAGE, next_page, page_size
from askwell_edge.directory.contacts.contacts import get_contact, update_contact
from askwell_edge.directory.contacts.contacts_api import keep_arrival
from askwell_edge.directory.contacts.fields import read_fields
from askwell_edge.directory.contacts.search import search_contacts
from askwell_edge.directory.contacts.shapes import (
    ContactBody,
    ListedContact,
    ListedId,
    listed_contact,
    lookup_id,
)
from askwell_edge.directory.lists import lists
from askwell_edge.directory.lists.lists_api import ONE, place_of, record
from askwell_edge.directory.segments.membership import evaluate_if_live
from askwell_edge.directory.transactions.transactions import record_transaction

CONTACTS = f"{ONE}/contacts"

OnList = TokenPage[ListedContact]


async def list_all(call: Call) -> OnList:
    """GET: the list's contacts, page by page."""
    return await _page(call)


async def opted_out(call: Call) -> OnList:
    """GET: contacts that opted out of this list, `since` an instant if asked."""
    return await _page(call, opted_out_since=call.whole("since"))


async def bounced(call: Call) -> OnList:
    """GET: contacts of the list that mail does not reach; they did not opt out."""
    return await _page(call, bounced=True)


async def _page(call: Call, **asked: Any) -> OnList:
    directory_id, list_id = place_of(call)
    async with call.reading() as conn:
        await lists.get_list(conn, directory_id, list_id)
        rows, token = await search_contacts(
            conn,
            directory_id,
            list_id=list_id,
            page_size=page_size(call),
            skip_token=call.query("skipToken"),
            **asked,
        )
    embedded = call.truth("includeEmbedded")
    elements = [listed_contact(row, list_id, embedded=embedded) for row in rows]
    return TokenPage(elements=elements, next_page=next_page(call, token), skip_token=token)


async def add(call: Call) -> ListedId:
    """POST: a contact in directory and list; `unsubscribed` is about this list."""
    body = await call.body(ContactBody)
    directory_id, list_id = place_of(call)
    fields = read_fields(body.columns())
    opted_out = bool(fields.pop("unsubscribed", False))
    pairs = None if body.transaction_data is UNSET else body.transaction_data

    async def write(conn: AsyncConnection) -> str:
        await lists.get_list(conn, directory_id, list_id)
        contact_id = await keep_arrival(conn, call, directory_id, fields)
        added = await lists.add_to_list(
            conn, directory_id, list_id, contact_id, call.at, unsubscribed=opted_out
        )
        if pairs:
            await record_transaction(conn, directory_id, contact_id, pairs, call.at)
        if added:
            await record(conn, call, "mailing_list.add", list_id, after={"contact": contact_id})
        if added or pairs:
            await evaluate_if_live(conn, directory_id, contact_id, call.at)
        return contact_id

    contact_id = await call.write(write)
    return ListedId(id=contact_id, contact_lookup_id=lookup_id(list_id, contact_id))


async def get(call: Call) -> ListedContact:
    """GET: one contact as the list shows it."""
    directory_id, list_id = place_of(call)
    async with call.reading() as conn:
        await lists.get_list(conn, directory_id, list_id)
        row = await get_contact(conn, directory_id, call.path("contact_id"))
        member = await lists.require_member(conn, list_id, row["contact_id"])
    return listed_contact(
        {
            **dict(row),
            "list_unsubscribed": member["unsubscribed"],
            "list_unsubscribed_at": member["unsubscribed_at"],
        },
        list_id,
    )


async def change(call: Call) -> None:
    """PUT: the contact's fields; `unsubscribed` is about this list."""
    body = await call.body(ContactBody)
    directory_id, list_id = place_of(call)
    fields = read_fields(body.columns())
    opted_out = fields.pop("unsubscribed", None)

    async def write(conn: AsyncConnection) -> None:
        await lists.get_list(conn, directory_id, list_id)
        before = await get_contact(conn, directory_id, call.path("contact_id"))
        contact_id = before["contact_id"]
        image = await _image(conn, directory_id, list_id, contact_id)
        changed = await update_contact(conn, directory_id, contact_id, fields, call.at)
        if opted_out is not None:
            changed |= await lists.set_list_opt_out(
                conn, directory_id, list_id, contact_id, opted_out, call.at
            )
        if changed:
            await evaluate_if_live(conn, directory_id, contact_id, call.at)
            after = await _image(conn, directory_id, list_id, contact_id)
            await record(conn, call, "contact.update", contact_id, before=image, after=after)

    await call.write(write)


async def remove(call: Call) -> None:
    """DELETE: off the list; the contact stays in the directory."""
    directory_id, list_id = place_of(call)

    async def write(conn: AsyncConnection) -> None:
        await lists.get_list(conn, directory_id, list_id)
        row = await get_contact(conn, directory_id, call.path("contact_id"))
        contact_id = row["contact_id"]
        await lists.remove_from_list(conn, directory_id, list_id, contact_id, call.at)
        await evaluate_if_live(conn, directory_id, contact_id, call.at)
        await record(conn, call, "mailing_list.remove", list_id, before={"contact": contact_id})

    await call.write(write)


async def _image(
    conn: AsyncConnection, directory_id: str, list_id: str, contact_id: str
) -> dict[str, Any]:
    """A contact on a list as the audit log keeps it."""
    member = await lists.require_member(conn, list_id, contact_id)
    row = await get_contact(conn, directory_id, contact_id)
    return {**recorded(row), "list_id": list_id, "list_unsubscribed": member["unsubscribed"]}


routes: list[BaseRoute] = [
    api("GET", CONTACTS, "read:mailing_lists", list_all, query=(*PAGE, "includeEmbedded")),
    api(
        "GET",
        f"{ONE}/optedOutContacts",
        "read:mailing_lists",
        opted_out,
        query=("since", *PAGE, "includeEmbedded"),
    ),
    api(
        "GET",
        f"{ONE}/bouncedContacts",
        "read:mailing_lists",
        bounced,
        query=(*PAGE, "includeEmbedded"),
    ),
    api("POST", CONTACTS, "manage:mailing_lists", add, body=ContactBody),
    api("GET", f"{CONTACTS}/{{contact_id}}", "read:mailing_lists", get),
    api("PUT", f"{CONTACTS}/{{contact_id}}", "manage:mailing_lists", change, body=ContactBody),
    api("DELETE", f"{CONTACTS}/{{contact_id}}", "manage:mailing_lists", remove),
]
