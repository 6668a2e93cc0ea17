"""Who joined and left which segment, as SQLite keeps it: in a log, one after the other.

Each move knows the contact's move before it, and the membership the last. In the order of contacts
almost each contact's moves would lie in a page of their own, whose writing is dear. PostgreSQL
appends by itself. Its moves, those from before the log, and those of contacts who were merged are
in `segment_moves`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.inserts import run_packed
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import memberships, segment_move_log, segment_moves

Move = tuple[str, str, str, bool]  # contact, move, segment, whether it was joined
MOVED = ("contact_id", "at", "move_id", "segment_id", "joined")  # columns, in their order


async def append_moves(conn: AsyncConnection, moves: Sequence[Move], at: int) -> dict[str, int]:
    """Add to the log; each contact's last move in it, which its membership is then to name.

    Each contact's moves stand together. Nobody else may write meanwhile.
    """
    if not moves:
        return {}
    first = 1 + (await conn.scalar(_LAST_NUMBER) or 0)
    last: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    for number, (contact_id, *about) in enumerate(moves, first):
        rows.append((number, last.get(contact_id), contact_id, contact_id, at, *about))
        last[contact_id] = number
    await run_packed(conn, _APPEND, _APPENDED, rows)
    return last


async def bring_home(conn: AsyncConnection, contact_ids: Sequence[str]) -> None:
    """Have these contacts' moves all in `segment_moves`, from where others can take them over."""
    if conn.dialect.name == "sqlite":
        columns = segment_moves.columns.keys()
        await conn.execute(
            insert(segment_moves).from_select(columns, select(*_told(_LISTED))),
            {"ids": contact_ids},
        )
        await forget_log(conn, contact_ids)


async def forget_log(conn: AsyncConnection, contact_ids: Sequence[str]) -> None:
    """Leave nothing of these contacts in the log; their memberships must be there still."""
    if conn.dialect.name == "sqlite":
        await conn.execute(_FORGET, {"ids": contact_ids})
        none = update(memberships).values(last_move_no=None)
        await conn.execute(none.where(memberships.c.contact_id.in_(contact_ids)))


def logged_moves(contact_id: str) -> Select[Any]:
    """A contact's moves in the log, with the columns of `segment_moves`."""
    return select(*_told(_chain(memberships.c.contact_id == contact_id)))


def _chain(whose: ColumnElement[bool]) -> CTE:
    """The log of these contacts, from each one's last move back."""
    last = select(segment_move_log).join(
        memberships, memberships.c.last_move_no == segment_move_log.c.move_no
    )
    chain = last.where(whose).cte("chain", recursive=True)
    before = select(segment_move_log).join(chain, chain.c.previous_no == segment_move_log.c.move_no)
    return chain.union_all(before)


def _told(chain: CTE) -> list[ColumnElement[Any]]:
    return [chain.c[column.name] for column in segment_moves.columns]


_APPENDED = ("move_no", "previous_no", "wanted_id", *MOVED)
_APPEND = insert(segment_move_log).values(
    move_no=bindparam("move_no"),
    previous_no=func.coalesce(
        bindparam("previous_no"),
        select(memberships.c.last_move_no)
        .where(memberships.c.contact_id == bindparam("wanted_id"))
        .scalar_subquery(),
    ),
    **{name: bindparam(name) for name in MOVED},
)
_LAST_NUMBER = select(func.max(segment_move_log.c.move_no))
_LISTED = _chain(one_of(memberships.c.contact_id, bindparam("ids", type_=Texts())))
_FORGET = delete(segment_move_log).where(segment_move_log.c.move_no.in_(select(_LISTED.c.move_no)))
