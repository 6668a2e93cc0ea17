"""Runs of merges and their undoing, as jobs: one at a time in a directory, in the background.

Each part of a job says in its own transaction that its worker is still at it; a job that nobody
is at any more is another worker's to go on with. A job that is stopped has no worker: the part
that was under way is not kept, and none comes after it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import RowMapping, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import State

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.imports.runs import is_alive, new_worker
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store
from askwell_edge.store.locks import hold
from askwell_edge.store.tables import merge_runs, merge_undos

WAIT_S = 2.0

Job = Mapping[Any, Any]
WorkOff = Callable[[Store, Job, str, Clock], Awaitable[None]]

log = logging.getLogger(__name__)


class Stopped(Conflict):
    """Somebody stopped the job between two of its parts."""

    def __init__(self) -> None:
        super().__init__("merge_stopped", "this merge was stopped")


async def hold_jobs(conn: AsyncConnection, directory_id: str) -> None:
    """Let nobody else begin a job of this directory until the transaction ends."""
    await hold(conn, [f"{directory_id}\x1fmerges"])


async def refuse_another(conn: AsyncConnection, directory_id: str) -> None:
    """Refuse a new job while the directory has one."""
    for jobs, code, what in (
        (merge_runs, "merge_running", "duplicates are being merged already"),
        (merge_undos, "merge_undo_running", "the merges of a run are being undone"),
    ):
        running = select(jobs.c.run_id).where(
            jobs.c.directory_id == directory_id, jobs.c.state == "running"
        )
        if await conn.scalar(running) is not None:
            raise Conflict(code, f"{what}; wait until it is done")


async def begin(state: State, work: Coroutine[Any, Any, None]) -> None:
    """Let this go on in the background of the edge; back at its end, or after two seconds."""
    running: set[asyncio.Task[None]] = state.merges
    task = asyncio.create_task(work)
    running.add(task)
    task.add_done_callback(lambda task: _ended(task, running))
    await asyncio.wait([task], timeout=WAIT_S)


def _ended(task: asyncio.Task[None], running: set[asyncio.Task[None]]) -> None:
    """A job that broke off is taken up again by the edge's upkeep."""
    running.discard(task)
    if task.cancelled() or isinstance(task.exception(), Stopped):
        return
    if (problem := task.exception()) is not None:
        log.warning("merge=interrupted problem=%s", type(problem).__name__)


async def tell(
    conn: AsyncConnection, jobs: Table, job: Job, worker: str, at: int, **values: Any
) -> None:
    """Write how far the job is; undoes this transaction where it is not this worker's any more."""
    told = await conn.execute(
        update(jobs)
        .where(jobs.c.run_id == job["run_id"], jobs.c.worker == worker)
        .values(alive_at=at, **values)
    )
    if told.rowcount != 1 and await _state_of(conn, jobs, job["run_id"]) == "stopped":
        raise Stopped
    _check(told.rowcount)


async def stop(conn: AsyncConnection, jobs: Table, run_id: str, at: int) -> bool:
    """End a running job before its next part; False if that was done already.

    What it has done stays. Refused once it is over.
    """
    stopped = await conn.execute(
        update(jobs)
        .where(jobs.c.run_id == run_id, jobs.c.state == "running")
        .values(state="stopped", worker=None, finished_at=at)
    )
    if stopped.rowcount != 1 and await _state_of(conn, jobs, run_id) != "stopped":
        raise Conflict("merge_over", "it does not run, so there is nothing to stop")
    return stopped.rowcount == 1


async def resume(store: Store, jobs: Table, work_off: WorkOff, clock: Clock) -> int:
    """Go on with jobs that nobody is at any more; how many."""
    wanted = select(jobs).where(jobs.c.state == "running")
    async with store.read() as conn:
        rows = (await conn.execute(wanted)).mappings().all()
    left = [row for row in rows if not is_alive(row, clock())]
    for job in left:
        worker = new_worker()
        await store.writer.submit(
            lambda conn, job=job, worker=worker: _take_over(conn, jobs, job, worker, clock())  # type: ignore[misc]
        )
        with suppress(Stopped):
            await work_off(store, job, worker, clock)
    return len(left)


async def _take_over(
    conn: AsyncConnection, jobs: Table, job: RowMapping, worker: str, at: int
) -> None:
    taken = await conn.execute(
        update(jobs)
        .where(
            jobs.c.run_id == job["run_id"],
            jobs.c.worker.is_not_distinct_from(job["worker"]),
            jobs.c.alive_at.is_not_distinct_from(job["alive_at"]),
        )
        .values(worker=worker, alive_at=at)
    )
    _check(taken.rowcount)


async def _state_of(conn: AsyncConnection, jobs: Table, run_id: str) -> str | None:
    return await conn.scalar(select(jobs.c.state).where(jobs.c.run_id == run_id))


def _check(written: int) -> None:
    if written != 1:
        raise Conflict("merge_taken_over", "another worker goes on with this merge")
