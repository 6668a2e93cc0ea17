"""/API/v3 contacts of a directory: create, get, list, search, change, delete, opted out."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Made, TokenPage
from askwell_edge.access.calls import Call, api, recorded
from askwell_edge.access.paging import PAGE, next_page, page_size
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.arrivals import receive_contact
from askwell_edge.directory.contacts.contacts import (
    delete_contact,
    get_contact,
    lists_of,
    update_contact,
)
from askwell_edge.directory.contacts.fields import read_fields
from askwell_edge.directory.contacts.search import DEPTH_LIMIT, search_contacts
from askwell_edge.directory.contacts.shapes import (
    ContactBody,
    ContactDetails,
    ContactSummary,
    contact_details,
    contact_summary,
)
from askwell_edge.directory.contacts.stats import stats_of
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.history import record_change
from askwell_edge.directory.lists.lists import set_directory_opt_out
from askwell_edge.directory.segments.membership import evaluate_if_live
from askwell_edge.directory.segments.shown import segments_by_contact
from askwell_edge.directory.transactions.transactions import record_transaction

HERE = "/directories/{directory_id}/contacts"
EVERYBODY = (*PAGE, "includeEmbedded", "includeSegments")


Everybody = TokenPage[ContactSummary]
Filter = Annotated[
    dict[str, Any],
    Meta(examples=[{"filterType": "lastName", "comparison": "eq", "value": "Ruiz"}]),
]


class SearchBody(Struct, forbid_unknown_fields=True):
    """`filter` as described in search.py; without one all contacts are found."""

    filter: Filter | UnsetType | None = UNSET


async def create(call: Call) -> Made:
    """POST: a new contact, or the one that an identity rule says it is; `{"id": "CID_…"}`."""
    body = await call.body(ContactBody)
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    fields = read_fields(body.columns())
    pairs = None if body.transaction_data is UNSET else body.transaction_data

    async def change(conn: AsyncConnection) -> str:
        await get_directory(conn, directory_id)
        contact_id = await keep_arrival(conn, call, directory_id, fields)
        if pairs:
            await record_transaction(conn, directory_id, contact_id, pairs, call.at)
            await evaluate_if_live(conn, directory_id, contact_id, call.at)
        return contact_id

    return Made(id=await call.write(change))


async def keep_arrival(
    conn: AsyncConnection, call: Call, directory_id: str, fields: dict[str, Any]
) -> str:
    """Create or update by the identity rules, with timeline, membership and audit."""
    arrival = await receive_contact(conn, directory_id, fields, call.at)
    contact_id = str(arrival.contact_id)
    if arrival.outcome == "unchanged":
        return contact_id
    if arrival.outcome == "created":
        await record_change(conn, directory_id, contact_id, "contact_created", call.at, "api")
    await evaluate_if_live(conn, directory_id, contact_id, call.at)
    await audit.record(
        conn,
        call.caller.operator_id,
        "contact.create" if arrival.outcome == "created" else "contact.update",
        contact_id,
        call.at,
        before=None if arrival.before is None else recorded(arrival.before),
        after=recorded(await get_contact(conn, directory_id, contact_id)),
    )
    return contact_id


async def get(call: Call) -> ContactDetails:
    """GET: the contact with lists and statistics; a merged contact's old id works for ever."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        row = await get_contact(conn, directory_id, call.path("contact_id"))
        contact_id = row["contact_id"]
        lists, stats = await lists_of(conn, contact_id), await stats_of(conn, contact_id)
    return contact_details(row, lists, stats)


async def change(call: Call) -> None:
    """PUT: the fields that are sent; null empties a field, what is absent stays."""
    body = await call.body(ContactBody)
    directory_id, contact_id = call.path("directory_id"), call.path("contact_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    fields = read_fields(body.columns())
    opted_out = fields.pop("unsubscribed", None)
    pairs = None if body.transaction_data is UNSET else body.transaction_data

    async def write(conn: AsyncConnection) -> None:
        before = await get_contact(conn, directory_id, contact_id)
        kept_id = before["contact_id"]
        changed = await update_contact(conn, directory_id, kept_id, fields, call.at)
        if opted_out is not None:
            changed |= await set_directory_opt_out(conn, directory_id, kept_id, opted_out, call.at)
        if pairs:
            await record_transaction(conn, directory_id, kept_id, pairs, call.at)
        if changed or pairs:
            await evaluate_if_live(conn, directory_id, kept_id, call.at)
            after = await get_contact(conn, directory_id, kept_id)
            await audit.record(
                conn,
                call.caller.operator_id,
                "contact.update",
                kept_id,
                call.at,
                before=recorded(before),
                after=recorded(after),
            )

    await call.write(write)


async def delete(call: Call) -> None:
    """DELETE: the contact and its timeline, for good."""
    directory_id, contact_id = call.path("directory_id"), call.path("contact_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)

    async def write(conn: AsyncConnection) -> None:
        row = await get_contact(conn, directory_id, contact_id)
        await delete_contact(conn, directory_id, row["contact_id"])
        # What was erased does not live on in the log: it keeps the id alone.
        await audit.record(
            conn, call.caller.operator_id, "contact.delete", row["contact_id"], call.at
        )

    await call.write(write)


async def list_all(call: Call) -> Everybody:
    """GET: every contact of the directory, page by page."""
    return await _page(call)


async def search(call: Call) -> Everybody:
    """POST: contacts that pass a filter, page by page, at most 10,000 deep."""
    body = await call.body(SearchBody, 16 * 1024)
    filter = None if body.filter is UNSET else body.filter
    return await _page(call, filter=filter, depth=DEPTH_LIMIT)


async def opted_out(call: Call) -> Everybody:
    """GET: contacts that opted out of the directory, `since` an instant if asked."""
    return await _page(call, opted_out_since=call.whole("since"))


async def _page(call: Call, **asked: Any) -> Everybody:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    with_segments = call.truth("includeSegments")
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        rows, token = await search_contacts(
            conn,
            directory_id,
            page_size=page_size(call),
            skip_token=call.query("skipToken"),
            **asked,
        )
        segments: dict[str, list[str]] = {}
        if with_segments:
            ids = [row["contact_id"] for row in rows]
            segments = await segments_by_contact(conn, directory_id, ids)
    embedded = call.truth("includeEmbedded")
    elements = [
        contact_summary(
            row,
            embedded=embedded,
            segment_ids=segments.get(row["contact_id"], []) if with_segments else UNSET,
        )
        for row in rows
    ]
    return TokenPage(elements=elements, next_page=next_page(call, token), skip_token=token)


routes: list[BaseRoute] = [
    api("POST", HERE, "manage:directory_contacts", create, body=ContactBody),
    api("GET", HERE, "read:directory_contacts", list_all, query=EVERYBODY),
    api(
        "POST",
        f"{HERE}/search",
        "read:directory_contacts",
        search,
        body=SearchBody,
        query=EVERYBODY,
    ),
    api(
        "GET",
        f"{HERE}/optedOutContacts",
        "read:directory_contacts",
        opted_out,
        query=("since", *EVERYBODY),
    ),
    api("GET", f"{HERE}/{{contact_id}}", "read:directory_contacts", get),
    api("PUT", f"{HERE}/{{contact_id}}", "manage:directory_contacts", change, body=ContactBody),
    api("DELETE", f"{HERE}/{{contact_id}}", "manage:directory_contacts", delete),
]
