"""Ranges of the contacts' indexes: where everybody is who may pass a filter, if these are few.

A filter of which a range knows few matches reads those alone, however large the directory is.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.directory_keys import within
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import contacts

# Up to so many are looked up one by one; of more, a page is soon found among all contacts.
FEW = 5_000
# After every text that begins alike; the columns are ordered by their bytes.
LAST = "\U0010ffff"

Range = ColumnElement[bool]
# Each has everybody in it whom a filter may pass, in one range or in several.
Ways = list[list[Range]]


def begins(column: ColumnElement[str | None], text: str) -> Range:
    """Whether a column's text begins so, as one range of its index."""
    return and_(column >= text, column < text + LAST)


def either(parts: Sequence[Ways]) -> Ways:
    """The way to whom any of these parts passes; none if one of them has none."""
    return [[each for ways in parts for each in ways[0]]] if all(parts) else []


async def few_within(
    conn: AsyncConnection, directory_id: str, ways: Ways
) -> ColumnElement[bool] | None:
    """A condition that names the few contacts to be looked at; None when they are many."""
    for ranges in ways:
        found: set[str] = set()
        for each in ranges:
            wanted = select(contacts.c.contact_id).where(within(directory_id), each).limit(FEW + 1)
            found.update((await conn.execute(wanted)).scalars())
            if len(found) > FEW:
                break
        if len(found) <= FEW:
            return one_of(contacts.c.contact_id, literal(sorted(found), Texts()))
    return None
