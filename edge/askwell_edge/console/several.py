"""One action for several contacts: those that were ticked on a page, or all that it finds.

Each contact has the same call as it would have alone, in a transaction of its own.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.access.roles import Permission, require
from askwell_edge.console import contact_forms, contacts
from askwell_edge.console.narrowing import FIELDS
from askwell_edge.console.pages import form
from askwell_edge.console.visit import Visit, misplaced
from askwell_edge.directory.contacts import contacts_api
from askwell_edge.directory.contacts.contacts import contacts_by_id
from askwell_edge.directory.contacts.search import beginning, search_contacts
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.lists import list_contacts_api
from askwell_edge.directory.lists.lists import get_list, lists_in
from askwell_edge.directory.segments.segments import get_segment

HERE = "/directories/{directory_id}/several"
LIMIT = 500
AT_ONCE = 10
ASKED = ("list", "segment", "q", "only", *FIELDS)
ACTIONS = ("put", "off", "list-out", "out", "delete")
OF_A_LIST = ("off", "list-out")


async def question(visit: Visit) -> Response:
    """GET: who they are, what would be done to them, and whether it can be undone."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    if not visit.query("doing", 20):
        address, asked = _back(visit)
        return visit.go(address, **asked)
    doing = _doing(visit)
    try:
        ids = visit.texts("contact") if visit.form else await _chosen(visit)
    except Invalid as problem:
        visit.problem, ids = problem, []
    async with visit.reading() as conn:
        here = await get_directory(conn, directory_id)
        lists = await lists_in(conn, directory_id)
        names = {row["list_id"]: row["name"] for row in lists}
        rows = [
            row
            for row in await contacts_by_id(conn, ids[:LIMIT])
            if row["directory_id"] == directory_id
        ]
    if not rows and visit.problem is None:
        visit.problem = misplaced("contact", "Contacts", "none of them is there any more")
    answer = await visit.page(
        "several.html",
        here=here,
        doing=doing,
        rows=rows,
        lists=lists,
        of_list=names.get(visit.query("list", 60), ""),
        back=_back(visit),
        kept=_kept(visit),
    )
    answer.status_code = 400 if visit.problem else 200
    return answer


async def act(visit: Visit) -> Response:
    """POST: done to each of them; who is gone meanwhile is left out."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    doing = _doing(visit)
    ids = list(dict.fromkeys(visit.texts("contact")))
    if not 1 <= len(ids) <= LIMIT or any(len(each) > 60 for each in ids):
        raise misplaced("contact", "Contacts", f"must be 1 to {LIMIT} contacts")
    list_id = visit.text("to") if doing == "put" else visit.query("list", 60)
    if doing in ("put", *OF_A_LIST):
        async with visit.reading() as conn:
            await get_list(conn, directory_id, list_id)
    left_out = 0
    for start in range(0, len(ids), AT_ONCE):
        calls = (_do(visit, doing, each, list_id) for each in ids[start : start + AT_ONCE])
        for problem in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(problem, Unknown) and problem.code == "unknown_contact":
                left_out += 1
            elif problem is not None:
                raise problem
    after: dict[str, Any] = {"done": doing, "contacts": len(ids) - left_out, "left_out": left_out}
    if list_id:
        after["list_id"] = list_id

    async def write(conn: AsyncConnection) -> None:
        operator_id = visit.caller.operator_id
        await audit.record(
            conn, operator_id, "contact.several", directory_id, visit.at, after=after
        )

    await visit.write(write)
    address, asked = _back(visit)
    return visit.go(address, done=f"several-{doing}", **asked)


async def _do(visit: Visit, doing: str, contact_id: str, list_id: str) -> None:
    """What the contact's own page would do."""
    out = {"unsubscribed": True}
    match doing:
        case "put":
            await contact_forms.put(visit, list_id, contact_id)
        case "off":
            await visit.call(list_contacts_api.remove, list_id=list_id, contact_id=contact_id)
        case "list-out":
            await visit.call(list_contacts_api.change, out, list_id=list_id, contact_id=contact_id)
        case "out":
            await visit.call(contacts_api.change, out, contact_id=contact_id)
        case _:
            await visit.call(contacts_api.delete, contact_id=contact_id)


def _doing(visit: Visit) -> str:
    """What is to be done, if this operator may do it."""
    doing = visit.query("doing", 20)
    if doing not in ACTIONS or (doing in OF_A_LIST and not visit.query("list", 60)):
        raise Invalid("doing", "must say what is to be done")
    if doing == "delete":
        require(visit.caller, Permission.MANAGE_DIRECTORY, visit.path("directory_id"))
    return doing


async def _chosen(visit: Visit) -> list[str]:
    """The ids of those that were ticked, or of all that the page finds."""
    if visit.query("which", 10) != "found":
        ids = visit.request.query_params.getlist("contact")
        if not ids:
            raise misplaced("contact", "Contacts", "select at least one contact")
        return _few([each.replace("\x00", "")[:60] for each in ids])
    directory_id, list_id = visit.path("directory_id"), visit.query("list", 60) or None
    segment_id = visit.query("segment", 60)
    if list_id is None:
        require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    if list_id is None and not segment_id:
        found = await contacts.found(visit, directory_id, LIMIT + 1)
        if found["examined"] is not None and found["more"] is not None:
            raise misplaced(
                "contact", "Contacts", "not everybody was looked at; narrow the search first"
            )
        return _few([row["contact_id"] for row in found["rows"]])
    async with visit.reading() as conn:
        rows, _ = await search_contacts(
            conn,
            directory_id,
            filter=beginning(visit.query("q", 254)),
            list_id=list_id,
            segment=await get_segment(conn, directory_id, segment_id) if segment_id else None,
            page_size=LIMIT + 1,
        )
    return _few([row["contact_id"] for row in rows])


def _few(ids: Sequence[str]) -> list[str]:
    if len(ids) > LIMIT:
        raise misplaced(
            "contact", "Contacts", f"more than {LIMIT} are found; narrow the search first"
        )
    return list(dict.fromkeys(ids))


def _kept(visit: Visit) -> dict[str, str]:
    """What the page was asked for."""
    return {name: text for name in ASKED if (text := visit.query(name))}


def _back(visit: Visit) -> tuple[str, dict[str, str]]:
    """The page that this was asked from, and what it was asked for."""
    kept = _kept(visit)
    pool = f"/console/directories/{visit.path('directory_id')}"
    if list_id := kept.pop("list", ""):
        return f"{pool}/lists/{list_id}", kept
    if segment_id := kept.pop("segment", ""):
        return f"{pool}/segments/{segment_id}/members", kept
    return f"{pool}/contacts", kept


routes: list[BaseRoute] = [form(HERE, question, act)]
