"""Runs of imports: whose they are and how far they are; one a directory at a time.

A run belongs to one worker. Where that is gone, the next one goes on after the last row that was
kept: the tally is written in the same transaction as the rows that it counts.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Unknown
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.lists.lists import get_list
from askwell_edge.store.ids import new_id
from askwell_edge.store.locks import hold
from askwell_edge.store.tables import import_runs

# A run that wrote nothing for so long is taken to be cut off.
ALIVE_MS = 30_000
# So long after it was stopped a run can go on, and its file is kept for it.
STOPPED_MS = 7 * 24 * 60 * 60 * 1000


def new_worker() -> str:
    """A name for one import's worker, by which others of this machine see whether it lives."""
    return f"{socket.gethostname()}/{os.getpid()}/{new_id('W')}"


async def hold_imports(conn: AsyncConnection, directory_id: str) -> None:
    """Let nobody else begin an import of this directory until the transaction ends."""
    await hold(conn, [f"{directory_id}\x1fimports"])


async def new_run(
    conn: AsyncConnection,
    directory_id: str,
    name: str,
    digest: str,
    at: int,
    options: Options,
    *,
    worker: str | None,
    file: str | None,
    prefix: str = "IM",
    row_count: int | None = None,
) -> RowMapping:
    """A run that this worker is at; one without a worker waits for its turn."""
    await get_directory(conn, directory_id)
    if options.list_id is not None:
        await get_list(conn, directory_id, options.list_id)
    import_id = new_id(prefix)
    await conn.execute(
        insert(import_runs).values(
            import_id=import_id,
            directory_id=directory_id,
            list_id=options.list_id,
            name=name[:200],
            digest=digest,
            options=options.kept(),
            state="running" if worker is not None else "waiting",
            row_count=row_count,
            worker=worker,
            alive_at=at,
            file=file,
            started_at=at,
        )
    )
    return await get_import(conn, directory_id, import_id)


async def same_import(
    conn: AsyncConnection, directory_id: str, digest: str, options: Options, since: int
) -> RowMapping | None:
    """The run that these very rows have already: not done yet, or with their transactions recorded.

    A stopped one goes on with them. Rows without transactions may come again: what they say is then
    so again.
    """
    wanted = (
        select(import_runs)
        .where(
            import_runs.c.directory_id == directory_id,
            import_runs.c.started_at >= since,
            import_runs.c.digest == digest,
        )
        .order_by(import_runs.c.started_at.desc())
    )
    for run in (await conn.execute(wanted)).mappings().all():
        if run["options"] == options.kept():
            if run["state"] in ("waiting", "running", "stopped"):
                return run
            if run["state"] == "finished" and run["transactions"]:
                return run
    return None


def is_alive(run: Mapping[Any, Any], at: int) -> bool:
    """Whether somebody is still at it, as far as one can see from here."""
    host, _, rest = (run["worker"] or "").partition("/")
    process = rest.partition("/")[0]
    if host == socket.gethostname() and process.isdigit() and not _is_running(int(process)):
        return False
    last_at: int = run["alive_at"] or run["started_at"]
    return at - last_at < ALIVE_MS


async def take_over(
    conn: AsyncConnection, run: RowMapping, worker: str, at: int, *, file: str | None = None
) -> RowMapping:
    """Make a run that was cut off this worker's own; refused when another was quicker."""
    taken = await conn.execute(
        update(import_runs)
        .where(
            import_runs.c.import_id == run["import_id"],
            import_runs.c.worker.is_not_distinct_from(run["worker"]),
            import_runs.c.rows_done == run["rows_done"],
            import_runs.c.state == run["state"],
        )
        .values(
            worker=worker,
            alive_at=at,
            file=file or run["file"],
            state="running",
            finished_at=None,
        )
    )
    if taken.rowcount != 1:
        raise Conflict("import_running", f"{run['name']} is being imported by somebody else")
    return await get_import(conn, run["directory_id"], run["import_id"])


