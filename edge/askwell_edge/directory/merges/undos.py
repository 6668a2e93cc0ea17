"""Undoing all merges of a run, as a job: the newest first, and after a kill from there on.

Some merges, and which of them could not be undone, are one transaction; what is left is looked up
anew. So nothing is undone twice or by half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.merges.jobs import Job, hold_jobs, refuse_another, resume, stop, tell
from askwell_edge.directory.merges.runs import get_run
from askwell_edge.directory.merges.unmerging import undo_merges
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import merge_undo_refusals, merge_undos, merges

# Few enough that beacons, which wait for the transaction, do not wait for long.
AT_ONCE = 50
SHOWN = 100
ALREADY = "merge_undone"


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a run's merges.

    `undone`: taken back by the job, or one by one since; `left`: as they were made, and none of
    those that the job has `refused`, which are counted by reason; `gone`: not kept any more.
    """

    undone: int
    left: int
    refused: dict[str, int]
    gone: int


async def begin_undo(
    conn: AsyncConnection,
    directory_id: str,
    run_id: str,
    operator_id: str | None,
    at: int,
    *,
    worker: str,
) -> RowMapping | None:
    """The job that undoes the run, if there is something to do that nobody is at.

    Each run has one job. Asked for again it goes on where it was stopped, or, once it is over, with
    those that it refused.
    """
    run = await get_run(conn, directory_id, run_id)
    await hold_jobs(conn, directory_id)
    undo = await get_undo(conn, run_id)
    if undo is not None and undo["state"] == "running":
        return None
    await refuse_another(conn, directory_id)
    count = await conn.scalar(select(func.count()).where(*_not_undone(run_id))) or 0
    if not count:
        if undo is None:
            raise Conflict("merge_run_empty", f"no merge of this run is left to undo: {run_id}")
        return None
    begun = {"operator_id": operator_id, "state": "running", "started_at": at, "finished_at": None}
    begun |= {"worker": worker, "alive_at": at}
    if undo is None:
        await conn.execute(
            insert(merge_undos).values(run_id=run_id, directory_id=directory_id, **begun)
        )
        await _refuse_undone(conn, run_id)
    else:
        this = merge_undos.c.run_id == run_id
        await conn.execute(update(merge_undos).where(this).values(begun))
        tried = merge_undo_refusals.c
        await conn.execute(
            delete(merge_undo_refusals).where(tried.run_id == run_id, tried.reason != ALREADY)
        )
    after = {"directory_id": directory_id, "merges": count, "merged_at": run["started_at"]}
    await audit.record(conn, operator_id, "merge_run.undo", run_id, at, after=after)
    return await get_undo(conn, run_id)


async def work_off(store: Store, undo: Job, worker: str, clock: Clock) -> None:
    """Undo what there is to undo, and end the job; stops where another worker has it."""
    async with store.read() as conn:
        ids = await merges_left(conn, undo["run_id"])
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        await store.writer.submit(
            lambda conn, some=some: undo_part(conn, undo, worker, some, clock()),  # type: ignore[misc]
            lasting=False,  # what a power cut takes back is found and undone again; the end lasts
        )
    ended = {"state": "finished", "finished_at": clock()}
    await store.writer.submit(lambda conn: tell(conn, merge_undos, undo, worker, clock(), **ended))


async def resume_undos(store: Store, clock: Clock) -> int:
    """Go on with jobs that nobody is at any more; how many."""
    return await resume(store, merge_undos, work_off, clock)


async def stop_undo(
    conn: AsyncConnection, directory_id: str, run_id: str, operator_id: str | None, at: int
) -> None:
    """Stop the job before its next part; what is undone stays so. Asked for again it goes on."""
    run = await get_run(conn, directory_id, run_id)
    if await stop(conn, merge_undos, run_id, at):
        standing = await standing_of(conn, run)
        after = {"directory_id": directory_id, "undone": standing.undone, "left": standing.left}
        await audit.record(conn, operator_id, "merge_run.stop_undo", run_id, at, after=after)


