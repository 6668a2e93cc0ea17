"""How many members segments have and share, counted now from every contact's mask."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.store.tables import memberships


@dataclass(frozen=True, slots=True)
class Counted:
    """Different masks of a directory, and how many contacts have each."""

    masks: NDArray[np.int64]
    contacts: NDArray[np.int64]

    def members(self, ordinal: int) -> int:
        """Members of one segment."""
        return int(self.contacts[self._inside(ordinal)].sum())

    def shared(self, rows: Sequence[RowMapping]) -> dict[tuple[str, str], int]:
        """For each two segments that share members, how many; each pair once, as `rows` go."""
        shared: dict[tuple[str, str], int] = {}
        for i, one in enumerate(rows):
            inside = self._inside(one["ordinal"])
            within = Counted(self.masks[inside], self.contacts[inside])
            for two in rows[i + 1 :]:
                if both := within.members(two["ordinal"]):
                    shared[one["segment_id"], two["segment_id"]] = both
        return shared

    def _inside(self, ordinal: int) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = (self.masks & (1 << ordinal)) != 0
        return inside


async def counted(conn: AsyncConnection, directory_id: str) -> Counted:
    """All masks of the directory, read once whatever is asked about them."""
    # One text: to group or to look at each row for each segment would take the database longer.
    listed = select(func.aggregate_strings(cast(memberships.c.mask, String), ","))
    said = await conn.scalar(listed.where(memberships.c.directory_id == directory_id))
    return await asyncio.to_thread(_grouped, said or "")


async def member_counts(conn: AsyncConnection, directory_id: str) -> dict[int, int]:
    """Members by ordinal."""
    ordinals = [row["ordinal"] for row in await segments_of(conn, directory_id)]
    if not ordinals:
        return {}
    found = await counted(conn, directory_id)
    return {each: found.members(each) for each in ordinals}


def _grouped(text: str) -> Counted:
    masks, counts = np.unique(np.fromstring(text, np.int64, sep=","), return_counts=True)
    return Counted(masks, counts.astype(np.int64))
