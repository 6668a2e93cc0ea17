"""/API/v3 mailing lists of a directory, as things of their own."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Instant, ListId, Made, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.lists import lists

ALL = "/directories/{directory_id}/mailinglists"
ONE = f"{ALL}/{{list_id}}"


class ListBody(Struct, rename="camel", forbid_unknown_fields=True):
    """A list to create or rename; it belongs to whoever makes it, whatever `ownerId` says."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    owner_id: str | None = None


class MailingList(Shown):
    """A mailing list."""

    mailing_list_id: ListId
    name: str
    owner_id: str | None
    creation_date: Instant
    last_modified_date: Instant
    contact_count: int


def list_shape(row: Mapping[Any, Any]) -> MailingList:
    """A list as the API shows it."""
    return MailingList(
        mailing_list_id=row["list_id"],
        name=row["name"],
        owner_id=row["owner_id"],
        creation_date=row["created_at"],
        last_modified_date=row["modified_at"] or row["created_at"],
        contact_count=row["contact_count"],
    )


def place_of(call: Call) -> tuple[str, str]:
    """Directory and list of an address, for who may see them."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    return directory_id, call.path("list_id")


async def list_all(call: Call) -> Page[MailingList]:
    """GET: the directory's lists."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        rows = await lists.lists_in(conn, directory_id)
    return Page(elements=[list_shape(row) for row in rows])


async def create(call: Call) -> Made:
    """POST: a new list."""
    body = await call.body(ListBody)
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)

    async def write(conn: AsyncConnection) -> str:
        owner_id = call.caller.operator_id
        list_id = await lists.create_list(conn, directory_id, body.name, call.at, owner_id=owner_id)
        await record(conn, call, "mailing_list.create", list_id, after={"name": body.name})
        return list_id

    return Made(id=await call.write(write))


async def get(call: Call) -> MailingList:
    """GET: one list."""
    directory_id, list_id = place_of(call)
    async with call.reading() as conn:
        await lists.get_list(conn, directory_id, list_id)
        rows = await lists.lists_in(conn, directory_id)
    return next(list_shape(row) for row in rows if row["list_id"] == list_id)


async def rename(call: Call) -> None:
    """PUT: another name."""
    body = await call.body(ListBody)
    directory_id, list_id = place_of(call)

    async def write(conn: AsyncConnection) -> None:
        before = await lists.get_list(conn, directory_id, list_id)
        await lists.rename_list(conn, directory_id, list_id, body.name, call.at)
        await record(
            conn,
            call,
            "mailing_list.update",
            list_id,
            before={"name": before["name"]},
            after={"name": body.name},
        )

    await call.write(write)


async def delete(call: Call) -> None:
    """DELETE: the list; its contacts stay in the directory."""
    directory_id, list_id = place_of(call)

    async def write(conn: AsyncConnection) -> None:
        before = await lists.get_list(conn, directory_id, list_id)
        await lists.delete_list(conn, directory_id, list_id)
        await record(conn, call, "mailing_list.delete", list_id, before={"name": before["name"]})

    await call.write(write)


async def record(
    conn: AsyncConnection,
    call: Call,
    action: str,
    object_id: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down who changed what."""
    await audit.record(
        conn, call.caller.operator_id, action, object_id, call.at, before=before, after=after
    )


routes: list[BaseRoute] = [
    api("GET", ALL, "read:mailing_lists", list_all),
    api("POST", ALL, "manage:mailing_lists", create, body=ListBody),
    api("GET", ONE, "read:mailing_lists", get),
    api("PUT", ONE, "manage:mailing_lists", rename, body=ListBody),
    api("DELETE", ONE, "manage:mailing_lists", delete),
]