async def wait_again(conn: AsyncConnection, run: RowMapping, file: str) -> RowMapping:
    """Let a run that was cut off go on with this file when its turn comes."""
    changed = {"state": "waiting", "worker": None, "file": file, "finished_at": None}
    mine = import_runs.c.import_id == run["import_id"]
    await conn.execute(update(import_runs).where(mine).values(**changed))
    return await get_import(conn, run["directory_id"], run["import_id"])


async def record_progress(
    conn: AsyncConnection,
    run: Mapping[Any, Any],
    worker: str,
    before: Tally,
    tally: Tally,
    at: int,
    bytes_done: int,
) -> None:
    """Write how far the run is; refused, rows and all, where another worker has taken it over."""
    kept = await conn.execute(
        update(import_runs)
        .where(
            import_runs.c.import_id == run["import_id"],
            import_runs.c.worker == worker,
            import_runs.c.rows_done == before.rows,
        )
        .values(
            rows_done=tally.rows,
            bytes_done=bytes_done,
            created=tally.created,
            updated=tally.updated,
            unchanged=tally.unchanged,
            refused=tally.refused,
            transactions=tally.transactions,
            alive_at=at,
        )
    )
    if kept.rowcount != 1:
        await refuse_lost(conn, run)


async def refuse_lost(conn: AsyncConnection, run: Mapping[Any, Any]) -> None:
    """Say why a run is not its worker's any more, which undoes the transaction."""
    mine = import_runs.c.import_id == run["import_id"]
    if await conn.scalar(select(import_runs.c.state).where(mine)) == "stopped":
        raise Conflict("import_stopped", f"{run['name']}: stopped; import it again to go on")
    raise Conflict("import_taken_over", f"another worker goes on with {run['name']}")


async def end_import(
    conn: AsyncConnection, run: Mapping[Any, Any], state: str, at: int, *, worker: str | None = None
) -> None:
    """The run is `finished`, `failed` (the file cannot be read) or `interrupted`.

    With a worker: refused where it is not this one's any more.
    """
    mine = import_runs.c.import_id == run["import_id"]
    if worker is not None:
        mine &= import_runs.c.worker == worker
    ended = await conn.execute(update(import_runs).where(mine).values(state=state, finished_at=at))
    if ended.rowcount != 1:
        await refuse_lost(conn, run)


async def cut_off_uploads(conn: AsyncConnection, at: int) -> list[RowMapping]:
    """Runs that nobody is at any more and whose file lies in the data folder."""
    wanted = select(import_runs).where(
        import_runs.c.state == "running", import_runs.c.file.is_not(None)
    )
    rows = (await conn.execute(wanted)).mappings().all()
    return [row for row in rows if not is_alive(row, at)]


async def files_wanted(conn: AsyncConnection, at: int) -> set[str]:
    """Names of the files in the data folder that runs still read, or may go on with."""
    stopped = import_runs.c.state == "stopped"
    wanted = select(import_runs.c.file).where(
        import_runs.c.state.in_(("running", "waiting"))
        | (stopped & (import_runs.c.finished_at > at - STOPPED_MS)),
        import_runs.c.file.is_not(None),
    )
    return set((await conn.execute(wanted)).scalars())


async def get_import(conn: AsyncConnection, directory_id: str, import_id: str) -> RowMapping:
    """The run's row."""
    wanted = select(import_runs).where(
        import_runs.c.directory_id == directory_id, import_runs.c.import_id == import_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("import", import_id)
    return found


async def imports_of(conn: AsyncConnection, directory_id: str) -> Sequence[RowMapping]:
    """The directory's newest hundred runs, newest first."""
    wanted = (
        select(import_runs)
        .where(import_runs.c.directory_id == directory_id)
        .order_by(import_runs.c.started_at.desc(), import_runs.c.import_id)
        .limit(100)
    )
    return (await conn.execute(wanted)).mappings().all()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
