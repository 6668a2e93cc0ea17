"""The directory's contacts: found while typing, narrowed, or the newest, page by page."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.narrowing import COMPARISONS, FIELDS, narrowed_by
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.embedded import names_in_use
from askwell_edge.directory.contacts.finding import FOUND_LIMIT, find_as_typed, newest_contacts
from askwell_edge.directory.contacts.looking import look_for
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
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        here = await get_directory(conn, directory_id)
    kinds = {key: title for key, (title, _) in ONLY.items()}
    facts: dict[str, Any] = {"directory_id": directory_id, "kinds": kinds}
    try:
        facts |= await found(visit, directory_id)
    except Invalid as problem:
        if visit.in_part or problem.field not in FIELDS:
            raise
        visit.problem = problem
        facts |= {"typed": visit.query("q", 254), "only": "", "by": None, "kept": {}, "beside": {}}
    if visit.in_part:
        return visit.part("contacts_found.html", **facts)
    async with visit.reading() as conn:
        count, without_reference = await counts_of(conn, directory_id)
        names = await names_in_use(conn, directory_id)
    answer = await visit.page(
        "contacts.html",
        here=here,
        count=count,
        without_reference=without_reference,
        names=names,
        asked={name: visit.query(name) for name in FIELDS},
        comparisons=list(COMPARISONS.items()),
        **facts,
    )
    answer.status_code = 400 if visit.problem else 200
    return answer


async def found(visit: Visit, directory_id: str, limit: int = FOUND_LIMIT) -> dict[str, Any]:
    """Who is found by what the address asks for, and by what that is."""
    by = narrowed_by(visit)
    typed = visit.query("q", 254)
    only = "" if typed.strip() else visit.query("only", 20)
    asked = ONLY[only][1] if only in ONLY else {}
    before, after = cursor(visit.query("before", 100)), visit.query("after", 400) or None
    more: str | None = None
    examined: int | None = None
    if by is not None:
        looked = await look_for(
            visit.store, directory_id, limit, after, filter=by.beside(typed), **asked
        )
        rows, more, examined = looked.rows, looked.more, looked.examined
    else:
        async with visit.reading() as conn:
            if typed.strip():
                rows = await find_as_typed(conn, directory_id, typed, limit)
            elif asked:
                rows, more = await search_contacts(
                    conn, directory_id, page_size=limit, skip_token=after, **asked
                )
            else:
                rows = await newest_contacts(conn, directory_id, before, limit)
                if len(rows) == limit:
                    more = f"{rows[-1]['modified_at']}.{rows[-1]['contact_id']}"
    return {
        "rows": rows,
        "typed": typed,
        "only": only if asked else "",
        "beside": {"q": typed} if typed else {"only": only} if asked else {},
        "by": by,
        "kept": by.query if by else {},
        "more": more,
        "examined": examined,
        "first": not after,
    }


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
