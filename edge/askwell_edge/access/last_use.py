"""When each API token was last used: to the day, written once a day, and nobody waits for it."""

import asyncio
import logging

from cachetools import LRUCache

from askwell_edge.access.tokens import note_use
from askwell_edge.errors import StoreError
from askwell_edge.store.engine import Store

DAY_MS = 24 * 60 * 60 * 1000

log = logging.getLogger(__name__)


def day_of(at: int) -> int:
    """The beginning of an instant's day, UTC."""
    return at - at % DAY_MS


class LastUse:
    """Notes the first use of each day; what cannot be written is noted at a later one."""

    def __init__(self, store: Store, *, key_limit: int = 50_000) -> None:
        self._store = store
        self._noted: LRUCache[str, int] = LRUCache(maxsize=key_limit)
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, token_id: str, at: int) -> None:
        """Have it written beside whatever the token is used for."""
        day = day_of(at)
        if self._noted.get(token_id) == day:
            return
        self._noted[token_id] = day
        task = asyncio.create_task(self._write(token_id, day), name="last use")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def settle(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing)

    async def _write(self, token_id: str, day: int) -> None:
        writer = self._store.writer
        try:
            # A power cut may take it back: the next use of the day is not worth waiting for a disk.
            await writer.submit(lambda conn: note_use(conn, token_id, day), lasting=False)
        except StoreError:
            self._noted.pop(token_id, None)
            log.warning("last_use=lost token=%s", token_id)