async def undo_part(
    conn: AsyncConnection, undo: Job, worker: str, merge_ids: Sequence[str], at: int
) -> None:
    """Undo some of the run's merges, and write down which could not be."""
    run_id, directory_id = undo["run_id"], undo["directory_id"]
    refused = await undo_merges(conn, directory_id, merge_ids, undo["operator_id"], at)
    rows = [
        {"merge_id": merge_id, "run_id": run_id, "reason": problem.code}
        for merge_id, problem in refused.items()
        if problem.code != ALREADY  # by hand, meanwhile: it is taken back
    ]
    await insert_rows(conn, merge_undo_refusals, rows)
    await tell(conn, merge_undos, undo, worker, at)


async def get_undo(conn: AsyncConnection, run_id: str) -> RowMapping | None:
    """The job's row; None while nobody has asked for it."""
    wanted = select(merge_undos).where(merge_undos.c.run_id == run_id)
    return (await conn.execute(wanted)).mappings().one_or_none()


async def merges_left(conn: AsyncConnection, run_id: str) -> Sequence[str]:
    """The run's merges that are still to be undone, newest first."""
    tried = select(merge_undo_refusals.c.merge_id).where(merge_undo_refusals.c.run_id == run_id)
    wanted = (
        select(merges.c.merge_id)
        .where(*_not_undone(run_id), merges.c.merge_id.not_in(tried))
        .order_by(merges.c.at.desc(), merges.c.merge_id.desc())
    )
    return (await conn.execute(wanted)).scalars().all()


async def standing_of(conn: AsyncConnection, run: Job) -> Standing:
    """What became of the run's merges, as of now."""
    run_id = run["run_id"]
    stands = merges.c.undone_at.is_(None)
    by_state = select(stands, func.count()).where(merges.c.run_id == run_id).group_by(stands)
    counts = {bool(row[0]): row[1] for row in await conn.execute(by_state)}
    reason = merge_undo_refusals.c.reason
    by_reason = (
        select(reason, func.count())
        .where(merge_undo_refusals.c.run_id == run_id)
        .group_by(reason)
        .order_by(reason)
    )
    refused = {row[0]: row[1] for row in await conn.execute(by_reason)}
    before = refused.get(ALREADY, 0)
    return Standing(
        undone=counts.get(False, 0) - before,
        left=counts.get(True, 0) - sum(refused.values()) + before,
        refused=refused,
        gone=max(0, run["merged"] - sum(counts.values())),
    )


async def refused_merges(conn: AsyncConnection, run_id: str) -> Sequence[RowMapping]:
    """The newest hundred merges that the job left as they are, each with its `reason`."""
    shown = ("merge_id", "at", "survivor_id", "merged_id")
    wanted = (
        select(*(merges.c[name] for name in shown), merge_undo_refusals.c.reason)
        .join(merge_undo_refusals, merge_undo_refusals.c.merge_id == merges.c.merge_id)
        .where(merge_undo_refusals.c.run_id == run_id)
        .order_by(merges.c.at.desc(), merges.c.merge_id.desc())
        .limit(SHOWN)
    )
    return (await conn.execute(wanted)).mappings().all()


async def _refuse_undone(conn: AsyncConnection, run_id: str) -> None:
    """Write down which of the merges were undone one by one, before the job."""
    found = select(merges.c.merge_id, merges.c.run_id, literal(ALREADY)).where(
        merges.c.run_id == run_id, merges.c.undone_at.is_not(None)
    )
    names = ["merge_id", "run_id", "reason"]
    await conn.execute(insert(merge_undo_refusals).from_select(names, found))


def _not_undone(run_id: str) -> tuple[Any, Any]:
    return merges.c.run_id == run_id, merges.c.undone_at.is_(None)
