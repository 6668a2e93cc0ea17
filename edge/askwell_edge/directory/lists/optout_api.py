"""/API/v3 opt-outs of a contact: of a list, the directory or everything; and suppression."""

from typing import Any, Literal

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.directory.lists import optout
from askwell_edge.directory.lists.lists import (
    get_list,
    membership_on,
    set_directory_opt_out,
    set_list_opt_out,
)
from askwell_edge.directory.segments.membership import evaluate_if_live
from askwell_runtime.silence import Silence

HERE = "/directories/{directory_id}/contacts/{contact_id}/optout"


class OptOutBody(Struct, rename="camel", forbid_unknown_fields=True):
    """What the contact wants no more, or wants again. Segments have no opt-out."""

    scope: Literal["list", "directory", "all"]
    unsubscribed: bool
    mailing_list_id: str | None = None


class SuppressionBody(Struct, forbid_unknown_fields=True):
    """Whether mail is kept from the contact because it does not arrive."""

    suppressed: bool


class Why(Shown):
    """Why a contact gets no message; null: it may be sent one."""

    reason: Silence | None


async def get(call: Call) -> Why:
    """GET: why the contact gets no message, of `mailingListId` if asked; null: it gets them."""
    directory_id, contact_id = _named(call)
    async with call.reading() as conn:
        why = await optout.silence(conn, directory_id, contact_id, call.query("mailingListId"))
    return Why(reason=why)


async def put(call: Call) -> None:
    """PUT: opt out or in again; of all directories only by a brand administrator."""
    body = await call.body(OptOutBody)
    directory_id, named = _named(call)
    if body.scope == "all":
        require(call.caller, Permission.BRAND_ADMINISTRATOR)
    if (body.scope == "list") != (body.mailing_list_id is not None):
        raise Invalid("mailingListId", "belongs to the scope list, and to no other")

    async def write(conn: AsyncConnection) -> None:
        contact_id = (await get_contact(conn, directory_id, named))["contact_id"]
        before = await _standing(conn, call, contact_id, body.mailing_list_id)
        match body.scope:
            case "list":
                list_id = str(body.mailing_list_id)
                await get_list(conn, directory_id, list_id)
                await set_list_opt_out(
                    conn, directory_id, list_id, contact_id, body.unsubscribed, call.at
                )
            case "directory":
                await set_directory_opt_out(
                    conn, directory_id, contact_id, body.unsubscribed, call.at
                )
            case "all":
                await optout.set_opt_out_everywhere(
                    conn,
                    directory_id,
                    contact_id,
                    body.unsubscribed,
                    call.at,
                    operator_id=call.caller.operator_id,
                )
        await _told(conn, call, "contact.optout", contact_id, before, body.mailing_list_id)

    await call.write(write)


async def suppress(call: Call) -> None:
    """PUT: keep mail from the contact because it does not arrive, or try again."""
    body = await call.body(SuppressionBody)
    directory_id, named = _named(call)

    async def write(conn: AsyncConnection) -> None:
        contact_id = (await get_contact(conn, directory_id, named))["contact_id"]
        before = await _standing(conn, call, contact_id, None)
        await optout.set_suppressed(conn, directory_id, contact_id, body.suppressed, call.at)
        await _told(conn, call, "contact.suppress", contact_id, before, None)

    await call.write(write)


def _named(call: Call) -> tuple[str, str]:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    return directory_id, call.path("contact_id")


async def _standing(
    conn: AsyncConnection, call: Call, contact_id: str, list_id: str | None
) -> dict[str, Any]:
    row = await get_contact(conn, call.path("directory_id"), contact_id)
    member = None if list_id is None else await membership_on(conn, list_id, contact_id)
    return {
        "reason": await optout.silence(conn, row["directory_id"], contact_id, list_id),
        "unsubscribed": row["unsubscribed"],
        "suppressed_at": row["suppressed_at"],
        "list": None if member is None else {list_id: member["unsubscribed"]},
    }


async def _told(
    conn: AsyncConnection,
    call: Call,
    action: str,
    contact_id: str,
    before: dict[str, Any],
    list_id: str | None,
) -> None:
    await evaluate_if_live(conn, call.path("directory_id"), contact_id, call.at)
    after = await _standing(conn, call, contact_id, list_id)
    operator_id = call.caller.operator_id
    await audit.record(conn, operator_id, action, contact_id, call.at, before=before, after=after)


routes: list[BaseRoute] = [
    api("GET", HERE, "read:directory_contacts", get, query=("mailingListId",)),
    api("PUT", HERE, "manage:directory_contacts", put, body=OptOutBody),
    api(
        "PUT",
        "/directories/{directory_id}/contacts/{contact_id}/suppression",
        "manage:directory_contacts",
        suppress,
        body=SuppressionBody,
    ),
]
