"""How imports begin: one a directory at a time; uploads wait for their turn, the oldest first."""

from collections.abc import Collection

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.runs import (
    STOPPED_MS,
    end_import,
    hold_imports,
    is_alive,
    new_run,
    take_over,
    wait_again,
)
from askwell_edge.store.tables import import_runs

WAITING_LIMIT = 20


async def begin_import(
    conn: AsyncConnection,
    directory_id: str,
    name: str,
    digest: str,
    at: int,
    options: Options,
    *,
    worker: str,
) -> RowMapping:
    """The unfinished run of the same file, taken over, or a new one; for files read where they lie.

    Refused while another file, or the same one by another worker, is being imported. An upload that
    was cut off goes on afterwards.
    """
    await hold_imports(conn, directory_id)
    same = None
    for run in await _same_or_unfinished(conn, directory_id, at, ("running", "interrupted")):
        if run["state"] == "running" and is_alive(run, at):
            raise Conflict(
                "import_running", f"{run['name']} is being imported; wait until it is done"
            )
        if run["digest"] == digest and run["options"] == options.kept():
            same = run
        elif run["state"] == "running" and run["file"] is not None:
            await wait_again(conn, run, run["file"])
        elif run["state"] == "running":
            await end_import(conn, run, "interrupted", at)
    if same is not None:
        return await take_over(conn, same, worker, at)
    return await new_run(conn, directory_id, name, digest, at, options, worker=worker, file=None)


async def begin_upload(
    conn: AsyncConnection,
    directory_id: str,
    name: str,
    digest: str,
    at: int,
    options: Options,
    *,
    worker: str,
    file: str,
) -> RowMapping:
    """The run of this very file that is not done yet, or a new one.

    The worker is at it if the run says so; otherwise another is, or the run waits for its turn.
    Refused where too many wait already.
    """
    await hold_imports(conn, directory_id)
    same = None
    states = ("waiting", "running", "interrupted")
    for run in await _same_or_unfinished(conn, directory_id, at, states):
        if run["digest"] == digest and run["options"] == options.kept():
            same = run
        elif run["state"] == "running" and not _goes_on(run, at):
            await end_import(conn, run, "interrupted", at)
    if same is not None and (same["state"] == "waiting" or _is_at_work(same, at)):
        return same
    waits = await must_wait(conn, directory_id, at, besides=same)
    if same is None:
        worker_now = None if waits else worker
        return await new_run(
            conn, directory_id, name, digest, at, options, worker=worker_now, file=file
        )
    if waits:
        return await wait_again(conn, same, file)
    return await take_over(conn, same, worker, at, file=file)


async def must_wait(
    conn: AsyncConnection, directory_id: str, at: int, *, besides: RowMapping | None = None
) -> bool:
    """Whether another import comes first; refused where too many wait already."""
    runs = await _unfinished(conn, directory_id)
    if besides is not None:
        runs = [run for run in runs if run["import_id"] != besides["import_id"]]
    if sum(run["state"] == "waiting" for run in runs) >= WAITING_LIMIT:
        message = (
            f"{WAITING_LIMIT} imports of this directory wait already; send it once some are done"
        )
        raise Conflict("import_limit", message)
    return any(run["state"] == "waiting" or _goes_on(run, at) for run in runs)


async def ahead_of(conn: AsyncConnection, run: RowMapping) -> int:
    """How many imports of the directory are made before a run that waits."""
    place = run["started_at"], run["import_id"]
    return sum(
        each["state"] == "running" or (each["started_at"], each["import_id"]) < place
        for each in await _unfinished(conn, run["directory_id"])
    )


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


async def _same_or_unfinished(
    conn: AsyncConnection, directory_id: str, at: int, states: Collection[str]
) -> list[RowMapping]:
    """Runs in these states, and those that were stopped not long ago: either goes on."""
    runs = await _unfinished(conn, directory_id, (*states, "stopped"))
    return [
        run for run in runs if run["state"] != "stopped" or at - run["finished_at"] < STOPPED_MS
    ]


def _is_at_work(run: RowMapping, at: int) -> bool:
    return run["state"] == "running" and is_alive(run, at)


def _goes_on(run: RowMapping, at: int) -> bool:
    """Whether a run that is not done has somebody at it, or goes on by itself before long."""
    return run["file"] is not None or is_alive(run, at)


async def _unfinished(
    conn: AsyncConnection,
    directory_id: str | None = None,
    states: Collection[str] = ("running", "waiting"),
) -> list[RowMapping]:
    wanted = select(import_runs).where(import_runs.c.state.in_(states))
    if directory_id is not None:
        wanted = wanted.where(import_runs.c.directory_id == directory_id)
    wanted = wanted.order_by(import_runs.c.started_at, import_runs.c.import_id)
    return list((await conn.execute(wanted)).mappings().all())
