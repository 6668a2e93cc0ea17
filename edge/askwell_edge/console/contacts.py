"""The directory's contacts: found while typing, or the newest, page by page."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.finding import FOUND_LIMIT, find_as_typed, newest_contacts
from askwell_edge.directory.directories import counts_of, get_directory

HERE = "/directories/{directory_id}/contacts"


async def contacts(visit: Visit) -> Response:
    """GET: the page; htmx asks for the results alone."""
    directory_id, typed = visit.path("directory_id"), visit.query("q", 254)
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    before = cursor(visit.query("before", 100))
    async with visit.reading() as conn:
        if typed.strip():
            rows = await find_as_typed(conn, directory_id, typed, FOUND_LIMIT)
        else:
            rows = await newest_contacts(conn, directory_id, before)
        facts: dict[str, Any] = {"directory_id": directory_id, "rows": rows, "typed": typed}
        facts["more"] = None
        if not typed.strip() and len(rows) == FOUND_LIMIT:
            facts["more"] = f"{rows[-1]['modified_at']}.{rows[-1]['contact_id']}"
        if visit.in_part:
            return visit.part("contacts_found.html", **facts)
        here = await get_directory(conn, directory_id)
        count, without_reference = await counts_of(conn, directory_id)
    return await visit.page(
        "contacts.html",
        here=here,
        count=count,
        without_reference=without_reference,
        first=before is None,
        **facts,
    )


async def directory(visit: Visit) -> Response:
    """GET: the directory's first page that this operator may open."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    start = "contacts" if visit.may_manage(directory_id) else "lists"
    return visit.go(f"/console/directories/{directory_id}/{start}")


def cursor(text: str, name: str = "before") -> tuple[int, str] | None:
    """Where the page before this one ended: `1800000000000.CID_…`."""
    if not text:
        return None
    at, _, last = text.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 15) or "\x00" in last:
        raise Invalid(name, "is not where a page ended")
    return int(at), last


routes: list[BaseRoute] = [page("/directories/{directory_id}", directory), page(HERE, contacts)]
