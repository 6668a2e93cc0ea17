"""/API/v3 runs of merges: how far each is, and undoing all that one has merged."""

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access.answers import Page
from askwell_edge.access.calls import Call, api
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.imports.runs import new_worker
from askwell_edge.directory.merges.jobs import begin
from askwell_edge.directory.merges.runs import get_run, runs_of, stop_merges
from askwell_edge.directory.merges.shapes import MergeRun, MergeUndo, run_shape, undo_shape
from askwell_edge.directory.merges.undos import (
    begin_undo,
    get_undo,
    refused_merges,
    standing_of,
    stop_undo,
    work_off,
)

ALL = "/directories/{directory_id}/mergeruns"
ONE = f"{ALL}/{{run_id}}"
UNDO = f"{ONE}/undo"


async def list_runs(call: Call) -> Page[MergeRun]:
    """GET: the newest hundred runs."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        rows = await runs_of(conn, directory_id)
    return Page(elements=[run_shape(row) for row in rows])


async def get_one_run(call: Call) -> MergeRun:
    """GET: how far a run is."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        return run_shape(await get_run(conn, directory_id, call.path("run_id")))


async def stop_run(call: Call) -> MergeRun:
    """POST: stop it between two transactions; what is merged stays, and can be undone as a run."""
    directory_id, run_id, who = _managed(call), call.path("run_id"), call.caller.operator_id
    await call.write(lambda conn: stop_merges(conn, directory_id, run_id, who, call.at))
    return await get_one_run(call)


async def get_run_undo(call: Call) -> MergeUndo:
    """GET: how many merges of the run an undo would take back, or how far it is."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        return await _undo_now(conn, directory_id, call.path("run_id"))


async def undo_run(call: Call) -> MergeUndo:
    """POST: undo all merges of the run in the background, newest first; as it is two seconds later.

    Asked for again, it is the same job. It goes on if it was stopped; once it is over, it tries
    those again that it refused.
    """
    directory_id, run_id = _managed(call), call.path("run_id")
    operator_id, worker = call.caller.operator_id, new_worker()
    begun = await call.write(
        lambda conn: begin_undo(conn, directory_id, run_id, operator_id, call.at, worker=worker)
    )
    if begun is not None:
        state = call.request.app.state
        await begin(state, work_off(call.store, begun, worker, state.clock))
    async with call.reading() as conn:
        return await _undo_now(conn, directory_id, run_id)


async def stop_run_undo(call: Call) -> MergeUndo:
    """POST: stop undoing between two transactions; what is undone stays so."""
    directory_id, run_id, who = _managed(call), call.path("run_id"), call.caller.operator_id
    await call.write(lambda conn: stop_undo(conn, directory_id, run_id, who, call.at))
    return await get_run_undo(call)


async def _undo_now(conn: AsyncConnection, directory_id: str, run_id: str) -> MergeUndo:
    run = await get_run(conn, directory_id, run_id)
    undo = await get_undo(conn, run_id)
    return undo_shape(undo, await standing_of(conn, run), await refused_merges(conn, run_id))


def _managed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


routes: list[BaseRoute] = [
    api("GET", ALL, "read:directory_contacts", list_runs),
    api("GET", ONE, "read:directory_contacts", get_one_run),
    api("POST", f"{ONE}/stop", "manage:directory_contacts", stop_run),
    api("GET", UNDO, "read:directory_contacts", get_run_undo),
    api("POST", UNDO, "manage:directory_contacts", undo_run),
    api("POST", f"{UNDO}/stop", "manage:directory_contacts", stop_run_undo),
]
