"""/API/v3 batches of transactions."""

from typing import Annotated

from msgspec import Meta, Struct, field
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Instant, Made, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.paging import PAGE, next_page, pack_token, page_size, read_token
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.transactions import batches as batches
from askwell_edge.directory.transactions.transactions_api import (
    MANAGE,
    READ,
    Date,
    Transaction,
    read_instant,
    transaction_shape,
)

ALL = "/directories/{directory_id}/transactionbatches"
ONE = f"{ALL}/{{batch_id}}"
INSIDE = f"{ONE}/transactions"

TransactionId = Annotated[
    str, Meta(pattern="^TX_[0-9A-Za-z]{15}$", examples=["TX_0a6k1WdZ9pQ3xYt"])
]
TransactionIds = Annotated[list[TransactionId], Meta(max_length=batches.AT_ONCE)]


class NewBatch(Struct, rename="camel", forbid_unknown_fields=True):
    """A batch with these transactions, at most 1,000; `creationDate` is now if absent."""

    transaction_ids: TransactionIds = field(default_factory=list)
    creation_date: Date = None


class BatchAddition(Struct, rename="camel", forbid_unknown_fields=True):
    """Transactions of the directory to put into a batch, at most 1,000 at once."""

    transaction_ids: Annotated[TransactionIds, Meta(min_length=1)]


class TransactionBatch(Shown):
    """A batch of transactions."""

    batch_id: str
    creation_date: Instant


async def list_all(call: Call) -> Page[TransactionBatch]:
    """GET: batches, newest first, page by page."""
    directory_id, size = _allowed(call), page_size(call)
    before = read_token(call.query("skipToken"), int, str)
    async with call.reading() as conn:
        rows = await batches.list_batches(
            conn,
            directory_id,
            before=None if before is None else (before[0], before[1]),
            limit=size,
        )
    last = rows[-1] if len(rows) == size else None
    token = None if last is None else pack_token(last["at"], last["batch_id"])
    return Page(elements=[_shape(row) for row in rows], next_page=next_page(call, token))


async def get(call: Call) -> TransactionBatch:
    """GET: one batch."""
    async with call.reading() as conn:
        return _shape(await batches.get_batch(conn, _allowed(call), call.path("batch_id")))


async def create(call: Call) -> Made:
    """POST: a batch, with transactions or still without."""
    body = await call.body(NewBatch)
    directory_id = _allowed(call)
    at = read_instant(body.creation_date, "creationDate", call.at)

    async def write(conn: AsyncConnection) -> str:
        ids = body.transaction_ids
        await batches.require_transactions(conn, directory_id, ids, "transactionIds")
        batch_id = await batches.create_batch(conn, directory_id, at)
        await batches.add_to_batch(conn, batch_id, ids, "transactionIds")
        after = {"at": at, "transaction_ids": body.transaction_ids}
        await _record(conn, call, "create", batch_id, after=after)
        return batch_id

    return Made(id=await call.write(write))


async def delete(call: Call) -> None:
    """DELETE: the batch; its transactions stay."""

    async def write(conn: AsyncConnection) -> None:
        batch = await _changing(conn, call)
        await batches.delete_batch(conn, batch["batch_id"])
        await _record(conn, call, "delete", batch["batch_id"], before=_shape(batch))

    await call.write(write)


async def list_inside(call: Call) -> Page[Transaction]:
    """GET: a batch's transactions, page by page."""
    directory_id, size = _allowed(call), page_size(call)
    after = read_token(call.query("skipToken"), str)
    async with call.reading() as conn:
        batch = await batches.get_batch(conn, directory_id, call.path("batch_id"))
        rows = await batches.transactions_in(
            conn, batch["batch_id"], after=after[0] if after else "", limit=size
        )
    token = pack_token(rows[-1]["transaction_id"]) if len(rows) == size else None
    shown = [transaction_shape(row) for row in rows]
    return Page(elements=shown, next_page=next_page(call, token))


async def add(call: Call) -> Made:
    """POST: more transactions, all of them or none; those that are in it already stay."""
    body = await call.body(BatchAddition)

    async def write(conn: AsyncConnection) -> str:
        batch = await _changing(conn, call)
        ids = body.transaction_ids
        await batches.require_transactions(conn, batch["directory_id"], ids, "transactionIds")
        await batches.add_to_batch(conn, batch["batch_id"], ids, "transactionIds")
        after = {"transaction_ids": body.transaction_ids}
        await _record(conn, call, "add", batch["batch_id"], after=after)
        return str(batch["batch_id"])

    return Made(id=await call.write(write))


async def take(call: Call) -> None:
    """DELETE: one transaction from the batch; the transaction itself stays."""

    async def write(conn: AsyncConnection) -> None:
        batch, transaction_id = await _changing(conn, call), call.path("transaction_id")
        await batches.take_from_batch(conn, batch["batch_id"], transaction_id)
        before = {"transaction_ids": [transaction_id]}
        await _record(conn, call, "remove", batch["batch_id"], before=before)

    await call.write(write)


def _allowed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    return directory_id


async def _changing(conn: AsyncConnection, call: Call) -> RowMapping:
    return await batches.get_batch(conn, _allowed(call), call.path("batch_id"), changing=True)


def _shape(row: RowMapping) -> TransactionBatch:
    return TransactionBatch(batch_id=row["batch_id"], creation_date=row["at"])


async def _record(
    conn: AsyncConnection,
    call: Call,
    verb: str,
    batch_id: str,
    *,
    before: audit.Image = None,
    after: audit.Image = None,
) -> None:
    who, action = call.caller.operator_id, f"transaction_batch.{verb}"
    await audit.record(conn, who, action, batch_id, call.at, before=before, after=after)


routes: list[BaseRoute] = [
    api("GET", ALL, READ, list_all, query=PAGE),
    api("POST", ALL, MANAGE, create, body=NewBatch),
    api("GET", ONE, READ, get),
    api("DELETE", ONE, MANAGE, delete),
    api("GET", INSIDE, READ, list_inside, query=PAGE),
    api("POST", INSIDE, MANAGE, add, body=BatchAddition),
    api("DELETE", f"{INSIDE}/{{transaction_id}}", MANAGE, take),
]
