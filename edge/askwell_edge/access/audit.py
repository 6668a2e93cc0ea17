"""The audit log: who changed what, when, how it was before and how it is after."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import RowMapping, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import audit

RECENT = 5000

# How something is: as a row, or in the API's own shape.
Image = Mapping[str, Any] | msgspec.Struct | None


async def record(
    conn: AsyncConnection,
    operator_id: str | None,
    action: str,
    object_id: str,
    at: int,
    *,
    before: Image = None,
    after: Image = None,
) -> None:
    """Write down one change in the same transaction as the change itself.

    `action` is `noun.verb`: `contact.update`. No operator: the edge did it by itself.
    """
    row = entry(operator_id, action, object_id, at, before=before, after=after)
    await conn.execute(insert(audit), row)


def entry(
    operator_id: str | None,
    action: str,
    object_id: str,
    at: int,
    *,
    before: Image = None,
    after: Image = None,
) -> dict[str, Any]:
    """The same as a row, for many at once."""
    return {
        "audit_id": new_id("AU"),
        "at": at,
        "operator_id": operator_id,
        "action": action,
        "object_id": object_id,
        "before": _kept(before),
        "after": _kept(after),
    }


async def entries(
    conn: AsyncConnection,
    *,
    object_id: str | None = None,
    operator_id: str | None = None,
    action: str | None = None,
    since: int | None = None,
    until: int | None = None,
    before: tuple[int, str] | None = None,
    limit: int = 50,
) -> Sequence[RowMapping]:
    """The newest changes, by what is asked for; `before` is the `(at, audit_id)` of the last.

    `until` itself is not included.
    """
    wanted = select(audit).order_by(audit.c.at.desc(), audit.c.audit_id.desc()).limit(limit)
    exactly = {"object_id": object_id, "operator_id": operator_id, "action": action}
    for column, value in exactly.items():
        if value is not None:
            wanted = wanted.where(audit.c[column] == value)
    if since:
        wanted = wanted.where(audit.c.at >= since)
    if until is not None:
        wanted = wanted.where(audit.c.at < until)
    if before is not None:
        wanted = wanted.where(tuple_(audit.c.at, audit.c.audit_id) < before)
    return (await conn.execute(wanted)).mappings().all()


async def recent_actions(conn: AsyncConnection) -> Sequence[str]:
    """What was done lately, each once, by name: of the newest five thousand changes."""
    newest = select(audit.c.action).order_by(audit.c.at.desc()).limit(RECENT).subquery()
    wanted = select(newest.c.action).distinct().order_by(newest.c.action)
    return (await conn.execute(wanted)).scalars().all()


def _kept(image: Image) -> dict[str, Any] | None:
    if image is None:
        return None
    return dict(msgspec.to_builtins(image) if isinstance(image, msgspec.Struct) else image)
