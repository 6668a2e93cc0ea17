"""What hangs on a contact: its timeline, transactions, claims, page views, and its old ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.move_log import bring_home
from askwell_edge.store.tables import (
    claims,
    contact_redirects,
    page_views,
    segment_moves,
    touchpoints,
    transactions,
)

# Whatever hangs on a contact: its table, the column with the contact, and what names its rows.
HANGING: Mapping[str, tuple[Table, Any, Any]] = {
    "touchpoints": (touchpoints, touchpoints.c.contact_id, touchpoints.c.touchpoint_id),
    "segment_moves": (segment_moves, segment_moves.c.contact_id, segment_moves.c.move_id),
    "transactions": (transactions, transactions.c.contact_id, transactions.c.transaction_id),
    "claims": (claims, claims.c.contact_id, claims.c.claim_id),
    "page_views": (page_views, page_views.c.contact_id, page_views.c.page_view_id),
    "redirects": (
        contact_redirects,
        contact_redirects.c.survivor_id,
        contact_redirects.c.contact_id,
    ),
}


async def hang_all(
    conn: AsyncConnection, goes_to: Mapping[str, str]
) -> dict[str, dict[str, list[str]]]:
    """Hang the merged contacts' rows on their survivors; by merged contact, the ids of those rows.

    Old ids lead to the survivor for ever, those that led to the merged contact too.
    """
    ids = sorted(goes_to)
    await bring_home(conn, ids)
    moved: dict[str, dict[str, list[str]]] = {each: {name: [] for name in HANGING} for each in ids}
    for name, (table, owner, key) in HANGING.items():
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


async def hang_back(conn: AsyncConnection, merges: Sequence[Mapping[Any, Any]]) -> None:
    """Hang on the merged contacts again what these merges took from them, and no old ids lead on.

    What the survivor has no longer stays where it is.
    """
    for name, (table, owner, key) in HANGING.items():
        changed = [
            {"from_id": merge["survivor_id"], "row_id": row_id, "to_id": merge["merged_id"]}
            for merge in merges
            for row_id in merge["moved"].get(name, [])
        ]
        if changed:
            hang = update(table).where(owner == bindparam("from_id"), key == bindparam("row_id"))
            await conn.execute(hang.values({owner: bindparam("to_id")}), changed)
    restored = [merge["merged_id"] for merge in merges]
    old = contact_redirects.c.contact_id.in_(restored)
    await conn.execute(delete(contact_redirects).where(old))
