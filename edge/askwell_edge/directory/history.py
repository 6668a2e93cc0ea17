"""What befalls a contact in the directory, written on its timeline; never counts toward caps."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import touchpoints


async def record_change(
    conn: AsyncConnection,
    directory_id: str,
    contact_id: str,
    type: str,
    at: int,
    channel: str,
    *,
    project_id: str | None = None,
    list_id: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append `contact_created`, `opted_out`, `list_added` … to the contact's timeline."""
    row = change_row(
        directory_id,
        contact_id,
        type,
        at,
        channel,
        project_id=project_id,
        list_id=list_id,
        details=details,
    )
    await conn.execute(insert(touchpoints), row)


def change_row(
    directory_id: str,
    contact_id: str,
    type: str,
    at: int,
    channel: str,
    *,
    project_id: str | None = None,
    list_id: str | None = None,
    details: Mapping[str, Any] | None = None,
    touchpoint_id: str | None = None,
) -> dict[str, Any]:
    """The same as a row, for many at once; their ids are sooner made together."""
    return {
        "touchpoint_id": touchpoint_id or new_id("TP"),
        "contact_id": contact_id,
        "directory_id": directory_id,
        "at": at,
        "type": type,
        "channel": channel,
        "project_id": project_id,
        "list_id": list_id,
        "counts_toward_caps": False,
        "test": False,
        "details": dict(details) if details is not None else None,
    }
