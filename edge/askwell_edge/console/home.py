"""The overview: directories, websites, and what is live."""

from sqlalchemy import func, select
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import counts_of, list_directories
from askwell_edge.projects.intercepts import list_intercepts
from askwell_edge.projects.projects import list_projects
from askwell_edge.projects.shapes import state_of
from askwell_edge.projects.visibility import may_see
from askwell_edge.store.tables import segments, touchpoints

DAY_MS = 86_400_000


async def overview(visit: Visit) -> Response:
    """GET: what this operator has, and what to do next."""
    async with visit.reading() as conn:
        seen = [
            row for row in await list_directories(conn) if visit.caller.sees(row["directory_id"])
        ]
        directories = []
        for row in seen:
            contact_count, _ = await counts_of(conn, row["directory_id"])
            segment_count = await conn.scalar(
                select(func.count()).where(segments.c.directory_id == row["directory_id"])
            )
            directories.append({"row": row, "contacts": contact_count, "segments": segment_count})
        projects = []
        for row in await list_projects(conn):
            if may_see(visit.caller, row):
                states = [state_of(each) for each in await list_intercepts(conn, row["project_id"])]
                projects.append({"row": row, "states": states})
        ids = [row["directory_id"] for row in seen]
        shown = await conn.scalar(
            select(func.count()).where(
                touchpoints.c.directory_id.in_(ids),
                touchpoints.c.type == "intercept_displayed",
                touchpoints.c.at >= visit.at - 7 * DAY_MS,
            )
        )
    return await visit.page(
        "overview.html", owned=directories, projects=projects, shown=int(shown or 0)
    )


routes: list[BaseRoute] = [page("", overview), page("/", overview)]
