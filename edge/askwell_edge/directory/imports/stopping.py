"""Imports that somebody stops, and goes on with later: a batch is kept whole or not at all.

A stopped run has no worker: the batch that was under way is not kept, and none comes after it.
"""

from pathlib import Path

from sqlalchemy import RowMapping, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.imports.runs import (
    STOPPED_MS,
    get_import,
    hold_imports,
    take_over,
    wait_again,
)
from askwell_edge.directory.imports.waiting import must_wait
from askwell_edge.store.tables import import_runs


async def stop_import(
    conn: AsyncConnection, directory_id: str, import_id: str, operator_id: str | None, at: int
) -> None:
    """End a run before its next batch; said again it changes nothing. Refused once it is over.

    What it has imported stays, and for a week its file.
    """
    run = await get_import(conn, directory_id, import_id)
    stopped = await conn.execute(
        update(import_runs)
        .where(
            import_runs.c.import_id == import_id, import_runs.c.state.in_(("waiting", "running"))
        )
        .values(state="stopped", worker=None, finished_at=at)
    )
    run = await get_import(conn, directory_id, import_id)
    if stopped.rowcount == 1:
        after = {"name": run["name"], "rows": run["rows_done"]}
        await audit.record(conn, operator_id, "import.stop", import_id, at, after=after)
    elif run["state"] != "stopped":
        raise Conflict("import_over", "it does not run, so there is nothing to stop")


async def continue_import(
    conn: AsyncConnection,
    directory_id: str,
    import_id: str,
    operator_id: str | None,
    at: int,
    *,
    worker: str,
    folder: Path,
) -> RowMapping:
    """Let a stopped run go on after the last row that it kept, or wait for its turn.

    The worker is at it if the run says so. Refused where the file is not there any more; sent
    again within the week after the stop, it goes on as well.
    """
    await hold_imports(conn, directory_id)
    run = await get_import(conn, directory_id, import_id)
    if run["state"] in ("waiting", "running"):
        return run
    if run["state"] != "stopped":
        raise Conflict("import_over", "it was not stopped, so it cannot go on")
    if not has_file(run, folder, at):
        message = "its file is not kept here; import the same file again"
        raise Conflict("import_file_gone", message)
    if await must_wait(conn, directory_id, at):
        run = await wait_again(conn, run, run["file"])
    else:
        run = await take_over(conn, run, worker, at)
    after = {"name": run["name"], "rows": run["rows_done"]}
    await audit.record(conn, operator_id, "import.continue", import_id, at, after=after)
    return run


def has_file(run: RowMapping, folder: Path, at: int) -> bool:
    """Whether the file of a stopped run lies in the data folder still."""
    kept = run["file"] is not None and at - run["finished_at"] < STOPPED_MS
    return kept and (folder / Path(run["file"]).name).is_file()
