"""What the directory does by itself while the edge runs: build segments that are due."""

import asyncio
import logging

from askwell_edge.directory.rebuild import due_directories, rebuild
from askwell_edge.errors import StoreError
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store

log = logging.getLogger(__name__)


async def keep_up(store: Store, clock: Clock, every_s: float) -> None:
    """Build new and changed segments soon, all others once a day; until cancelled.

    What is due is read from the store, so a restart forgets nothing.
    """
    while True:
        try:
            await build_due(store, clock())
        except StoreError as problem:
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
