"""Contacts that people may take for one another by their references (R1, B14)."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.contacts import NEWEST_FIRST
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts

SHOWN = 10
LETTERS = 6  # of so many every way to write them is looked up, by itself in the index


async def namesakes_of(
    conn: AsyncConnection, directory_id: str, row: Mapping[Any, Any]
) -> Sequence[RowMapping]:
    """At most ten others with the contact's reference, or with one that letter case tells apart.

    Of a reference with many letters those in capitals or in small letters alone are looked for.
    """
    reference = row["external_reference"]
    if not reference:
        return []
    wanted = (
        select(contacts)
        .where(
            within(directory_id),
            contacts.c.external_reference.in_(ways_to_write(reference)),
            contacts.c.contact_id != row["contact_id"],
        )
        .order_by(*NEWEST_FIRST)
        .limit(SHOWN)
    )
    return (await conn.execute(wanted)).mappings().all()


def ways_to_write(reference: str) -> list[str]:
    """The reference in other letter case, and as it is."""
    ways = [sorted({each.lower(), each.upper()}) for each in reference]
    if sum(len(each) > 1 for each in ways) > LETTERS:
        return sorted({reference, reference.lower(), reference.upper()})
    return ["".join(each) for each in product(*ways)]
