"""Imports that wait for their turn: one a directory at a time, the oldest first."""

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.imports.runs import hold_imports, is_alive, take_over
from askwell_edge.store.tables import import_runs

WAITING_LIMIT = 20


async def must_wait(conn: AsyncConnection, directory_id: str, at: int) -> bool:
    """Whether another import comes first; refused where too many wait already."""
    runs = await _unfinished(conn, directory_id)
    if sum(run["state"] == "waiting" for run in runs) >= WAITING_LIMIT:
        raise Conflict("import_limit", f"{WAITING_LIMIT} imports wait already; wait for some")
    return any(run["state"] == "waiting" or _goes_on(run, at) for run in runs)


async def whose_turn(conn: AsyncConnection, at: int) -> list[RowMapping]:
    """The oldest run that waits in each directory where nothing is imported."""
    first: dict[str, RowMapping] = {}
    busy = set()
    for run in await _unfinished(conn):
        if run["state"] == "waiting":
            first.setdefault(run["directory_id"], run)
        elif _goes_on(run, at):
            busy.add(run["directory_id"])
    return [run for directory_id, run in first.items() if directory_id not in busy]


async def take_turn(conn: AsyncConnection, run: RowMapping, worker: str, at: int) -> RowMapping:
    """Make the run this worker's own, which is at it from now on; refused if it must still wait."""
    directory_id = run["directory_id"]
    await hold_imports(conn, directory_id)
    runs = await _unfinished(conn, directory_id)
    if any(_goes_on(each, at) for each in runs if each["state"] == "running"):
        raise Conflict("import_running", f"{run['name']} waits until another import is done")
    return await take_over(conn, run, worker, at)


def _goes_on(run: RowMapping, at: int) -> bool:
    """Whether a run that is not done has somebody at it, or goes on by itself before long."""
    return run["file"] is not None or is_alive(run, at)


async def _unfinished(conn: AsyncConnection, directory_id: str | None = None) -> list[RowMapping]:
    wanted = select(import_runs).where(import_runs.c.state.in_(("running", "waiting")))
    if directory_id is not None:
        wanted = wanted.where(import_runs.c.directory_id == directory_id)
    wanted = wanted.order_by(import_runs.c.started_at, import_runs.c.import_id)
    return list((await conn.execute(wanted)).mappings().all())
