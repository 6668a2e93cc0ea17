"""What hangs on a contact: its timeline, transactions, claims, page views, and its old ids."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import (
    claims,
    contact_redirects,
    page_views,
    segment_moves,
    touchpoints,
    transactions,
)

# Whatever hangs on a contact, by what names its rows.
HANGING: Mapping[str, tuple[Table, Any]] = {
    "touchpoints": (touchpoints, touchpoints.c.touchpoint_id),
    "segment_moves": (segment_moves, segment_moves.c.move_id),
    "transactions": (transactions, transactions.c.transaction_id),
    "claims": (claims, claims.c.claim_id),
    "page_views": (page_views, page_views.c.page_view_id),
}


async def hang_all(
    conn: AsyncConnection, goes_to: Mapping[str, str]
) -> dict[str, dict[str, list[str]]]:
    """Hang the merged contacts' rows on their survivors; by merged contact, the ids of those rows.

    Old ids lead to the survivor for ever, those that led to the merged contact too.
    """
    ids = sorted(goes_to)
    moved: dict[str, dict[str, list[str]]] = {
        each: {name: [] for name in (*HANGING, "redirects")} for each in ids
    }
    places = {name: (table, table.c.contact_id, key) for name, (table, key) in HANGING.items()}
    led = contact_redirects.c
    places["redirects"] = (contact_redirects, led.survivor_id, led.contact_id)
    for name, (table, owner, key) in places.items():
        found = (await conn.execute(select(owner, key).where(owner.in_(ids)))).all()
        for contact_id, row_id in found:
            moved[contact_id][name].append(str(row_id))
        changed = [{"from_id": each, "to_id": goes_to[each]} for each in ids if moved[each][name]]
        if changed:
            hang = update(table).where(owner == bindparam("from_id"))
            await conn.execute(hang.values({owner: bindparam("to_id")}), changed)
    rows = [{"contact_id": each, "survivor_id": goes_to[each]} for each in ids]
    await insert_rows(conn, contact_redirects, rows)
    return moved
