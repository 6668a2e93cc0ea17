"""Look-ups by key in SQLite, in the event loop itself: they take less than a trip to a thread."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, CursorResult, ScalarResult
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Executable

from askwell_edge.store.sqlite import open_connection

# In the event loop nobody waits long for another process that writes.
BUSY_S = 1


class Glance(AsyncConnection):
    """An ordinary connection to whoever asks by it; nothing is ever waited for."""

    async def execute(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> CursorResult[Any]:
        """The statement's rows."""
        return self._opened().execute(statement, parameters, execution_options=execution_options)

    async def scalar(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> Any:
        """The first row's first value."""
        return self._opened().scalar(statement, parameters, execution_options=execution_options)

    async def scalars(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> ScalarResult[Any]:
        """Each row's first value."""
        return self._opened().scalars(statement, parameters, execution_options=execution_options)

    def _opened(self) -> Connection:
        return self.sync_connection  # type: ignore[return-value]


def open_glancer(path: str) -> Engine:
    """What opens connections for glances at the database in this file."""
    engine = create_engine(
        f"sqlite:///{path}",
        creator=lambda: open_connection(path, BUSY_S, read_only=True),
        pool_size=1,
        max_overflow=-1,
    )

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]

    return engine
