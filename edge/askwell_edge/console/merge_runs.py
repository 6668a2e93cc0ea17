"""A run of merges: how far it is, what undoing all of it would take back, and how far that is."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.operators import list_operators
from askwell_edge.console import words
from askwell_edge.console.comparing import survivors
from askwell_edge.console.pages import action, form, page
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
        return visit.part("merge_undo.html", told_alone=True, **told)
    return await visit.page("merge_run.html", **told)


async def undo(visit: Visit) -> Response:
    """POST: undo all merges of the run; its page tells how far that is."""
    await visit.call(runs_api.undo_run)
    return visit.go(_here(visit), done="begun")


async def stop(visit: Visit) -> Response:
    """POST: merge no more in this run; what is merged stays."""
    await visit.call(runs_api.stop_run)
    return visit.go(_here(visit), done="stopped")


async def stop_undo(visit: Visit) -> Response:
    """POST: undo no more of this run for now; what is undone stays so."""
    await visit.call(runs_api.stop_run_undo)
    return visit.go(_here(visit), done="stopped")


def _here(visit: Visit) -> str:
    directory_id, run_id = visit.path("directory_id"), visit.path("run_id")
    return f"/console/directories/{directory_id}/merges/runs/{run_id}"


async def _run(visit: Visit) -> dict[str, Any]:
    run = await visit.call(runs_api.get_one_run)
    undo = await visit.call(runs_api.get_run_undo)
    async with visit.reading() as conn:
        named = await survivors(conn, [each["mergeId"] for each in undo["merges"]])
        operators = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
        stopped = {
            job: await audit.entries(conn, object_id=run["id"], action=action, limit=1)
            for job, action in (("run", "merge_run.stop"), ("undo", "merge_run.stop_undo"))
        }
    return {
        "directory_id": visit.path("directory_id"),
        "run": run,
        "undo": undo,
        "ended": _ended(run, undo),
        "survivors": named,
        "by": {
            each: operators.get(job["operatorId"]) for each, job in (("run", run), ("undo", undo))
        },
        "stopped_by": {
            job: operators.get(rows[0]["operator_id"]) for job, rows in stopped.items() if rows
        },
    }


def _ended(run: Mapping[str, Any], undo: Mapping[str, Any]) -> dict[str, str]:
    """What came of both, for who does not see the page change; empty while they go on."""
    merged, undone = words.count(run["merged"], "duplicate"), words.count(undo["undone"], "merge")
    told = {"run": "", "undo": ""}
    if run["state"] != "running":
        told["run"] = f"{run['state'].capitalize()}: {merged} merged."
    if undo["state"] not in ("running", "none"):
        told["undo"] = f"{undo['state'].capitalize()}: {undone} undone."
    return told


routes: list[BaseRoute] = [
    page(ONE, one),
    action(f"{ONE}/stop", one, stop),
    form(f"{ONE}/undo", undoing, undo),
    action(f"{ONE}/undo/stop", one, stop_undo),
]
