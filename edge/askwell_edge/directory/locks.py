"""Locks that keep two processes from creating the same person at the same moment."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def hold(conn: AsyncConnection, names: Iterable[str]) -> None:
    """Hold these names until the transaction ends, always in one order.

    SQLite has one writer at a time and needs none of it.
    """
    if conn.dialect.name != "postgresql":
        return
    for number in sorted({_number(name) for name in names}):
        await conn.execute(select(func.pg_advisory_xact_lock(number)))


def _number(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
