"""A contact's timeline: everything that befell it, newest first, directory-wide."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    FromClause,
    RowMapping,
    Select,
    String,
    case,
    cast,
    false,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.move_log import logged_moves
from askwell_edge.store.tables import segment_moves, touchpoints


def _as_touchpoints(moves: FromClause) -> Select[Any]:
    move = moves.c
    details = literal('{"segment_id": "') + move.segment_id + literal('"}')
    said: dict[str, Any] = {
        "touchpoint_id": move.move_id,
        "contact_id": move.contact_id,
        "at": move.at,
        "type": case((move.joined, "segment_joined"), else_="segment_left"),
        "channel": literal("api"),
        "counts_toward_caps": false(),
        "test": false(),
        # SQLite has no such type to cast to: it keeps JSON as text.
        "details": cast(details, JSON().with_variant(String(), "sqlite")),
    }
    columns = touchpoints.columns
    return select(
        *(said.get(each.name, cast(null(), each.type)).label(each.name) for each in columns)
    )


_MOVES = _as_touchpoints(segment_moves)


async def timeline(
    conn: AsyncConnection,
    contact_id: str,
    before: tuple[int, str] | None = None,
    limit: int = 50,
    types: Sequence[str] | None = None,
) -> Sequence[RowMapping]:
    """At most `limit` touchpoints; `before` is the `(at, touchpoint_id)` where a page ended.

    Moves between segments are among them. With `types` only touchpoints of these.
    """

    def asked(rows: Select[Any]) -> Select[Any]:
        each = rows.selected_columns
        rows = rows.where(each.contact_id == contact_id)
        if types is not None:
            rows = rows.where(each.type.in_(types))
        if before is not None:
            rows = rows.where(tuple_(each.at, each.touchpoint_id) < before)
        return rows

    parts = [asked(select(touchpoints)), asked(_MOVES)]
    if conn.dialect.name == "sqlite":
        parts.append(asked(_as_touchpoints(logged_moves(contact_id).subquery())))
    together = union_all(*parts)
    columns = together.selected_columns
    newest_first = together.order_by(columns.at.desc(), columns.touchpoint_id.desc()).limit(limit)
    return (await conn.execute(newest_first)).mappings().all()
