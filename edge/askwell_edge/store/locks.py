"""Locks by name that a transaction holds until it ends; they bind all processes."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

_numbers = func.unnest(bindparam("numbers", type_=ARRAY(BigInteger))).column_valued("number")
_HOLD = select(func.pg_advisory_xact_lock(_numbers))


async def hold(conn: AsyncConnection, names: Iterable[str]) -> None:
    """Hold these names until the transaction ends, always in one order.

    SQLite has one writer at a time and needs none of it.
    """
    if conn.dialect.name != "postgresql":
        return
    numbers = sorted({_number(name) for name in names})
    if numbers:
        await conn.execute(_HOLD, {"numbers": numbers})


def _number(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
