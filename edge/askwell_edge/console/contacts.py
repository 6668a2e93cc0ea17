"""The directory's contacts: found while typing, or the newest, page by page."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.finding import FOUND_LIMIT, find_as_typed, newest_contacts
from askwell_edge.directory.contacts.search import search_contacts
from askwell_edge.directory.directories import counts_of, get_directory

HERE = "/directories/{directory_id}/contacts"
# Whom alone somebody may want to see: how it is asked, how it is called, and what it means.
ONLY: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "opted-out": ("Opted out", {"opted_out_since": 0}),
    "bounced": ("Mail does not arrive", {"bounced": True}),
    "no-reference": ("Without a reference", {"without_reference": True}),
}


async def contacts(visit: Visit) -> Response:
    """GET: the page; htmx asks for the results alone."""
    directory_id, typed = visit.path("directory_id"), visit.query("q", 254)
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    before = cursor(visit.query("before", 100))
    only = "" if typed.strip() else visit.query("only", 20)
    after = visit.query("after", 400)
    async with visit.reading() as conn:
        more: str | None = None
        if typed.strip():
            rows = await find_as_typed(conn, directory_id, typed, FOUND_LIMIT)
        elif only in ONLY:
            rows, more = await search_contacts(
                conn,
                directory_id,
                page_size=FOUND_LIMIT,
                skip_token=after or None,
                **ONLY[only][1],
            )
        else:
            rows = await newest_contacts(conn, directory_id, before)
            if len(rows) == FOUND_LIMIT:
                more = f"{rows[-1]['modified_at']}.{rows[-1]['contact_id']}"
        facts: dict[str, Any] = {
            "directory_id": directory_id,
            "rows": rows,
            "typed": typed,
            "only": only if only in ONLY else "",
            "kinds": {key: title for key, (title, _) in ONLY.items()},
            "more": more,
            "first": not after,
        }
        if visit.in_part:
            return visit.part("contacts_found.html", **facts)
        here = await get_directory(conn, directory_id)
        count, without_reference = await counts_of(conn, directory_id)
    return await visit.page(
        "contacts.html",
        here=here,
        count=count,
        without_reference=without_reference,
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
