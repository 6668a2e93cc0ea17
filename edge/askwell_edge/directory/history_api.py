"""/API/v3 history of a contact: its timeline, and of it the mails and the answers alone."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import BaseRoute

from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts import get_contact
from askwell_edge.directory.paging import PAGE, next_page, pack_token, page_size, read_token
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


def touchpoint_shape(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A touchpoint as the API shows it."""
    return {
        "id": row["touchpoint_id"],
        "date": row["at"],
        "type": row["type"],
        "channel": row["channel"],
        "projectId": row["project_id"],
        "interceptId": row["intercept_id"],
        "surveyId": row["survey_id"],
        "mailingListId": row["list_id"],
        "distributionId": row["distribution_id"],
        "sessionId": row["session_id"],
        "countsTowardCaps": row["counts_toward_caps"],
        "test": row["test"],
        "details": row["details"],
    }


async def whole(call: Call) -> object:
    """GET: everything that befell the contact, newest first, page by page."""
    return await _page(call, None)


async def history(call: Call) -> object:
    """GET `?type=email|response`: the messages to the contact, or its answers, newest first."""
    kind = call.query("type") or "email"
    if kind not in HISTORIES:
        raise Invalid("type", f"must be one of {', '.join(HISTORIES)}")
    return await _page(call, HISTORIES[kind])


async def _page(call: Call, types: tuple[str, ...] | None) -> object:
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
    return {"elements": shown, "nextPage": next_page(call, token)}


routes: list[BaseRoute] = [
    api("GET", f"{CONTACT}/timeline", "read:directory_contacts", whole, query=PAGE),
    api("GET", f"{CONTACT}/history", "read:directory_contacts", history, query=("type", *PAGE)),
]
