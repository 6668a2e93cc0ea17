"""What the directory does by itself while the edge runs: build and refresh what is due."""

import asyncio
import logging

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.directories import list_directories
from askwell_edge.directory.merges.runs import resume_merges
from askwell_edge.directory.merges.undos import resume_undos
from askwell_edge.directory.segments.lanes import evaluate_listed
from askwell_edge.directory.segments.membership import MANY, due_contacts, evaluate_marked
from askwell_edge.directory.segments.rebuild import due_directories, rebuild
from askwell_edge.errors import StoreError
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store

BATCH = 20_000

log = logging.getLogger(__name__)


async def keep_up(store: Store, clock: Clock, every_s: float) -> None:
    """Build new and changed segments soon, all others once a day; until cancelled.

    What is due is read from the store, so a restart forgets nothing.
    """
    while True:
        try:
            await build_due(store, clock())
            await evaluate_due(store, clock())
            await resume_merges(store, clock)
            await resume_undos(store, clock)
        except (Conflict, StoreError) as problem:
            log.warning("upkeep=failed problem=%s", type(problem).__name__)
        await asyncio.sleep(every_s)


async def build_due(store: Store, at: int) -> list[str]:
    """Rebuild the directories that are due at this instant; their ids."""
    async with store.read() as conn:
        due = await due_directories(conn, at)
    for directory_id in due:
        count = await rebuild(store, directory_id, at)
        log.info("rebuilt=%s contacts=%d", directory_id, count)
    return due


async def evaluate_due(store: Store, at: int) -> int:
    """Evaluate the contacts of live directories that are due; how many."""
    async with store.read() as conn:
        live = [
            row["directory_id"]
            for row in await list_directories(conn)
            if row["membership_mode"] == "live"
        ]
    done = 0
    for directory_id in live:
        while True:
            async with store.read() as conn:
                due = await due_contacts(conn, directory_id, at, BATCH)
            if not due:
                break
            if len(due) >= MANY:
                await evaluate_listed(store, directory_id, due, at)
            else:
                await store.writer.submit(
                    lambda conn, place=directory_id, ids=list(due): evaluate_marked(  # type: ignore[misc]
                        conn, place, ids, at
                    )
                )
            done += len(due)
            if len(due) < BATCH:
                break  # who is marked meanwhile is the next call's, however many beacons come
    return done
