"""The names of embedded data that contacts have."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts

RECENT = 500
NAMES_LIMIT = 200


async def names_in_use(conn: AsyncConnection, directory_id: str) -> list[str]:
    """Names of embedded data, at most 200, of the 500 contacts that changed last."""
    wanted = (
        select(contacts.c.embedded_data)
        .where(within(directory_id))
        .order_by(contacts.c.modified_at.desc())
        .limit(RECENT)
    )
    found = {name for pairs in (await conn.execute(wanted)).scalars() for name in pairs}
    return sorted(found, key=lambda name: (name.casefold(), name))[:NAMES_LIMIT]
