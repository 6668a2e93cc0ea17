"""Merging all duplicates that are there, as a job: some at once, and after a kill from there on.

Some pairs and their count are one transaction, and what is left is looked up anew: so nothing is
merged twice, and nothing that was merged is lost.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Unknown
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.merges.distinct import distinct_of
from askwell_edge.directory.merges.duplicates import Pair, find_pairs, still_one
from askwell_edge.directory.merges.jobs import hold_jobs, refuse_another, resume, stop, tell
from askwell_edge.directory.merges.merging import merge_pairs
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import merge_runs, merge_undos

# Few enough that beacons, which wait for the transaction, do not wait for long.
AT_ONCE = 50

_with_undo = select(merge_runs, merge_undos.c.state.label("undo_state")).outerjoin(
    merge_undos, merge_undos.c.run_id == merge_runs.c.run_id
)


async def begin_merges(
    conn: AsyncConnection,
    directory_id: str,
    since: int | None,
    operator_id: str | None,
    at: int,
    *,
    worker: str,
) -> RowMapping:
    """A new run; refused while another one of the directory is at it, or is being undone."""
    await get_directory(conn, directory_id)
    await hold_jobs(conn, directory_id)
    await refuse_another(conn, directory_id)
    run_id = new_id("MR")
    await conn.execute(
        insert(merge_runs).values(
            run_id=run_id,
            directory_id=directory_id,
            operator_id=operator_id,
            since=since,
            state="running",
            worker=worker,
            alive_at=at,
            started_at=at,
        )
    )
    return await get_run(conn, directory_id, run_id)


async def work_off(store: Store, run: Mapping[Any, Any], worker: str, clock: Clock) -> None:
    """Merge what there is to merge, and end the run; stops where another worker has it."""
    directory_id = run["directory_id"]
    async with store.read() as conn:
        pairs = await find_pairs(conn, directory_id, since=run["since"])
    found = run["merged"] + len(pairs)
    await store.writer.submit(
        lambda conn: tell(conn, merge_runs, run, worker, clock(), found=found)
    )
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        await store.writer.submit(
            lambda conn, some=some: merge_part(conn, run, worker, some, clock()),  # type: ignore[misc]
            lasting=False,  # what a power cut takes back is found and merged again; the end lasts
        )
    ended = {"state": "finished", "finished_at": clock()}
    await store.writer.submit(lambda conn: tell(conn, merge_runs, run, worker, clock(), **ended))


async def resume_merges(store: Store, clock: Clock) -> int:
    """Go on with runs that nobody is at any more; how many."""
    return await resume(store, merge_runs, work_off, clock)


async def stop_merges(
    conn: AsyncConnection, directory_id: str, run_id: str, operator_id: str | None, at: int
) -> None:
    """Stop the run before its next part; what it has merged stays, and can be undone as a run."""
    run = await get_run(conn, directory_id, run_id)
    if await stop(conn, merge_runs, run_id, at):
        after = {"directory_id": directory_id, "merged": run["merged"], "found": run["found"]}
        await audit.record(conn, operator_id, "merge_run.stop", run_id, at, after=after)


async def get_run(conn: AsyncConnection, directory_id: str, run_id: str) -> RowMapping:
    """The run's row, and `undo_state`: None while nobody has asked to undo it."""
    wanted = _with_undo.where(
        merge_runs.c.directory_id == directory_id, merge_runs.c.run_id == run_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("merge_run", run_id)
    return found


async def runs_of(conn: AsyncConnection, directory_id: str) -> Sequence[RowMapping]:
    """The directory's newest hundred runs, newest first."""
    wanted = (
        _with_undo.where(merge_runs.c.directory_id == directory_id)
        .order_by(merge_runs.c.started_at.desc(), merge_runs.c.run_id)
        .limit(100)
    )
    return (await conn.execute(wanted)).mappings().all()


async def merge_part(
    conn: AsyncConnection, run: Mapping[Any, Any], worker: str, pairs: Sequence[Pair], at: int
) -> None:
    """Merge some of the run's pairs, except for those that were told apart meanwhile."""
    directory_id = run["directory_id"]
    pairs = still_one(pairs, await distinct_of(conn, directory_id))
    made = await merge_pairs(conn, directory_id, pairs, run["operator_id"], at, run["run_id"])
    await tell(conn, merge_runs, run, worker, at, merged=merge_runs.c.merged + len(made))
