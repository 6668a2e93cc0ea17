"""Which segments contacts of one page of a list are in, for answers that ask for it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.store.tables import memberships


async def segments_by_contact(
    conn: AsyncConnection, directory_id: str, contact_ids: Sequence[str]
) -> dict[str, list[str]]:
    """Ready segments by contact id; contacts that were never evaluated are left out."""
    ready = [row for row in await segments_of(conn, directory_id) if row["status"] == "ready"]
    rows = await conn.execute(
        select(memberships.c.contact_id, memberships.c.mask).where(
            memberships.c.contact_id.in_(contact_ids)
        )
    )
    return {
        row.contact_id: [each["segment_id"] for each in ready if row.mask >> each["ordinal"] & 1]
        for row in rows
    }
