"""Marks on contacts whose timelines changed: they are to be judged again within seconds.

A small table of its own: who is judged and has not moved costs an entry here, not the rewriting of
a page of memberships.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.timelines import Chosen
from askwell_edge.store.inserts import run_packed, run_rows
from askwell_edge.store.tables import due_marks

MARK_BITS = 62


# A contact's id and its mark. No two marks of a contact are alike, so that nobody takes a new one
# for one that was seen.
Mark = tuple[str, int]


async def mark_due(conn: AsyncConnection, touched: Collection[tuple[str, str]]) -> None:
    """Have contacts judged again, each given as `(directory_id, contact_id)`."""
    mark = secrets.randbits(MARK_BITS)
    rows = [
        {"directory_id": directory_id, "contact_id": contact_id, "mark": mark}
        for directory_id, contact_id in sorted(touched)
    ]
    await run_rows(conn, _MARK[conn.dialect.name], rows)


async def marks_of(conn: AsyncConnection, directory_id: str, limit: int) -> list[Mark]:
    """Marks on contacts of a directory, by the contacts' ids."""
    row = (await conn.execute(_MARKED, {"directory": directory_id, "limit": limit})).one()
    if row.ids is None:
        return []
    return list(zip(row.ids.split(","), map(int, row.marks.split(",")), strict=True))


async def marks_on(
    conn: AsyncConnection, directory_id: str, chosen: Chosen, asked: Mapping[str, Any]
) -> list[Mark]:
    """The marks on the chosen contacts, `asked` being parameters of `chosen`.

    To be read before the facts that are judged: what a mark stands for is then among them.
    """
    wanted = (
        select(due_marks.c.contact_id, due_marks.c.mark)
        .where(due_marks.c.directory_id == bindparam("directory"), chosen(due_marks.c.contact_id))
        .order_by(due_marks.c.contact_id)
    )
    rows = await conn.execute(wanted, {"directory": directory_id, **asked})
    return list(map(tuple, rows.all()))


async def settle(conn: AsyncConnection, directory_id: str, marks: Sequence[Mark]) -> None:
    """Take these marks off, since their contacts were judged; a newer one stays."""
    rows = [(directory_id, contact_id, mark) for contact_id, mark in marks]
    await run_packed(conn, _SETTLE, ("directory", "contact", "seen"), rows)


def _mark(dialect: Any) -> Any:
    added = dialect.insert(due_marks)
    keys = [column.name for column in due_marks.primary_key]
    return added.on_conflict_do_update(index_elements=keys, set_={"mark": added.excluded.mark})


def _marked() -> Select[str, str]:
    """Ids and marks as one text each: that many rows would take longer."""
    some = (
        select(due_marks.c.contact_id, cast(due_marks.c.mark, String).label("mark"))
        .where(due_marks.c.directory_id == bindparam("directory"))
        .order_by(due_marks.c.contact_id)
        .limit(bindparam("limit", type_=Integer))
        .subquery()
    )
    ids, marks = (func.aggregate_strings(each, ",") for each in (some.c.contact_id, some.c.mark))
    return select(ids.label("ids"), marks.label("marks"))


_MARK = {each.dialect.name: _mark(each) for each in (postgresql, sqlite)}
_MARKED = _marked()
_SETTLE = delete(due_marks).where(
    due_marks.c.directory_id == bindparam("directory"),
    due_marks.c.contact_id == bindparam("contact"),
    due_marks.c.mark == bindparam("seen"),
)
