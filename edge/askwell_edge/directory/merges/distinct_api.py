"""/API/v3 contacts that are told apart: said, listed, taken back."""

from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access.answers import ContactId, Instant, Shown, TokenPage
from askwell_edge.access.calls import Call, api
from askwell_edge.access.paging import PAGE, next_page, pack_token, page_size, read_token
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.merges.distinct import take_back, tell_apart, told_apart

ALL = "/directories/{directory_id}/distinctcontacts"
BACK = f"{ALL}/takeback"


class TwoContacts(Struct, rename="camel", forbid_unknown_fields=True):
    """Two contacts of the directory."""

    contact_ids: Annotated[list[str], Meta(min_length=2, max_length=2)]


class DistinctContacts(Shown):
    """Two contacts that somebody said are two people."""

    contact_ids: list[ContactId]
    date: Instant
    operator_id: str | None


def distinct_shape(row: RowMapping) -> DistinctContacts:
    """The pair as the API shows it."""
    return DistinctContacts(
        contact_ids=[row["one"], row["other"]],
        date=row["at"],
        operator_id=row["operator_id"],
    )


async def list_all(call: Call) -> TokenPage[DistinctContacts]:
    """GET: who was told apart from whom, newest first, page by page; ids as they are now."""
    directory_id, size = _managed(call), page_size(call)
    before = read_token(call.query("skipToken"), int, str, str)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        rows = await told_apart(
            conn,
            directory_id,
            before=None if before is None else (before[0], before[1], before[2]),
            limit=size + 1,
        )
    last = rows[size - 1] if len(rows) > size else None
    token = None if last is None else pack_token(last["at"], last["one_id"], last["other_id"])
    elements = [distinct_shape(row) for row in rows[:size]]
    return TokenPage(elements=elements, next_page=next_page(call, token), skip_token=token)


async def say(call: Call) -> None:
    """POST: these two are two people; no rule merges them from now on."""
    directory_id = _managed(call)
    body = await call.body(TwoContacts)

    async def write(conn: AsyncConnection) -> None:
        await tell_apart(conn, directory_id, body.contact_ids, call.caller.operator_id, call.at)

    await call.write(write)


async def unsay(call: Call) -> None:
    """POST: they may be one person after all."""
    directory_id = _managed(call)
    body = await call.body(TwoContacts)

    async def write(conn: AsyncConnection) -> None:
        await take_back(conn, directory_id, body.contact_ids, call.caller.operator_id, call.at)

    await call.write(write)


def _managed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


routes: list[BaseRoute] = [
    api("GET", ALL, "read:directory_contacts", list_all, query=PAGE),
    api("POST", ALL, "manage:directory_contacts", say, body=TwoContacts),
    api("POST", BACK, "manage:directory_contacts", unsay, body=TwoContacts),
]
