"""Inserts that leave alone what is there already; here the databases' SQL differs."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_new(
    conn: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert those rows whose keys are not taken; the first of two with one key wins.

    By key, so that two processes with the same rows do not wait for each other in a circle.
    """
    keys = [column.name for column in table.primary_key]
    ordered = sorted(rows, key=lambda row: [str(row[key]) for key in keys])
    if ordered:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        await conn.execute(dialect.insert(table).on_conflict_do_nothing(), ordered)
