"""A contact's timeline: everything that befell it, newest first, directory-wide."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.tables import touchpoints


async def timeline(
    conn: AsyncConnection,
    contact_id: str,
    before: tuple[int, str] | None = None,
    limit: int = 50,
    types: Sequence[str] | None = None,
) -> Sequence[RowMapping]:
    """At most `limit` touchpoints; `before` is the `(at, touchpoint_id)` where a page ended.

    With `types` only touchpoints of these.
    """
    wanted = (
        select(touchpoints)
        .where(touchpoints.c.contact_id == contact_id)
        .order_by(touchpoints.c.at.desc(), touchpoints.c.touchpoint_id.desc())
        .limit(limit)
    )
    if types is not None:
        wanted = wanted.where(touchpoints.c.type.in_(types))
    if before is not None:
        wanted = wanted.where(tuple_(touchpoints.c.at, touchpoints.c.touchpoint_id) < before)
    return (await conn.execute(wanted)).mappings().all()
