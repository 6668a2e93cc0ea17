"""Linking a project with a directory: whether it can be, why not, and what a switch would break."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.console.pages import action, form
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import list_directories
from askwell_edge.projects import projects_api
from askwell_edge.projects.links import MODULES, link_facts, linked_of
from askwell_edge.projects.visibility import project_for

ONE = "/projects/{project_id}"


async def link_page(visit: Visit) -> Response:
    """GET: each directory with what linking would meet there (A1, A2, A3, A13)."""
    modules: tuple[str, ...] = visit.request.app.state.settings.modules
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
        every = await list_directories(conn)
        seen = [each for each in every if visit.caller.sees(each["directory_id"])]
        offers = [
            (each, await link_facts(conn, row["project_id"], each["directory_id"], modules))
            for each in seen
        ]
        linked = await linked_of(conn, row["project_id"])
    asked = visit.text("directory_id")
    return await visit.page(
        "project_link.html",
        directory_id=row["directory_id"],
        row=row,
        offers=offers,
        linked=linked,
        missing=[each for each in MODULES if each not in modules],
        any_directory=bool(every),
        refused=visit.problem.code if visit.problem else "",
        asked=asked,
        asked_name=next((each["name"] for each in seen if each["directory_id"] == asked), asked),
    )


async def link(visit: Visit) -> Response:
    """POST: link, or switch to another directory when that is what the project has."""
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
    sent = {"directoryId": visit.text("directory_id")}
    choice = visit.text("intercept_links")
    if choice:
        sent["interceptLinks"] = choice
    switching = row["directory_id"] is not None
    await visit.call(projects_api.switch_link if switching else projects_api.link, sent)
    return visit.go(f"/console/projects/{row['project_id']}", done="linked")


async def unlink(visit: Visit) -> Response:
    """POST: take the link away, and with it that of the intercepts, if that was said."""
    choice = visit.text("intercept_links")
    await visit.call(projects_api.unlink, {"interceptLinks": choice} if choice else {})
    return visit.go(f"/console/projects/{visit.path('project_id')}", done="unlinked")


routes: list[BaseRoute] = [
    form(f"{ONE}/link", link_page, link),
    action(f"{ONE}/unlink", link_page, unlink),
]
