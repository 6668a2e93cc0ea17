"""Look-ups by key in SQLite, in the event loop itself: they take less than a trip to a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import Connection, CursorResult, Result, ScalarResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql import Executable

from askwell_edge.store.sqlite import open_connection

# In the event loop nobody waits long for another process that writes.
BUSY_S = 1
IDLE = 2  # connections kept for the next glances


class Glance(AsyncConnection):
    """An ordinary connection to whoever asks by it; nothing is ever waited for.

    Results are to be read before the glance ends.
    """

    def __init__(self, reader: AsyncEngine, opened: Connection) -> None:
        super().__init__(reader, opened)
        self._opened = opened
        self._results: list[Result[Any] | ScalarResult[Any]] = []

    async def execute(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> CursorResult[Any]:
        """The statement's rows."""
        rows = self._opened.execute(statement, parameters, execution_options=execution_options)
        self._results.append(rows)
        return rows

    async def scalar(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> Any:
        """The first row's first value."""
        return self._opened.scalar(statement, parameters, execution_options=execution_options)

    async def scalars(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> ScalarResult[Any]:
        """Each row's first value."""
        rows = self._opened.scalars(statement, parameters, execution_options=execution_options)
        self._results.append(rows)
        return rows

    def begin_glance(self) -> None:
        """From now on one moment's picture, as soon as something is read."""
        self._driver.execute("BEGIN")

    def end_glance(self) -> None:
        """Let go of the picture, which a statement that is half read would keep."""
        for each in self._results:
            each.close()
        self._results.clear()
        self._driver.execute("ROLLBACK")

    def let_go(self) -> None:
        """Close the connection for good."""
        self._opened.close()

    @property
    def _driver(self) -> Any:
        return self._opened.connection.driver_connection


class Glancer:
    """Connections for glances at the database in this file, as many as are in use at once.

    Each stays connected, and SQLAlchemy is told of one transaction that never ends: to open and
    close these with each glance would take longer than its look-ups.
    """

    def __init__(self, path: str, reader: AsyncEngine) -> None:
        self._reader = reader
        self._engine = create_engine(
            f"sqlite:///{path}",
            creator=lambda: open_connection(path, BUSY_S, read_only=True),
            poolclass=NullPool,
        )
        self._idle: list[Glance] = []

    @contextmanager
    def glance(self) -> Iterator[Glance]:
        """A connection, to one moment's picture of the store; none that failed is used again."""
        glance = self._idle.pop() if self._idle else Glance(self._reader, self._engine.connect())
        try:
            glance.begin_glance()
            try:
                yield glance
            finally:
                glance.end_glance()
        except BaseException:
            glance.let_go()
            raise
        if len(self._idle) < IDLE:
            self._idle.append(glance)
        else:
            glance.let_go()

    def close(self) -> None:
        """Let go of the file."""
        while self._idle:
            self._idle.pop().let_go()
