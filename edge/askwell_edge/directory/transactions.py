"""Transactions: what a contact did elsewhere, such as a purchase or a support call."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.fields import read_embedded_data
from askwell_edge.directory.history import record_change
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import transactions


async def record_transaction(
    conn: AsyncConnection,
    directory_id: str,
    contact_id: str,
    fields: Mapping[str, Any],
    at: int,
    *,
    path: str = "transactionData",
) -> str:
    """The new transaction's id; its fields have the limits of embedded data."""
    pairs = {k: v for k, v in read_embedded_data(fields, path).items() if v is not None}
    transaction_id = new_id("TX")
    await conn.execute(
        insert(transactions).values(
            transaction_id=transaction_id,
            contact_id=contact_id,
            directory_id=directory_id,
            at=at,
            fields=pairs,
        )
    )
    await record_change(
        conn,
        directory_id,
        contact_id,
        "transaction_added",
        at,
        "api",
        details={"transaction_id": transaction_id},
    )
    return transaction_id
