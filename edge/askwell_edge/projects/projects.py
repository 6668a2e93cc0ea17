"""Projects: a website with its origins, its settings and at most one directory."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.origins import read_origins
from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.projects.keys import create_key
from askwell_edge.projects.settings import DEFAULTS, changed_settings
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import projects

NAME_LIMIT = 100


async def create_project(
    conn: AsyncConnection,
    name: str,
    origins: Sequence[str],
    at: int,
    *,
    settings: Mapping[str, Any] | None = None,
    project_id: str | None = None,
) -> str:
    """The new project's id; it has a signing key, and nothing of it is published yet."""
    project_id = project_id or new_id("ZN")
    await conn.execute(
        insert(projects).values(
            project_id=project_id,
            name=read_name(name),
            directory_id=None,
            origins=read_origins(list(origins)),
            settings=changed_settings(DEFAULTS, settings or {}),
            bundle_hash=None,
            published_at=None,
            created_at=at,
        )
    )
    await create_key(conn, project_id, at)
    return project_id


async def get_project(
    conn: AsyncConnection, project_id: str, *, for_update: bool = False
) -> RowMapping:
    """The project's row; `for_update` keeps others from changing it until the commit."""
    wanted = select(projects).where(projects.c.project_id == project_id)
    if for_update:
        wanted = wanted.with_for_update()
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("project", project_id)
    return found


async def list_projects(conn: AsyncConnection) -> Sequence[RowMapping]:
    """All projects, oldest first."""
    wanted = select(projects).order_by(projects.c.created_at, projects.c.project_id)
    return (await conn.execute(wanted)).mappings().all()


async def change_project(
    conn: AsyncConnection,
    project_id: str,
    *,
    name: str | None = None,
    origins: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Change the draft. Origins count at once; settings when the project is next published."""
    project = await get_project(conn, project_id, for_update=True)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = read_name(name)
    if origins is not None:
        values["origins"] = read_origins(list(origins))
    if settings is not None:
        values["settings"] = changed_settings(project["settings"], settings)
    if values:
        await conn.execute(
            update(projects).where(projects.c.project_id == project_id).values(**values)
        )


def read_name(text: str, field: str = "name") -> str:
    """A name that people will read, trimmed."""
    name = text.strip()
    if not 1 <= len(name) <= NAME_LIMIT or not name.isprintable():
        raise Invalid(field, f"must have 1 to {NAME_LIMIT} printable characters")
    return name
