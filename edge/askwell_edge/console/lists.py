"""Mailing lists: their contacts, each with an opt-out of its own."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.search import beginning, search_contacts
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.lists import lists_api
from askwell_edge.directory.lists.lists import get_list, lists_in

ALL = "/directories/{directory_id}/lists"
ONE = f"{ALL}/{{list_id}}"
SHOWN = 50


async def lists(visit: Visit) -> Response:
    """GET: the directory's lists, and a form for a new one."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        rows = await lists_in(conn, directory_id)
    return await visit.page("lists.html", rows=rows)


async def create(visit: Visit) -> Response:
    """POST: a new list."""
    made = await visit.call(lists_api.create, {"name": visit.text("name")})
    return visit.go(address_of(visit.path("directory_id"), made["id"]), done="created")


async def one(visit: Visit) -> Response:
    """GET: a list's contacts, page by page, those alone that begin as is typed if asked."""
    directory_id, list_id = visit.path("directory_id"), visit.path("list_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    after, typed = visit.query("after", 400), visit.query("q", 254)
    async with visit.reading() as conn:
        row = await get_list(conn, directory_id, list_id)
        rows, more = await search_contacts(
            conn,
            directory_id,
            filter=beginning(typed),
            list_id=list_id,
            page_size=SHOWN,
            skip_token=after or None,
        )
    return await visit.page(
        "list.html", row=row, rows=rows, more=more, first=not after, typed=typed
    )


async def rename(visit: Visit) -> Response:
    """POST: another name."""
    await visit.call(lists_api.rename, {"name": visit.text("name")})
    return visit.go(address_of(visit.path("directory_id"), visit.path("list_id")), done="saved")


async def delete(visit: Visit) -> Response:
    """POST: the list is gone; its contacts stay."""
    await visit.call(lists_api.delete)
    return visit.go(f"/console/directories/{visit.path('directory_id')}/lists", done="deleted")


def address_of(directory_id: str, list_id: str) -> str:
    """A list's page."""
    return f"/console/directories/{directory_id}/lists/{list_id}"


routes: list[BaseRoute] = [
    form(ALL, lists, create),
    page(ONE, one),
    action(f"{ONE}/rename", one, rename),
    action(f"{ONE}/delete", one, delete),
]
