"""SQLite connections that need one trip to their thread for a statement.

aiosqlite makes four: cursor, execute, fetch, close. Of a statement's cost that was the most.
"""

import _sqlite3
import ctypes
import os
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self
from urllib.parse import quote

import aiosqlite

# How long to wait for another process that writes.
BUSY_S = 15
LEAST_URGENT = 19  # of the priorities that a thread may have, from -20

READER_KIB = 2_000
WRITER_KIB = 64 << 10
# Of a log that begins anew so much stays on the disk, to be written over.
LOG_KEPT_BYTES = 16 << 20
# Nobody lets the log grow so long where checkpoints are made beside the writer: 512 MiB.
LAST_RESORT_PAGES = 128_000
ONE_TRIP = 2_000  # rows that come back with the statement itself

CONFIG_MEMSTATUS = 9  # as sqlite3.h has it


def _count_no_memory() -> None:
    """Have SQLite keep no account of its memory, which nobody here asks for.

    For that each allocation takes one lock of the whole process: of the processor's time of a
    rebuild in two threads it is a fifth. It can be said only while nothing of SQLite's is in use,
    hence on import, and only where its library is one that can be asked whether this is so.
    """
    if sys.platform != "linux":
        return
    try:
        library = ctypes.CDLL(_sqlite3.__file__)  # and what it is linked with
        used = library.sqlite3_memory_used
        steps = library.sqlite3_shutdown, library.sqlite3_config, library.sqlite3_initialize
    except (AttributeError, OSError):
        return  # built into the interpreter
    used.restype = ctypes.c_int64
    if used() == 0:  # no connection is open
        shutdown, config, initialize = steps
        shutdown()
        config(CONFIG_MEMSTATUS, 0)
        initialize()


_count_no_memory()


class OneTripCursor:
    """A cursor that comes back from its thread with the rows, or the first of very many."""

    arraysize = 1

    def __init__(self, connection: "OneTripConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self._opened: sqlite3.Cursor | None = None  # there may be more
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement and keep what it answered."""
        await self._connection.run(self._execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of `parameters`."""
        await self._connection.run(self._executemany, sql, parameters)

    async def fetchall(self) -> list[Any]:
        """The rows of the last statement, once."""
        if self._opened is not None:
            await self._connection.run(self._more, None)
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """So many of those rows that were not fetched yet; the others are still to be found."""
        size = size or self.arraysize
        if self._opened is not None and len(self._rows) < size:
            await self._connection.run(self._more, max(size, ONE_TRIP))
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def close(self) -> None:
        """Leave what was not fetched."""
        if self._opened is not None:
            await self._connection.run(self._shut)

    def _execute(self, sql: str, parameters: Sequence[Any]) -> None:
        self._keep(self._connection.opened.execute(sql, parameters))

    def _executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._keep(self._connection.opened.executemany(sql, parameters))

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self.lastrowid = cursor.lastrowid
        self._rows, self._opened = [], cursor
        if cursor.description:
            self._more(ONE_TRIP)
        else:
            self._shut()

    def _more(self, size: int | None) -> None:
        if self._opened is None:
            return
        rows = self._opened.fetchall() if size is None else self._opened.fetchmany(size)
        self._rows += rows
        if size is None or len(rows) < size:
            self._shut()

    def _shut(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self.rowcount = self._opened.rowcount  # known at the end alone
        self._opened = None


class OneTripConnection(aiosqlite.Connection):
    """A connection with a thread of its own."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        """A cursor; making it takes no trip."""
        return OneTripCursor(self)

    @property
    def opened(self) -> sqlite3.Connection:
        """The connection itself."""
        return self._conn

    async def run(self, call: Callable[..., None], *arguments: Any) -> None:
        """Run `call` where this connection's statements run."""
        await self._execute(call, *arguments)  # type: ignore[no-untyped-call]

    async def set_lasting(self, lasting: bool) -> None:
        """Whether commits wait for the disk, or checkpoints alone do.

        Those who do not wait write much: they leave the log as long as it is, since making it
        longer takes twice as long as writing over it.
        """
        level, kept = ("FULL", LOG_KEPT_BYTES) if lasting else ("NORMAL", -1)
        await self.run(self._set, f"synchronous = {level}", f"journal_size_limit = {kept}")

    def _set(self, *pragmas: str) -> None:
        for pragma in pragmas:
            self.opened.execute(f"PRAGMA {pragma}").close()


def connector(
    path: str, *, read_only: bool = False, yielding: bool = False
) -> Callable[[], Awaitable[OneTripConnection]]:
    """What opens a connection to the database in this file.

    A `yielding` one works only while nobody else wants the processor.
    """

    def open_in_thread() -> sqlite3.Connection:
        if yielding and sys.platform == "linux":  # elsewhere a thread has no priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST_URGENT)
        return open_connection(path, BUSY_S, read_only=read_only)

    async def connect() -> OneTripConnection:
        connection = OneTripConnection(open_in_thread, iter_chunk_size=64)
        # Nobody waits for the thread of a connection that was never closed.
        connection._thread.daemon = True
        await connection
        return connection

    return connect


def open_connection(path: str, busy_s: int, *, read_only: bool) -> sqlite3.Connection:
    """WAL with synchronous=FULL: an acknowledged write survives a power cut."""
    # A reader may write into temporary tables, which are its own.
    uri = f"file:{quote(path)}?mode={'ro' if read_only else 'rwc'}"
    # No isolation level: the driver must not begin transactions by itself, or savepoints are lost.
    opened = sqlite3.connect(
        uri, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "case_sensitive_like = ON",
        # What a savepoint may have to put back: never worth a file.
        "temp_store = MEMORY",
        # A writer has the hot pages of many indexes at hand, and brings them home less often.
        f"cache_size = {-READER_KIB if read_only else -WRITER_KIB}",
        f"wal_autocheckpoint = {LAST_RESORT_PAGES}",
        f"journal_size_limit = {LOG_KEPT_BYTES}",
    ):
        opened.execute(f"PRAGMA {pragma}")
    return opened
