"""Contacts who pass a filter that no index knows: looked for a while, and then from there on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, func, select

from askwell_edge.access.paging import pack_token, read_token
from askwell_edge.directory.contacts.ranges import few_within
from askwell_edge.directory.contacts.search import compile_filter, search_contacts
from askwell_edge.store.directory_keys import within
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import contacts

SLICE = 20_000
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Looked:
    """A page of contacts. `more` leads on from where it ended, None once all were looked at.

    `examined` contacts were looked at so far, earlier pages' too; None where an index knew whom.
    """

    rows: Sequence[RowMapping]
    more: str | None
    examined: int | None


async def look_for(
    store: Store,
    directory_id: str,
    page_size: int,
    after: str | None = None,
    *,
    filter: object,
    **asked: Any,
) -> Looked:
    """The next contacts who pass, by id; fewer than a page, or nobody, once two seconds are over.

    Beside the filter whatever `search_contacts` is asked with; the token is of this search alone.
    """
    _, ways = compile_filter(filter)
    async with store.read() as conn:
        if await few_within(conn, directory_id, ways) is not None:
            rows, more = await search_contacts(
                conn, directory_id, filter=filter, page_size=page_size, skip_token=after, **asked
            )
            return Looked(rows, more, None)
    until = time.monotonic() + PATIENCE_S
    low, examined = read_token(after, str, int) or ("", 0)
    found: list[RowMapping] = []
    looked = False
    while not looked or time.monotonic() < until:
        looked = True
        async with store.read() as conn:
            count, high = (await conn.execute(_slice_after(directory_id, low))).one()
            if not count:
                return Looked(found, None, examined)
            rows, _ = await search_contacts(
                conn,
                directory_id,
                filter=filter,
                page_size=page_size - len(found),
                between=(low, high),
                **asked,
            )
            found += rows
            if len(found) == page_size:
                high = rows[-1]["contact_id"]
                count = await conn.scalar(_counted(directory_id, low, high)) or 0
        low, examined = high, examined + count
        if len(found) == page_size:
            break
    async with store.read() as conn:
        left = await conn.scalar(_ids_after(directory_id, low).limit(1))
    return Looked(found, None if left is None else pack_token(low, examined), examined)


def _ids_after(directory_id: str, low: str) -> Any:
    return (
        select(contacts.c.contact_id)
        .where(within(directory_id), contacts.c.contact_id > low)
        .order_by(contacts.c.contact_id)
    )


def _slice_after(directory_id: str, low: str) -> Any:
    """How many contacts come next, a slice of them at most, and the last one's id."""
    ids = _ids_after(directory_id, low).limit(SLICE).subquery()
    return select(func.count(), func.max(ids.c.contact_id)).select_from(ids)


def _counted(directory_id: str, low: str, high: str) -> Any:
    ids = _ids_after(directory_id, low).where(contacts.c.contact_id <= high).subquery()
    return select(func.count()).select_from(ids)
