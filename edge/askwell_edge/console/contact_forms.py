"""Changing contacts: create, edit, opt out, put on lists, delete after a question."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.comparing import rule_in_words
from askwell_edge.console.contact import ONE, address_of, contact
from askwell_edge.console.pages import action, form
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts import contacts_api
from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.directory.contacts.identity import rules_of
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.lists import list_contacts_api
from askwell_edge.directory.lists.lists import add_to_list, get_list
from askwell_edge.directory.segments.membership import evaluate_if_live

ALL = "/directories/{directory_id}/contacts"


async def new(visit: Visit) -> Response:
    """GET: an empty form."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    list_id = visit.text("list_id") or visit.query("list", 60)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        rules = [rule_in_words(rule) for rule in await rules_of(conn, directory_id) if rule.enabled]
        onto = await get_list(conn, directory_id, list_id) if list_id else None
    return await visit.page(
        "contact_form.html",
        row=None,
        values=_typed(visit),
        pairs=_pairs(visit),
        rules=rules,
        onto=onto,
    )


async def create(visit: Visit) -> Response:
    """POST: a new contact, or the one that an identity rule says it is; on a list if asked."""
    directory_id, list_id = visit.path("directory_id"), visit.text("list_id")
    if list_id:
        made = await visit.call(list_contacts_api.add, _sent(visit), list_id=list_id)
        return visit.go(address_of(directory_id, made["id"]), done="listed")
    made = await visit.call(contacts_api.create, _sent(visit))
    return visit.go(address_of(directory_id, made["id"]), done="saved")


async def edit(visit: Visit) -> Response:
    """GET: the contact's fields to change."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with visit.reading() as conn:
        row = await get_contact(conn, directory_id, visit.path("contact_id"))
    typed = visit.problem is not None
    kept = {api_name: row[column] for column, (api_name, _) in TEXTS.items()}
    return await visit.page(
        "contact_form.html",
        row=row,
        values=_typed(visit) if typed else kept,
        pairs=_pairs(visit) if typed else list(row["embedded_data"].items()),
        rules=[],
        onto=None,
    )


async def change(visit: Visit) -> Response:
    """POST: what was changed; an emptied value takes the field away."""
    directory_id, contact_id = visit.path("directory_id"), visit.path("contact_id")
    async with visit.reading() as conn:
        require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
        row = await get_contact(conn, directory_id, contact_id)
    sent = _sent(visit)
    pairs = dict.fromkeys(row["embedded_data"]) | sent["embeddedData"]
    await visit.call(contacts_api.change, {**sent, "embeddedData": pairs})
    return visit.go(address_of(directory_id, row["contact_id"]), done="saved")


async def opt_out(visit: Visit) -> Response:
    """POST: out of the whole directory, or in again; or of one list."""
    out = visit.text("out") == "yes"
    list_id = visit.text("list_id")
    if list_id:
        await visit.call(list_contacts_api.change, {"unsubscribed": out}, list_id=list_id)
    else:
        await visit.call(contacts_api.change, {"unsubscribed": out})
    here = address_of(visit.path("directory_id"), visit.path("contact_id"))
    if list_id:
        return visit.go(here, done="saved")
    return visit.go(here, done="opted-out" if out else "opted-in")


async def put_on_list(visit: Visit) -> Response:
    """POST: on a list, or off it."""
    list_id, off = visit.text("list_id"), visit.text("off") == "yes"
    here = address_of(visit.path("directory_id"), visit.path("contact_id"))
    if off:
        await visit.call(list_contacts_api.remove, list_id=list_id)
        return visit.go(here, done="unlisted")
    await put(visit, list_id, visit.path("contact_id"))
    return visit.go(here, done="listed")


async def put(visit: Visit, list_id: str, contact_id: str) -> None:
    """Put a contact on a list, unless it is there already."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)

    async def write(conn: AsyncConnection) -> None:
        await get_list(conn, directory_id, list_id)
        kept_id = (await get_contact(conn, directory_id, contact_id))["contact_id"]
        if await add_to_list(conn, directory_id, list_id, kept_id, visit.at):
            await evaluate_if_live(conn, directory_id, kept_id, visit.at)
            after = {"contact": kept_id}
            await audit.record(
                conn, visit.caller.operator_id, "mailing_list.add", list_id, visit.at, after=after
            )

    await visit.write(write)


async def question(visit: Visit) -> Response:
    """GET: what deleting takes away."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_contact(conn, directory_id, visit.path("contact_id"))
    return await visit.page("contact_delete.html", row=row)


async def delete(visit: Visit) -> Response:
    """POST: the contact is gone, for good."""
    await visit.call(contacts_api.delete)
    return visit.go(f"/console/directories/{visit.path('directory_id')}/contacts", done="deleted")


def _typed(visit: Visit) -> dict[str, str]:
    return {api_name: str(visit.form.get(api_name, "")) for api_name, _ in TEXTS.values()}


def _pairs(visit: Visit) -> list[tuple[str, str]]:
    """Names and values of embedded data as they were typed."""
    names, values = visit.texts("pair_name"), visit.texts("pair_value")
    return [pair for pair in zip(names, values, strict=False) if any(pair)]


def _sent(visit: Visit) -> dict[str, Any]:
    pairs: dict[str, str | None] = {}
    for name, value in _pairs(visit):
        if not name.strip():
            raise Invalid("embeddedData", f"the value {value[:40]!r} needs a name")
        if name.strip() in pairs:
            raise Invalid("embeddedData", f"{name.strip()[:40]} is there twice")
        pairs[name.strip()] = value or None
    texts = {name: value or None for name, value in _typed(visit).items()}
    return {**texts, "embeddedData": pairs}


routes: list[BaseRoute] = [
    form(f"{ALL}/new", new, create),
    form(f"{ONE}/edit", edit, change),
    form(f"{ONE}/delete", question, delete),
    action(f"{ONE}/opt-out", contact, opt_out),
    action(f"{ONE}/lists", contact, put_on_list),
]
