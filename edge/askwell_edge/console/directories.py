"""Directories: made by brand administrators, set up by those who manage them."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import form
from askwell_edge.console.visit import Visit
from askwell_edge.directory import directories_api
from askwell_edge.directory.directories import counts_of, get_directory, list_directories


async def directories(visit: Visit) -> Response:
    """GET: all directories, and a form for a new one."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    async with visit.reading() as conn:
        rows = [
            (row, await counts_of(conn, row["directory_id"]))
            for row in await list_directories(conn)
        ]
    return await visit.page("directories.html", rows=rows)


async def create(visit: Visit) -> Response:
    """POST: a new directory. It starts with the rule that links need."""
    made = await visit.call(directories_api.create, {"name": visit.text("name")})
    if visit.text("reference_rule") == "yes":
        rules = {"rules": [{"fields": ["extRef"]}]}
        await visit.call(directories_api.put_rules, rules, directory_id=made["id"])
    return visit.go(f"/console/directories/{made['id']}/contacts", done="created")


async def settings(visit: Visit) -> Response:
    """GET: name, and how fresh memberships are kept."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_directory(conn, directory_id)
    return await visit.page("directory_settings.html", row=row)


async def change(visit: Visit) -> Response:
    """POST: both."""
    sent = {"name": visit.text("name"), "membershipMode": visit.text("membership_mode")}
    await visit.call(directories_api.change, sent)
    return visit.go(f"/console/directories/{visit.path('directory_id')}/settings", done="saved")


routes: list[BaseRoute] = [
    form("/directories", directories, create),
    form("/directories/{directory_id}/settings", settings, change),
]
