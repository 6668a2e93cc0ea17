"""Transactions that are on the disk before they end, and some that need not be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from askwell_edge.store.sqlite import OneTripConnection


@asynccontextmanager
async def begun(engine: AsyncEngine, *, lasting: bool) -> AsyncIterator[AsyncConnection]:
    """A transaction; if not `lasting`, a power cut may undo it with all that came after it.

    A killed process undoes neither, and the next lasting one makes both last.
    """
    if lasting:
        async with engine.begin() as conn:
            yield conn
        return
    async with engine.connect() as conn:
        opened = (await conn.get_raw_connection()).driver_connection
        if not isinstance(opened, OneTripConnection):
            async with conn.begin():
                await conn.execute(text("SET LOCAL synchronous_commit = off"))
                yield conn
            return
        await opened.set_lasting(False)
        try:
            async with conn.begin():
                yield conn
        finally:
            await opened.set_lasting(True)
