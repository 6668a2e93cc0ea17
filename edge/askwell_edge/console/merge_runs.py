"""A run of merges: how far it is, what undoing all of it would take back, and how far that is."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.operators import list_operators
from askwell_edge.console.comparing import survivors
from askwell_edge.console.pages import form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.merges import runs_api

ONE = "/directories/{directory_id}/merges/runs/{run_id}"


async def one(visit: Visit) -> Response:
    """GET: how far a run is; htmx asks for that part alone."""
    told = await _run(visit)
    if visit.in_part:
        return visit.part("merge_progress.html", **told)
    return await visit.page("merge_run.html", **told)


async def undoing(visit: Visit) -> Response:
    """GET: how far undoing the run is; htmx asks for that part alone."""
    told = await _run(visit)
    if visit.in_part:
        return visit.part("merge_undo.html", **told)
    return await visit.page("merge_run.html", **told)


async def undo(visit: Visit) -> Response:
    """POST: undo all merges of the run; its page tells how far that is."""
    await visit.call(runs_api.undo_run)
    directory_id, run_id = visit.path("directory_id"), visit.path("run_id")
    return visit.go(f"/console/directories/{directory_id}/merges/runs/{run_id}")


async def _run(visit: Visit) -> dict[str, Any]:
    run = await visit.call(runs_api.get_one_run)
    undo = await visit.call(runs_api.get_run_undo)
    async with visit.reading() as conn:
        named = await survivors(conn, [each["mergeId"] for each in undo["merges"]])
        operators = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
    told = {"run": run, "undo": undo, "survivors": named, "by": operators.get(undo["operatorId"])}
    return {"directory_id": visit.path("directory_id"), **told}


routes: list[BaseRoute] = [page(ONE, one), form(f"{ONE}/undo", undoing, undo)]
