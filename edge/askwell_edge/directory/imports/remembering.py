"""How a table with these columns was imported the last time, as the runs themselves tell."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.tables import import_runs

# So many of the directory's newest uploads are looked through.
LOOKED_AT = 200


async def last_like(
    conn: AsyncConnection, directory_id: str, columns: Sequence[str]
) -> RowMapping | None:
    """The newest run of the directory that said what each of just these columns is, in any order.

    One that failed is passed over, and so are contacts that were sent as JSON.
    """
    wanted = (
        select(import_runs)
        .where(
            import_runs.c.directory_id == directory_id,
            import_runs.c.row_count.is_(None),
            import_runs.c.state != "failed",
        )
        .order_by(import_runs.c.started_at.desc(), import_runs.c.import_id)
        .limit(LOOKED_AT)
    )
    these = set(columns)
    for run in (await conn.execute(wanted)).mappings():
        if these and set(run["options"]["mapping"]) == these:
            return run
    return None
