"""Starting over: what the demo's own pages put on a contact's timeline is taken off again."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.contacts import find_by_reference
from askwell_edge.directory.segments.marks import mark_due
from askwell_edge.sample.constants import DIRECTORY_ID, PROJECT_ID
from askwell_edge.sample.loading import MONTH_MS
from askwell_edge.store.tables import claims, projects, touchpoints

# The youngest touchpoint of the sample is older than this when it is loaded.
LOADING_MS = 60_000


async def forget_displays(conn: AsyncConnection, reference: str) -> None:
    """Take off what happened since the sample was loaded; of a stranger there is nothing."""
    contact = await find_by_reference(conn, DIRECTORY_ID, reference)
    began = select(projects.c.created_at).where(projects.c.project_id == PROJECT_ID)
    began_at = await conn.scalar(began)
    if contact is None or began_at is None:
        return
    contact_id, loaded_at = contact["contact_id"], began_at + MONTH_MS
    await conn.execute(
        delete(touchpoints).where(
            touchpoints.c.contact_id == contact_id,
            touchpoints.c.project_id == PROJECT_ID,
            touchpoints.c.at > loaded_at - LOADING_MS,
        )
    )
    await conn.execute(delete(claims).where(claims.c.contact_id == contact_id))
    await mark_due(conn, {(DIRECTORY_ID, contact_id)})
