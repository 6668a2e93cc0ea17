"""/API/v3 history of a contact: its timeline, and of it the mails and the answers alone."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta
from starlette.routing import BaseRoute

from askwell_edge.access.answers import Instant, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.paging import PAGE, next_page, pack_token, page_size, read_token
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.ledger.timeline import timeline

CONTACT = "/directories/{directory_id}/contacts/{contact_id}"
# What existing clients ask a history for, and which touchpoints that means.
HISTORIES: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email_sent",
        "email_skipped",
        "email_bounced",
        "email_opened",
        "sms_sent",
        "reminder_sent",
        "thank_you_sent",
    ),
    "response": ("survey_started", "survey_finished"),
}


class Touchpoint(Shown):
    """What befell a contact, by whatever channel."""

    id: str
    date: Instant
    type: Annotated[str, Meta(examples=["intercept_displayed"])]
    channel: Annotated[str, Meta(examples=["web"])]
    project_id: str | None
    intercept_id: str | None
    survey_id: str | None
    mailing_list_id: str | None
    distribution_id: str | None
    session_id: str | None
    counts_toward_caps: bool
    test: bool
    details: dict[str, Any] | None


def touchpoint_shape(row: Mapping[Any, Any]) -> Touchpoint:
    """A touchpoint as the API shows it."""
    same = ("type", "channel", "project_id", "intercept_id", "survey_id", "distribution_id")
    also = ("session_id", "counts_toward_caps", "test", "details")
    return Touchpoint(
        id=row["touchpoint_id"],
        date=row["at"],
        mailing_list_id=row["list_id"],
        **{name: row[name] for name in (*same, *also)},
    )


async def whole(call: Call) -> Page[Touchpoint]:
    """GET: everything that befell the contact, newest first, page by page."""
    return await _page(call, None)


async def history(call: Call) -> Page[Touchpoint]:
    """GET `?type=email|response`: the messages to the contact, or its answers, newest first."""
    return await _page(call, HISTORIES[call.choice("type")])


async def _page(call: Call, types: tuple[str, ...] | None) -> Page[Touchpoint]:
    directory_id, size = call.path("directory_id"), page_size(call)
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    before = read_token(call.query("skipToken"), int, str)
    async with call.reading() as conn:
        contact = await get_contact(conn, directory_id, call.path("contact_id"))
        rows = await timeline(
            conn,
            contact["contact_id"],
            before=None if before is None else (before[0], before[1]),
            limit=size,
            types=types,
        )
    last = rows[-1] if len(rows) == size else None
    token = None if last is None else pack_token(last["at"], last["touchpoint_id"])
    shown = [touchpoint_shape(row) for row in rows]
    return Page(elements=shown, next_page=next_page(call, token))


routes: list[BaseRoute] = [
    api("GET", f"{CONTACT}/timeline", "read:directory_contacts", whole, query=PAGE),
    api("GET", f"{CONTACT}/history", "read:directory_contacts", history, query=("type", *PAGE)),
]
