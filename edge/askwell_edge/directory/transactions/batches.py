"""Batches of transactions: which were put together; deleting a batch deletes none of them."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.directory.directories import get_directory
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import batched_transactions, transaction_batches, transactions

AT_ONCE = 1000
SIZE_LIMIT = 100_000

_ORDER = (transaction_batches.c.at, transaction_batches.c.batch_id)


async def create_batch(conn: AsyncConnection, directory_id: str, at: int) -> str:
    """The id of a new batch, which is empty."""
    await get_directory(conn, directory_id)
    batch_id = new_id("BT")
    await conn.execute(
        insert(transaction_batches).values(batch_id=batch_id, directory_id=directory_id, at=at)
    )
    return batch_id


async def get_batch(
    conn: AsyncConnection, directory_id: str, batch_id: str, *, changing: bool = False
) -> RowMapping:
    """The batch's row; `changing` keeps others from changing it meanwhile."""
    wanted = select(transaction_batches).where(
        transaction_batches.c.directory_id == directory_id,
        transaction_batches.c.batch_id == batch_id,
    )
    if changing:
        wanted = wanted.with_for_update()
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("transaction_batch", batch_id)
    return found


async def list_batches(
    conn: AsyncConnection,
    directory_id: str,
    *,
    before: tuple[int, str] | None = None,
    limit: int = 100,
) -> Sequence[RowMapping]:
    """A directory's batches, newest first; `before` is where the last page ended."""
    wanted = select(transaction_batches).where(transaction_batches.c.directory_id == directory_id)
    if before is not None:
        wanted = wanted.where(tuple_(*_ORDER) < before)
    wanted = wanted.order_by(*(each.desc() for each in _ORDER)).limit(limit)
    return (await conn.execute(wanted)).mappings().all()


async def require_transactions(
    conn: AsyncConnection, directory_id: str, transaction_ids: Sequence[str], path: str
) -> None:
    """Refuse, by its place, what is no transaction of the directory."""
    here = select(transactions.c.transaction_id).where(
        transactions.c.directory_id == directory_id,
        transactions.c.transaction_id.in_(transaction_ids),
    )
    known = set((await conn.scalars(here)).all())
    for place, each in enumerate(transaction_ids):
        if each not in known:
            raise Invalid(f"{path}[{place}]", "is no transaction of this directory")


async def add_to_batch(
    conn: AsyncConnection, batch_id: str, transaction_ids: Sequence[str], path: str
) -> None:
    """Put transactions of its directory into the batch; those that are in it stay so."""
    wanted = list(dict.fromkeys(transaction_ids))
    inside = batched_transactions.c.batch_id == batch_id
    is_in = select(batched_transactions.c.transaction_id).where(
        inside, batched_transactions.c.transaction_id.in_(wanted)
    )
    there = set((await conn.scalars(is_in)).all())
    new = [each for each in wanted if each not in there]
    await require_room(conn, batch_id, len(new), path)
    if new:
        rows = [{"batch_id": batch_id, "transaction_id": each} for each in new]
        await conn.execute(insert(batched_transactions), rows)


async def require_room(conn: AsyncConnection, batch_id: str, count: int, path: str) -> None:
    """Refuse as many more as the batch cannot take."""
    inside = batched_transactions.c.batch_id == batch_id
    there = await conn.scalar(select(func.count()).select_from(batched_transactions).where(inside))
    if (there or 0) + count > SIZE_LIMIT:
        raise Conflict("batch_limit", f"{path}: a batch has at most {SIZE_LIMIT} transactions")


async def transactions_in(
    conn: AsyncConnection, batch_id: str, *, after: str = "", limit: int = 100
) -> Sequence[RowMapping]:
    """A batch's transactions by their ids; `after` is the last of the page before."""
    wanted = (
        select(transactions)
        .join_from(batched_transactions, transactions)
        .where(
            batched_transactions.c.batch_id == batch_id,
            batched_transactions.c.transaction_id > after,
        )
        .order_by(batched_transactions.c.transaction_id)
        .limit(limit)
    )
    return (await conn.execute(wanted)).mappings().all()


async def take_from_batch(conn: AsyncConnection, batch_id: str, transaction_id: str) -> None:
    """Take a transaction out; the transaction itself stays."""
    gone = await conn.execute(
        delete(batched_transactions).where(
            batched_transactions.c.batch_id == batch_id,
            batched_transactions.c.transaction_id == transaction_id,
        )
    )
    if gone.rowcount != 1:
        raise Unknown("transaction", transaction_id)


async def delete_batch(conn: AsyncConnection, batch_id: str) -> None:
    """Forget that these transactions were together."""
    await conn.execute(
        delete(transaction_batches).where(transaction_batches.c.batch_id == batch_id)
    )
