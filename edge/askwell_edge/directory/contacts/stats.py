"""Contacts' statistics: invited when and how often, answered when, how often and how soon."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, FromClause, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.shapes import ContactStats
from askwell_edge.store.tables import touchpoints
from askwell_runtime.activity import INVITES, RESPONSES

MAILS = frozenset({"email_sent", "reminder_sent", "thank_you_sent"})


async def stats_of(conn: AsyncConnection, contact_id: str) -> ContactStats:
    """Completed responses alone count; the rate is in per cent, None while never invited."""
    return (await stats_of_all(conn, [contact_id]))[contact_id]


async def stats_of_all(
    conn: AsyncConnection, contact_ids: Collection[str]
) -> dict[str, ContactStats]:
    """The same of each of some thousand contacts at most."""
    rows = await conn.execute(
        select(
            touchpoints.c.contact_id, touchpoints.c.type, func.count(), func.max(touchpoints.c.at)
        )
        .where(
            touchpoints.c.contact_id.in_(contact_ids),
            touchpoints.c.type.in_(sorted(INVITES | RESPONSES | MAILS)),
            touchpoints.c.test.is_(False),
        )
        .group_by(touchpoints.c.contact_id, touchpoints.c.type)
    )
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for contact_id, type, count, at in rows:
        found[contact_id][type] = (int(count), at)
    took = await _response_times(conn, contact_ids)
    return {each: _stats(found[each], took.get(each)) for each in contact_ids}


async def _response_times(conn: AsyncConnection, contact_ids: Collection[str]) -> dict[str, int]:
    """From the last invitation before it to the same survey to each response, on average, in ms."""
    response, invite = touchpoints.alias("response"), touchpoints.alias("invite")

    def counted(each: FromClause, types: frozenset[str]) -> ColumnElement[bool]:
        return each.c.type.in_(sorted(types)) & each.c.test.is_(False)

    invited_at = (
        select(func.max(invite.c.at))
        .where(
            invite.c.contact_id == response.c.contact_id,
            invite.c.survey_id == response.c.survey_id,
            invite.c.at <= response.c.at,
            counted(invite, INVITES),
        )
        .scalar_subquery()
    )
    rows = await conn.execute(
        select(response.c.contact_id, func.avg(response.c.at - invited_at))
        .where(response.c.contact_id.in_(contact_ids), counted(response, RESPONSES))
        .group_by(response.c.contact_id)
    )
    return {contact_id: round(took) for contact_id, took in rows if took is not None}


def _stats(found: dict[str, tuple[int, int]], response_time: int | None) -> ContactStats:
    responses, last_response = _together(found, RESPONSES)
    invites, last_invite = _together(found, INVITES)
    mails, _ = _together(found, MAILS)
    return ContactStats(
        email_count=mails,
        invite_count=invites,
        last_invite_date=last_invite,
        response_count=responses,
        last_response_date=last_response,
        response_rate=round(100 * responses / invites, 2) if invites else None,
        average_response_time=response_time,
    )


def _together(found: dict[str, tuple[int, int]], types: frozenset[str]) -> tuple[int, int | None]:
    chosen = [found[type] for type in types if type in found]
    return sum(count for count, _ in chosen), max((at for _, at in chosen), default=None)
