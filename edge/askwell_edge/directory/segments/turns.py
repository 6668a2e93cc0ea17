"""Whose turn it is to write what was judged a while ago: the newest sweep's over a directory.

A sweep leaves no trace of whom it judged without a change. So an older one, of this process or
another, could not tell that what it read is out of date; it judges again what it is to write.
"""

import secrets
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.inserts import run_rows
from askwell_edge.store.tables import sweeps

TURN_BITS = 62


def turns_of(directory_id: str) -> str:
    """What a write holds so that nobody takes the turn before it is committed."""
    return f"sweep {directory_id}"


async def take_turn(conn: AsyncConnection, directory_id: str) -> int:
    """The turn of a sweep that is yet to read anything; held: `turns_of`."""
    turn = secrets.randbits(TURN_BITS)
    row = {"directory_id": directory_id, "turn": turn}
    await run_rows(conn, _TAKE[conn.dialect.name], [row])
    return turn


async def has_turn(conn: AsyncConnection, directory_id: str, turn: int) -> bool:
    """Whether no sweep began since; held: `turns_of`."""
    return bool(await conn.scalar(_TURN, {"directory": directory_id}) == turn)


def _take(dialect: Any) -> Any:
    added = dialect.insert(sweeps)
    keys = [column.name for column in sweeps.primary_key]
    return added.on_conflict_do_update(index_elements=keys, set_={"turn": added.excluded.turn})


_TAKE = {each.dialect.name: _take(each) for each in (postgresql, sqlite)}
_TURN = select(sweeps.c.turn).where(sweeps.c.directory_id == bindparam("directory"))
