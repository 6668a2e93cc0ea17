"""Rows of whole numbers by contact, handed to a statement that joins them.

PostgreSQL takes them as arrays. SQLite reads a table faster than any parameter, so there they go
into a temporary one, which is the connection's own and no part of the store.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ARRAY, BigInteger, FromClause, String, bindparam, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

AT_ONCE = 1000  # rows that go into the temporary table with one statement

Row = tuple[str | int, ...]


def handed(names: Sequence[str], dialect: str, alias: str) -> FromClause:
    """What a statement joins: `contact_id` and columns with these names."""
    if dialect == "postgresql":
        arrays = (bindparam(f"{alias}_{name}", type_=ARRAY(BigInteger)) for name in names)
        ids = bindparam(f"{alias}_ids", type_=ARRAY(String))
        columns: list[Any] = [
            column("contact_id", String),
            *(column(name, BigInteger) for name in names),
        ]
        return func.unnest(ids, *arrays).table_valued(*columns).render_derived(alias)
    places = [column(f"n{n}", BigInteger) for n in range(len(names))]
    there = table(_table(names), column("contact_id", String), *places)
    labelled = (place.label(name) for place, name in zip(places, names, strict=True))
    return select(there.c.contact_id, *labelled).select_from(there).subquery(alias)


async def hand_over(
    conn: AsyncConnection, names: Sequence[str], alias: str, rows: Sequence[Row]
) -> dict[str, Any]:
    """Hand these rows over, in place of earlier ones; the parameters that a statement needs."""
    if conn.dialect.name == "postgresql":
        ids, *arrays = zip(*rows, strict=True) if rows else [()] * (1 + len(names))
        values = {f"{alias}_{name}": list(each) for name, each in zip(names, arrays, strict=True)}
        return {f"{alias}_ids": list(ids), **values}
    there = _table(names)
    places = ", ".join(f"n{n} INTEGER" for n in range(len(names)))
    await conn.exec_driver_sql(
        f"CREATE TEMP TABLE IF NOT EXISTS {there} (contact_id TEXT PRIMARY KEY, {places})"
        " WITHOUT ROWID"
    )
    await conn.exec_driver_sql(f"DELETE FROM temp.{there}")  # noqa: S608  names of ours
    row = f"({', '.join('?' * (1 + len(names)))})"
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        put = f"INSERT INTO temp.{there} VALUES {', '.join([row] * len(part))}"  # noqa: S608
        await conn.exec_driver_sql(put, tuple(chain.from_iterable(part)))
    return {}


def _table(names: Sequence[str]) -> str:
    return f"handed_{len(names)}"
