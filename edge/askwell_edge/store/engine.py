"""The store: one pool to read from, one writer; SQLite in a file or PostgreSQL, told by its URL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from askwell_edge.errors import StoreError
from askwell_edge.settings import Settings
from askwell_edge.store.changes import Changes
from askwell_edge.store.checkpoints import Checkpoints
from askwell_edge.store.database import open_engine
from askwell_edge.store.glance import Glancer
from askwell_edge.store.migrate import upgrade_engine
from askwell_edge.store.writer import Writer

UNREACHABLE = (OperationalError, InterfaceError, TimeoutError, OSError)


class Store:
    """Everything the edge keeps. Reads see one consistent picture; writes go through the writer."""

    def __init__(
        self,
        engine: AsyncEngine,
        reader: AsyncEngine,
        sweeper: AsyncEngine,
        glancer: Glancer | None,
        checkpoints: Checkpoints | None,
        waiting_limit: int,
    ) -> None:
        self.engine = engine
        self.changes = Changes(engine)
        self.writer = Writer(engine, self.changes, checkpoints, waiting_limit=waiting_limit)
        self._reader = reader
        self._sweeper = sweeper
        self._glancer = glancer
        self._checkpoints = checkpoints

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that can only read, from one moment's picture of the store."""
        async with _opened(self._reader) as conn:
            yield conn

    @asynccontextmanager
    async def sweep(self) -> AsyncIterator[AsyncConnection]:
        """The same for statements over many contacts, which give way to everything else."""
        async with _opened(self._sweeper) as conn:
            yield conn

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """The same for a few look-ups by key, with less ado: everybody else waits meanwhile.

        PostgreSQL is never waited for in the event loop: there it is a read like any other.
        """
        if self._glancer is None:
            async with self.read() as conn:
                yield conn
            return
        try:
            with self._glancer.glance() as conn:
                yield conn
        except UNREACHABLE as problem:
            raise StoreError() from problem

    async def close(self) -> None:
        """Write what is waiting, then let go of the store."""
        await self.writer.close()
        if self._checkpoints is not None:
            await self._checkpoints.close()
        if self._glancer is not None:
            self._glancer.close()
        for engine in (self._sweeper, self._reader, self.engine):
            await engine.dispose()


@asynccontextmanager
async def _opened(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        async with engine.connect() as conn:
            yield conn
    except UNREACHABLE as problem:
        raise StoreError() from problem


async def open_store(settings: Settings) -> Store:
    """The store of these settings, brought to the newest schema."""
    engine = open_engine(settings.database_url)
    try:
        await upgrade_engine(engine)
    except BaseException:
        await engine.dispose()
        raise
    url = settings.database_url
    reader = open_engine(url, read_only=True)
    sweeper = open_engine(url, read_only=True, yielding=True)
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    glancer = Glancer(path, reader) if path else None
    checkpoints = Checkpoints(path) if path else None
    limit = settings.writes_waiting_limit
    store = Store(engine, reader, sweeper, glancer, checkpoints, limit)
    # The first connection of each is made here, where nobody cancels it half way.
    async with store.read(), store.sweep(), store.glance():
        store.writer.start()
    return store
