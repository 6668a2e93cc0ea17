"""Transactions: what a contact did elsewhere, such as a purchase or a support call."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Unknown
from askwell_edge.directory.contacts.fields import read_embedded_data
from askwell_edge.directory.history import change_row, record_change
from askwell_edge.store.ids import new_id, new_ids
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import touchpoints, transactions

ADDED = "transaction_added"


async def record_transaction(
    conn: AsyncConnection,
    directory_id: str,
    contact_id: str,
    fields: Mapping[str, Any],
    at: int,
    *,
    list_id: str | None = None,
    path: str = "transactionData",
) -> str:
    """The new transaction's id; its fields have the limits of embedded data."""
    transaction_id = new_id("TX")
    await conn.execute(
        insert(transactions).values(
            transaction_id=transaction_id,
            contact_id=contact_id,
            directory_id=directory_id,
            list_id=list_id,
            at=at,
            fields=_read(fields, path),
        )
    )
    details = {"transaction_id": transaction_id}
    await record_change(conn, directory_id, contact_id, ADDED, at, "api", details=details)
    return transaction_id


async def record_transactions(
    conn: AsyncConnection,
    directory_id: str,
    happened: Sequence[tuple[str, Mapping[str, str]]],
    at: int,
    list_id: str | None = None,
) -> list[str]:
    """The new transactions' ids; each is a contact's id and fields that were checked already."""
    ids = new_ids("TX", len(happened))
    named = list(zip(ids, happened, strict=True))
    rows = [
        {
            "transaction_id": transaction_id,
            "contact_id": contact_id,
            "directory_id": directory_id,
            "list_id": list_id,
            "at": at,
            "fields": dict(fields),
        }
        for transaction_id, (contact_id, fields) in named
    ]
    await insert_rows(conn, transactions, rows)
    changes = [
        change_row(directory_id, contact_id, ADDED, at, "api", details={"transaction_id": each})
        for each, (contact_id, _) in named
    ]
    await insert_rows(conn, touchpoints, changes)
    return ids


async def get_transaction(
    conn: AsyncConnection, directory_id: str, transaction_id: str
) -> RowMapping:
    """The transaction's row."""
    wanted = select(transactions).where(
        transactions.c.directory_id == directory_id,
        transactions.c.transaction_id == transaction_id,
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("transaction", transaction_id)
    return found


async def transactions_of(
    conn: AsyncConnection,
    contact_id: str,
    *,
    before: tuple[int, str] | None = None,
    limit: int = 100,
) -> Sequence[RowMapping]:
    """A contact's transactions, newest first; `before` is where the last page ended."""
    order = (transactions.c.at, transactions.c.transaction_id)
    wanted = select(transactions).where(transactions.c.contact_id == contact_id)
    if before is not None:
        wanted = wanted.where(tuple_(*order) < before)
    wanted = wanted.order_by(*(each.desc() for each in order)).limit(limit)
    return (await conn.execute(wanted)).mappings().all()


async def change_transaction(
    conn: AsyncConnection,
    row: RowMapping,
    fields: Mapping[str, Any],
    *,
    at: int | None = None,
    append: bool = False,
) -> None:
    """Give the transaction these fields instead of its own, or (`append`) beside them."""
    kept = {**row["fields"], **_read(fields, "data")} if append else _read(fields, "data")
    await conn.execute(
        update(transactions)
        .where(transactions.c.transaction_id == row["transaction_id"])
        .values(fields=kept, at=row["at"] if at is None else at)
    )


async def delete_transaction(conn: AsyncConnection, transaction_id: str) -> None:
    """Forget the transaction; the timeline keeps that there was one."""
    await conn.execute(delete(transactions).where(transactions.c.transaction_id == transaction_id))


def _read(fields: Mapping[str, Any], path: str) -> dict[str, str]:
    pairs = read_embedded_data(fields, path)
    return {name: value for name, value in pairs.items() if value is not None}
