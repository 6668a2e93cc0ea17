"""Who may be written to: a part of a list's and a segment's page, counted when it is looked at."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.lists.audience import Audience, reach_of

HERE = "/directories/{directory_id}/audience"


async def audience(visit: Visit) -> Response:
    """GET: how many of `?list` or `?segment` get messages, and why others get none."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    list_id, segment_id = (visit.query(name, 60) or None for name in ("list", "segment"))
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        reach = await reach_of(conn, Audience(directory_id, list_id=list_id, segment_id=segment_id))
    if visit.in_part:
        return visit.part("audience_counted.html", reach=reach)
    return await visit.page("audience.html", reach=reach)


routes: list[BaseRoute] = [page(HERE, audience)]
