"""Intercepts: drafted, published as versions, switched on and off."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.projects.drafts import read_draft
from askwell_edge.projects.projects import get_project, read_name
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import intercepts

INTERCEPT_LIMIT = 100


async def create_intercept(
    conn: AsyncConnection,
    project_id: str,
    name: str,
    draft: Mapping[str, Any],
    at: int,
    *,
    intercept_id: str | None = None,
) -> str:
    """The new intercept's id; it is a draft, the last in the project's order."""
    project = await get_project(conn, project_id, for_update=True)
    count = await conn.scalar(
        select(func.count()).select_from(intercepts).where(intercepts.c.project_id == project_id)
    )
    if (count or 0) >= INTERCEPT_LIMIT:
        raise Conflict("intercept_limit", f"at most {INTERCEPT_LIMIT} intercepts a project")
    last = await conn.scalar(
        select(func.max(intercepts.c.position)).where(intercepts.c.project_id == project_id)
    )
    intercept_id = intercept_id or new_id("SI")
    await conn.execute(
        insert(intercepts).values(
            intercept_id=intercept_id,
            project_id=project_id,
            name=read_name(name),
            position=(last or 0) + 1,
            version=0,
            draft=await read_draft(conn, project, draft, at),
            published=None,
            active=False,
            created_at=at,
            modified_at=at,
        )
    )
    return intercept_id


async def get_intercept(conn: AsyncConnection, intercept_id: str) -> RowMapping:
    """The intercept's row: `draft` is worked on, `published` is what visitors may get."""
    wanted = select(intercepts).where(intercepts.c.intercept_id == intercept_id)
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("intercept", intercept_id)
    return found


async def list_intercepts(conn: AsyncConnection, project_id: str) -> Sequence[RowMapping]:
    """The project's intercepts in the order in which they are judged."""
    wanted = (
        select(intercepts)
        .where(intercepts.c.project_id == project_id)
        .order_by(intercepts.c.position, intercepts.c.created_at, intercepts.c.intercept_id)
    )
    return (await conn.execute(wanted)).mappings().all()


async def change_intercept(
    conn: AsyncConnection,
    intercept_id: str,
    at: int,
    *,
    name: str | None = None,
    draft: Mapping[str, Any] | None = None,
) -> None:
    """Change name or draft; visitors see nothing of it until it is published."""
    row = await get_intercept(conn, intercept_id)
    values: dict[str, Any] = {"modified_at": at}
    if name is not None:
        values["name"] = read_name(name)
    if draft is not None:
        project = await get_project(conn, row["project_id"])
        values["draft"] = await read_draft(conn, project, {**row["draft"], **draft}, at)
    await conn.execute(
        update(intercepts).where(intercepts.c.intercept_id == intercept_id).values(**values)
    )


async def reorder(conn: AsyncConnection, project_id: str, wanted: Sequence[str]) -> None:
    """Judge the project's intercepts in this order; it must name each of them once."""
    present = [row["intercept_id"] for row in await list_intercepts(conn, project_id)]
    if sorted(wanted) != sorted(present):
        raise Invalid("order", "must name every intercept of the project once")
    for position, intercept_id in enumerate(wanted, start=1):
        await conn.execute(
            update(intercepts)
            .where(intercepts.c.intercept_id == intercept_id)
            .values(position=position)
        )


async def delete_intercept(conn: AsyncConnection, intercept_id: str) -> None:
    """Delete a draft or an intercept that is switched off; a live one is refused."""
    row = await get_intercept(conn, intercept_id)
    if row["active"]:
        raise Conflict("intercept_active", "deactivate the intercept before it is deleted")
    await conn.execute(delete(intercepts).where(intercepts.c.intercept_id == intercept_id))
