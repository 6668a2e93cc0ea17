"""/API/v3 audiences: how many of a directory, list or segment may be written to, and who."""

from typing import cast

from starlette.routing import BaseRoute

from askwell_edge.access.answers import ContactId, Instant, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.paging import PAGE, next_page, pack_token, page_size, read_token
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.lists.audience import Audience, Channel, Reach, members_of, reach_of
from askwell_runtime.silence import Silence

HERE = "/directories/{directory_id}/audience"
WHOM = ("mailingListId", "segmentId", "channel")


class AudienceSize(Shown):
    """How many may be written to, and how many not by reason; a segment is as of `builtDate`."""

    members: int
    reachable: int
    silent: dict[Silence, int]
    built_date: Instant | None


class Reached(Shown):
    """A member, with the reason why it gets nothing; null: it may be sent."""

    contact_id: ContactId
    ext_ref: str | None
    email: str | None
    phone: str | None
    language: str | None
    reason: Silence | None


def reach_shape(reach: Reach) -> AudienceSize:
    """An audience's size as the API shows it."""
    return AudienceSize(
        members=reach.members,
        reachable=reach.reachable,
        silent=dict(reach.silent),
        built_date=reach.built_at,
    )


async def get(call: Call) -> AudienceSize:
    """GET: how many are members now, how many of them may be written to, others by reason.

    Of `mailingListId`, of `segmentId`, of who is in both, or of the whole directory; `channel` is
    `email` or `sms`. Membership of a segment is as old as `builtDate`, and newer in a `live`
    directory.
    """
    audience = _audience(call)
    async with call.reading() as conn:
        return reach_shape(await reach_of(conn, audience))


async def contacts(call: Call) -> Page[Reached]:
    """GET: the members by id, each with the `reason` why it gets nothing; null: it may be sent."""
    audience = _audience(call)
    token = read_token(call.query("skipToken"), str)
    async with call.reading() as conn:
        rows, more = await members_of(
            conn, audience, after=token[0] if token else "", limit=page_size(call)
        )
    elements = [
        Reached(
            ext_ref=row["external_reference"],
            reason=why,
            **{name: row[name] for name in ("contact_id", "email", "phone", "language")},
        )
        for row, why in rows
    ]
    return Page(elements=elements, next_page=next_page(call, pack_token(more) if more else None))


def _audience(call: Call) -> Audience:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    channel = cast("Channel", call.choice("channel"))
    return Audience(directory_id, channel, call.query("mailingListId"), call.query("segmentId"))


routes: list[BaseRoute] = [
    api("GET", HERE, "read:directory_contacts", get, query=WHOM),
    api("GET", f"{HERE}/contacts", "read:directory_contacts", contacts, query=(*WHOM, *PAGE)),
]
