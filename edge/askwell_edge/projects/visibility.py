"""Who may see and change a project: everybody its unlinked ones, else who sees its directory."""

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Unknown
from askwell_edge.access.roles import Caller
from askwell_edge.projects.intercepts import get_intercept
from askwell_edge.projects.projects import get_project


def may_see(caller: Caller, project: RowMapping) -> bool:
    """True when the project exists at all for this operator (L2)."""
    return project["directory_id"] is None or caller.sees(project["directory_id"])


async def project_for(conn: AsyncConnection, caller: Caller, project_id: str) -> RowMapping:
    """The project; one linked with a directory that is not theirs does not exist."""
    project = await get_project(conn, project_id)
    if not may_see(caller, project):
        raise Unknown("project", project_id)
    return project


async def intercept_for(
    conn: AsyncConnection, caller: Caller, project_id: str, intercept_id: str
) -> RowMapping:
    """The intercept of this project."""
    await project_for(conn, caller, project_id)
    row = await get_intercept(conn, intercept_id)
    if row["project_id"] != project_id:
        raise Unknown("intercept", intercept_id)
    return row
