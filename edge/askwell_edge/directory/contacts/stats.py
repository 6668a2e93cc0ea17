"""A contact's statistics: invited when and how often, answered when and how often."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.shapes import ContactStats
from askwell_edge.store.tables import touchpoints
from askwell_runtime.activity import INVITES, RESPONSES

MAILS = frozenset({"email_sent", "reminder_sent", "thank_you_sent"})


async def stats_of(conn: AsyncConnection, contact_id: str) -> ContactStats:
    """Completed responses alone count; the rate is in per cent, None while never invited."""
    rows = await conn.execute(
        select(touchpoints.c.type, func.count(), func.max(touchpoints.c.at))
        .where(
            touchpoints.c.contact_id == contact_id,
            touchpoints.c.type.in_(sorted(INVITES | RESPONSES | MAILS)),
            touchpoints.c.test.is_(False),
        )
        .group_by(touchpoints.c.type)
    )
    found = {type: (int(count), at) for type, count, at in rows}
    invites, last_invite = _together(found, INVITES)
    responses, last_response = _together(found, RESPONSES)
    mails, _ = _together(found, MAILS)
    return ContactStats(
        email_count=mails,
        invite_count=invites,
        last_invite_date=last_invite,
        response_count=responses,
        last_response_date=last_response,
        response_rate=round(100 * responses / invites, 2) if invites else None,
    )


def _together(found: dict[str, tuple[int, int]], types: frozenset[str]) -> tuple[int, int | None]:
    chosen = [found[type] for type in types if type in found]
    return sum(count for count, _ in chosen), max((at for _, at in chosen), default=None)
