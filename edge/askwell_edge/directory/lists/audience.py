"""Audiences: of a directory, a list or a segment, who may be written to now, and why others not.

Nothing is kept: who opts out or leaves a segment between an invitation and its reminder is not
among those that the reminder asks for. The database counts; the core says who is held back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    and_,
    exists,
    false,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.lists.lists import get_list
from askwell_edge.directory.segments.segments import get_segment
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts, list_members, memberships, opted_out_addresses
from askwell_runtime.silence import Silence, silence_of

Channel = Literal["email", "sms"]

# By what contacts are reached, and what their addresses compare by.
ADDRESS: Mapping[Channel, ColumnElement[Any]] = {
    "email": contacts.c.email_key,
    "sms": contacts.c.phone_key,
}
KEYS: Mapping[str, ColumnElement[Any]] = {
    "email": contacts.c.email_key,
    "phone": contacts.c.phone_key,
}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a message is for: everybody of the directory, or a list's or a segment's members."""

    directory_id: str
    channel: Channel = "email"
    list_id: str | None = None
    segment_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How many may be written to, and how many not by reason; a segment is as old as its build."""

    reachable: int
    silent: Mapping[Silence, int]
    built_at: int | None

    @property
    def members(self) -> int:
        """All of them."""
        return self.reachable + sum(self.silent.values())


async def reach_of(conn: AsyncConnection, audience: Audience) -> Reach:
    """How many of the audience may be written to."""
    members, built_at = await _members(conn, audience)
    told = members.subquery()
    wanted = select(*told.c, func.count().label("contacts")).group_by(*told.c)
    silent: dict[Silence, int] = {}
    reachable = 0
    for row in (await conn.execute(wanted)).mappings():
        why = _why(row)
        if why is None:
            reachable += row["contacts"]
        else:
            silent[why] = silent.get(why, 0) + row["contacts"]
    return Reach(reachable, {each: silent[each] for each in Silence if each in silent}, built_at)


async def members_of(
    conn: AsyncConnection, audience: Audience, *, after: str = "", limit: int
) -> tuple[Sequence[tuple[RowMapping, Silence | None]], str | None]:
    """Members by id, each with why it gets nothing, if so; and the id after which to go on."""
    members, _ = await _members(conn, audience)
    wanted = (
        members.add_columns(contacts)
        .where(contacts.c.contact_id > after)
        .order_by(contacts.c.contact_id)
        .limit(limit)
    )
    rows = (await conn.execute(wanted)).mappings().all()
    more = rows[-1]["contact_id"] if len(rows) == limit else None
    return [(row, _why(row)) for row in rows], more


def _why(row: Mapping[Any, Any]) -> Silence | None:
    return silence_of({each: bool(row[f"held_{each}"]) for each in Silence})


def _held_back(audience: Audience) -> dict[str, ColumnElement[Any]]:
    """What may keep a contact silent, each by itself; their order is the core's."""
    listed = list_members.c.unsubscribed if audience.list_id is not None else false()
    return {
        Silence.ADDRESS: ADDRESS[audience.channel].is_(None),
        Silence.EVERYWHERE: opted_out_everywhere(),
        Silence.DIRECTORY: contacts.c.unsubscribed,
        Silence.LIST: listed,
        Silence.SUPPRESSED: contacts.c.suppressed_at.is_not(None),
    }


def opted_out_everywhere() -> ColumnElement[bool]:
    """Whether an address of the contact wants nothing of any directory."""
    named = [
        exists().where(opted_out_addresses.c.kind == kind, opted_out_addresses.c.address_key == key)
        for kind, key in KEYS.items()
    ]
    return named[0] | named[1]


async def _members(conn: AsyncConnection, audience: Audience) -> tuple[Select[Any], int | None]:
    """A statement over the audience with a column for whatever holds a contact back."""
    await get_directory(conn, audience.directory_id)
    held = [what.label(f"held_{name}") for name, what in _held_back(audience).items()]
    source: FromClause = contacts
    built_at: int | None = None
    if audience.list_id is not None:
        await get_list(conn, audience.directory_id, audience.list_id)
        source = source.join(
            list_members,
            and_(
                list_members.c.contact_id == contacts.c.contact_id,
                list_members.c.list_id == audience.list_id,
            ),
        )
    if audience.segment_id is not None:
        segment = await get_segment(conn, audience.directory_id, audience.segment_id)
        if segment["status"] != "ready":
            raise Conflict("segment_not_built", f"who is in {segment['name']} is not known yet")
        built_at = segment["built_at"]
        bit = 1 << segment["ordinal"]
        source = source.join(
            memberships,
            and_(
                memberships.c.contact_id == contacts.c.contact_id,
                memberships.c.mask.bitwise_and(bit) != 0,
            ),
        )
    here = within(audience.directory_id)
    # By their ids, which go as rows lie in the store: another index meets them in no order.
    by_id = contacts.c.contact_id > ""
    return select(*held).select_from(source).where(here, by_id), built_at
