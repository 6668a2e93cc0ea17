"""What became of each contact that an import by the API brought, by its number."""

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.arrivals import Arrival
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import import_outcomes, import_runs

# After so long it is forgotten.
KEPT_MS = 30 * 24 * 60 * 60 * 1000


async def keep_outcomes(
    conn: AsyncConnection, import_id: str, numbers: Iterable[int], arrivals: Sequence[Arrival]
) -> None:
    """Keep who each contact is now, and what that changed."""
    rows = [
        {
            "import_id": import_id,
            "row": number,
            "contact_id": arrival.contact_id,
            "outcome": arrival.outcome,
        }
        for number, arrival in zip(numbers, arrivals, strict=True)
    ]
    await insert_rows(conn, import_outcomes, rows)


async def outcomes_of(conn: AsyncConnection, import_id: str) -> Sequence[RowMapping]:
    """The contacts that were kept, in the order in which they were sent."""
    wanted = (
        select(import_outcomes)
        .where(import_outcomes.c.import_id == import_id)
        .order_by(import_outcomes.c.row)
    )
    return (await conn.execute(wanted)).mappings().all()


async def forget_outcomes(conn: AsyncConnection, directory_id: str, at: int) -> None:
    """Forget those of the directory's old imports."""
    old = select(import_runs.c.import_id).where(
        import_runs.c.directory_id == directory_id, import_runs.c.started_at < at - KEPT_MS
    )
    await conn.execute(delete(import_outcomes).where(import_outcomes.c.import_id.in_(old)))
