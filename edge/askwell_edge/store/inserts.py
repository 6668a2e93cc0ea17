"""Many rows written at once, by the driver itself: what SQLAlchemy adds to each row is the most.

Nothing that is kept in memory may depend on these tables: `store/changes.py` does not see it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Row = Mapping[str, Any]
Pack = Callable[[Row], tuple[Any, ...]]


async def insert_rows(conn: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns."""
    if rows:
        statement, _, pack = _prepared(table, tuple(rows[0]), conn.dialect, anyway=True)
        await conn.exec_driver_sql(statement, [pack(row) for row in rows])


async def insert_packed(
    conn: AsyncConnection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of values as the driver takes them; `names` in the order of the table."""
    if rows:
        statement, places, _ = _prepared(table, tuple(names), conn.dialect, anyway=True)
        if list(places) != list(names):
            raise ValueError(f"the columns stand in this order: {', '.join(places)}")
        await conn.exec_driver_sql(statement, rows)


async def insert_new(conn: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert those rows whose keys are not taken; the first of two with one key wins.

    By key, so that two processes with the same rows do not wait for each other in a circle.
    """
    if rows:
        keys = [column.name for column in table.primary_key]
        ordered = sorted(rows, key=lambda row: [str(row[key]) for key in keys])
        statement, _, pack = _prepared(table, tuple(rows[0]), conn.dialect, anyway=False)
        await conn.exec_driver_sql(statement, [pack(row) for row in ordered])


async def run_rows(conn: AsyncConnection, statement: Executable, rows: Sequence[Row]) -> None:
    """Run a statement of several parameters for each row, whose values the driver takes as they
    are."""
    if rows:
        text, names = _compiled(statement, conn.dialect)
        await conn.exec_driver_sql(text, list(map(itemgetter(*names), rows)))


async def run_packed(
    conn: AsyncConnection,
    statement: Executable,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> int:
    """The same with rows of values, `names` in the order of the statement's parameters.

    How many rows of the table it was, where the driver knows: SQLite's does.
    """
    if not rows:
        return 0
    text, places = _compiled(statement, conn.dialect)
    if list(places) != list(names):
        raise ValueError(f"the parameters stand in this order: {', '.join(places)}")
    return (await conn.exec_driver_sql(text, rows)).rowcount


@lru_cache(maxsize=64)
def _compiled(statement: Any, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup)


@lru_cache(maxsize=64)
def _prepared(
    table: Table, names: tuple[str, ...], dialect: Dialect, *, anyway: bool
) -> tuple[str, tuple[str, ...], Pack]:
    """The statement in the driver's own words, its parameters, and what makes them of a row."""
    insert = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    wanted = insert if anyway else insert.on_conflict_do_nothing()
    compiled = wanted.compile(dialect=dialect, column_keys=list(names))
    names = tuple(compiled.positiontup or ())
    made = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    places = [(i, make) for i, make in enumerate(made) if make is not None]

    def pack(row: Row) -> tuple[Any, ...]:
        values = [row[name] for name in names]
        for i, make in places:
            values[i] = make(values[i])
        return tuple(values)

    return str(compiled), names, pack
