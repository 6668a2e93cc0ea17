"""/API/v3 audiences: how many of a directory, list or segment may be written to, and who."""

from typing import Any, cast

from starlette.routing import BaseRoute

from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.audience import ADDRESS, Audience, Channel, Reach, members_of, reach_of
from askwell_edge.directory.paging import PAGE, next_page, pack_token, page_size, read_token

HERE = "/directories/{directory_id}/audience"
WHOM = ("mailingListId", "segmentId", "channel")


def reach_shape(reach: Reach) -> dict[str, Any]:
    """An audience's size as the API shows it."""
    return {
        "members": reach.members,
        "reachable": reach.reachable,
        "silent": {str(why): count for why, count in reach.silent.items()},
        "builtDate": reach.built_at,
    }


async def get(call: Call) -> object:
    """GET: how many are members now, how many of them may be written to, others by reason.

    Of `mailingListId`, of `segmentId`, of who is in both, or of the whole directory; `channel` is
    `email` or `sms`. Membership of a segment is as old as `builtDate`, and newer in a `live`
    directory.
    """
    audience = _audience(call)
    async with call.reading() as conn:
        return reach_shape(await reach_of(conn, audience))


async def contacts(call: Call) -> object:
    """GET: the members by id, each with the `reason` why it gets nothing; null: it may be sent."""
    audience = _audience(call)
    token = read_token(call.query("skipToken"), str)
    async with call.reading() as conn:
        rows, more = await members_of(
            conn, audience, after=token[0] if token else "", limit=page_size(call)
        )
    elements = [
        {
            "contactId": row["contact_id"],
            "extRef": row["external_reference"],
            "email": row["email"],
            "phone": row["phone"],
            "language": row["language"],
            "reason": why,
        }
        for row, why in rows
    ]
    return {"elements": elements, "nextPage": next_page(call, pack_token(more) if more else None)}


def _audience(call: Call) -> Audience:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    channel = call.query("channel") or "email"
    if channel not in ADDRESS:
        raise Invalid("channel", f"must be one of {', '.join(ADDRESS)}")
    return Audience(
        directory_id, cast("Channel", channel), call.query("mailingListId"), call.query("segmentId")
    )


routes: list[BaseRoute] = [
    api("GET", HERE, "read:directory_contacts", get, query=WHOM),
    api("GET", f"{HERE}/contacts", "read:directory_contacts", contacts, query=(*WHOM, *PAGE)),
]
