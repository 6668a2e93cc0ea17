"""The store: one pool to read from, one writer; SQLite in a file or PostgreSQL, told by its URL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from askwell_edge.errors import StoreError
from askwell_edge.settings import Settings
from askwell_edge.store.changes import Changes
from askwell_edge.store.database import open_engine
from askwell_edge.store.migrate import upgrade_engine
from askwell_edge.store.writer import Writer

UNREACHABLE = (OperationalError, InterfaceError, TimeoutError, OSError)


class Store:
    """Everything the edge keeps. Reads see one consistent picture; writes go through the writer."""

    def __init__(self, engine: AsyncEngine, reader: AsyncEngine, waiting_limit: int) -> None:
        self.engine = engine
        self.changes = Changes(engine)
        self.writer = Writer(engine, self.changes, waiting_limit=waiting_limit)
        self._reader = reader

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that can only read, from one moment's picture of the store."""
        try:
            async with self._reader.connect() as conn:
                yield conn
        except UNREACHABLE as problem:
            raise StoreError() from problem

    async def close(self) -> None:
        """Write what is waiting, then let go of the store."""
        await self.writer.close()
        await self._reader.dispose()
        await self.engine.dispose()


async def open_store(settings: Settings) -> Store:
    """The store of these settings, brought to the newest schema."""
    engine = open_engine(settings.database_url)
    try:
        await upgrade_engine(engine)
    except BaseException:
        await engine.dispose()
        raise
    reader = open_engine(settings.database_url, read_only=True)
    store = Store(engine, reader, settings.writes_waiting_limit)
    store.writer.start()
    return store
