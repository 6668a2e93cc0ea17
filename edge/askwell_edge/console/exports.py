"""Contacts as a file for a spreadsheet: all of a directory's, a list's or a segment's."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.console.pages import page
from askwell_edge.console.templating import POLICY
from askwell_edge.console.visit import Visit
from askwell_edge.directory.imports.exports_api import export


async def table(visit: Visit) -> Response:
    """GET: the file, as the API gives it; the audit log says who took it."""
    asked = {"mailingListId": visit.query("list", 60), "segmentId": visit.query("segment", 60)}
    wanted = {"format": "csv", **{name: id for name, id in asked.items() if id}}
    wanted["includeStats"] = "true" if visit.query("stats", 3) == "yes" else "false"
    answer = await export(visit.asked(queries=wanted))
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


routes: list[BaseRoute] = [page("/directories/{directory_id}/contacts.csv", table)]
