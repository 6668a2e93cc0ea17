"""SQLite's log brought home to the database beside the writer, so that little of it is waited for.

A page that changed many times since goes home once. What was written while others went home is
brought home between two transactions, from where the log begins anew.
"""

import asyncio
import logging
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from askwell_edge.store.sqlite import BUSY_S, LOG_KEPT_BYTES, open_connection

# So much of the log is not home when a pass over it begins: a log that began anew is shorter.
BEGIN_BYTES = 4 * LOG_KEPT_BYTES
# So little may be left for the last pass, during which nobody writes.
REST_BYTES = LOG_KEPT_BYTES // 2
# Nor does a log that grows as fast as it is brought home grow longer before that.
LONG_BYTES = 4 * BEGIN_BYTES

# https://www.sqlite.org/fileformat.html#the_write_ahead_log
HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24

log = logging.getLogger(__name__)


class Checkpoints:
    """Those of one database; asked between any two transactions whether one is due."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._log = Path(f"{path}-wal")
        self._thread = ThreadPoolExecutor(1, "checkpoints")
        self._opened: sqlite3.Connection | None = None
        self._passing: asyncio.Future[None] | None = None
        self._salts = b""  # what the log's frames are told by from those before it began anew
        self._reached = 0  # where it ended when the newest pass began
        self._home = 0  # so much of it is home

    async def between(self, *, is_waited_for: bool) -> None:
        """Begin a pass over a long log, or wait for the last one over what is left.

        That one is put off while a write `is_waited_for`, unless the log is too long by now.
        """
        salts, size = written(self._log)
        if salts != self._salts:
            self._salts, self._home = salts, 0
        is_long = size >= self._home + LONG_BYTES
        if self._passing is None:
            if size - self._home >= BEGIN_BYTES:
                self._passing = self._begin(size)
        elif is_long or self._passing.done():
            await self._passing
            if size - self._reached > REST_BYTES and not is_long:
                self._passing = self._begin(size)
            elif is_long or not is_waited_for:
                await self._begin(size)
                self._passing, self._home = None, size

    async def close(self) -> None:
        """Let go of the database."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _begin(self, size: int) -> asyncio.Future[None]:
        self._reached = size
        return asyncio.get_running_loop().run_in_executor(self._thread, self._pass)

    def _pass(self) -> None:
        try:
            if self._opened is None:
                self._opened = open_connection(self._path, BUSY_S, read_only=False)
            self._opened.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        except sqlite3.Error as problem:
            # The log is whole and only grows; the writer itself brings home one that is too long.
            log.warning("checkpoint=failed problem=%s", type(problem).__name__)

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()


def written(log: Path) -> tuple[bytes, int]:
    """The salts of a log, and how many of its bytes were written since it began anew.

    What comes after them is of earlier logs, with other salts. A log of less than `BEGIN_BYTES` has
    no salts and is taken to be all new.
    """
    try:
        file = log.open("rb", buffering=0)
    except FileNotFoundError:
        return b"", 0
    with file:
        size = os.fstat(file.fileno()).st_size
        if size < BEGIN_BYTES:
            return b"", size
        header = os.pread(file.fileno(), HEADER_BYTES, 0)
        salts = header[16:24]
        frame = FRAME_HEADER_BYTES + int.from_bytes(header[8:12], "big")
        new, old = 0, (size - HEADER_BYTES) // frame  # so many are new, from here on all are old
        while new < old:
            middle = (new + old) // 2
            if os.pread(file.fileno(), 8, HEADER_BYTES + middle * frame + 8) == salts:
                new = middle + 1
            else:
                old = middle
    return salts, HEADER_BYTES + new * frame
