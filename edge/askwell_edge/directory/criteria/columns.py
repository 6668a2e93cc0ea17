"""Facts of many contacts as columns: read as they are kept, or asked for and then to be kept.

SQLite keeps what is slow to find out, packed timelines and answers about the contact itself; a
batch of contacts of whom everything is kept is read as one row.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.criteria.column_criteria import INSTANTS, ColumnCriteria, Columns
from askwell_edge.directory.criteria.found_facts import (
    KNOWN,
    NOBODY,
    Found,
    numbers,
    packs,
    together,
    unpacked,
    with_answers,
    with_timelines,
)
from askwell_edge.directory.criteria.judging import Judged
from askwell_edge.directory.criteria.kept import instants_of, kept_facts, what_memberships_say
from askwell_edge.directory.criteria.leaf_answers import Answers, Asking
from askwell_edge.directory.criteria.reading import read_timelines
from askwell_edge.directory.criteria.sql_texts import NotInSql
from askwell_edge.directory.criteria.tallies import MOST, NEVER
from askwell_edge.directory.criteria.timelines import Bools, Chosen, Kinds, Numbers
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts, memberships, timelines


class Reader:
    """Reads what criteria must know of the contacts of a directory."""

    def __init__(self, criteria: ColumnCriteria, directory_id: str, at: int, dialect: str) -> None:
        self._criteria = criteria
        self._directory_id = directory_id
        self._keeps = dialect == "sqlite"
        self._own = Asking(criteria.own, at, dialect)
        self._others = Asking(criteria.others, at, dialect)
        if self._others.in_sql(listed) is None:
            raise NotInSql("others")

    async def read(
        self,
        conn: AsyncConnection,
        ids: list[str],
        chosen: Chosen,
        asked: Mapping[str, Any],
        kinds: Kinds,
    ) -> list[Found]:
        """Everything about the contacts that are chosen by these parameters: `ids`, sorted.

        `kinds` are those that packs were made with.
        """
        asked = {"directory": self._directory_id, **asked}
        found = []
        for answered in (True, False) if self._keeps else ():
            there = await self._kept(conn, chosen, asked, kinds, answered=answered)
            if there is None:
                continue
            found.append(there)
            if there.contact_ids == ids:
                return found
            have = set(there.contact_ids)
            ids = [each for each in ids if each not in have]
            chosen, asked = listed, {"directory": self._directory_id, "ids": ids}
        found.append(await self._made(conn, chosen, asked, kinds))
        return found

    def changed(self, found: Found) -> tuple[list[Judged], list[str]]:
        """Those contacts whose memberships are not what criteria say, and who is in doubt."""
        columns, ids, known = self._columns(found), found.contact_ids, found.known
        masks, ends = self._criteria.judge(columns)
        mask, end, built_at = known.T
        other = (masks != mask) | (ends != end) | (built_at == NOBODY)
        places = np.flatnonzero(other & ~columns.doubtful)
        rows = zip(
            (ids[place] for place in places.tolist()),
            *(each[places].tolist() for each in (masks, ends, *known.T)),
            strict=True,
        )
        doubtful = np.flatnonzero(columns.doubtful).tolist()
        return [_judged(*row) for row in rows], [ids[place] for place in doubtful]

    async def _kept(
        self,
        conn: AsyncConnection,
        chosen: Chosen,
        asked: Mapping[str, Any],
        kinds: Kinds,
        *,
        answered: bool,
    ) -> Found | None:
        """Those contacts whose answers are kept, or those of whom all but the answers is, if there
        are any; where the timeline is not, that alone is read."""
        width = len(INSTANTS) + self._criteria.own.numbers
        about = {**asked, "asked": self._criteria.own.name}
        if not answered:
            about["nothing"] = bytes(8 * width)
        facts = (await conn.execute(kept_facts(chosen, answered), about)).one()
        if facts.ids is None:
            return None
        said = (await conn.execute(what_memberships_say(chosen), asked)).one()
        # Beside the event loop, where pages wait for their answers.
        found, stale = await asyncio.to_thread(unpacked, facts, said, width, kinds)
        if not found.contact_ids:
            return None
        if not answered:
            found = await self._answered(conn, chosen, asked, found, facts)
        if stale:
            read = await read_timelines(conn, listed, {"ids": stale}, kinds)
            found = await asyncio.to_thread(with_timelines, found, stale, read)
        found.others = await self._others_of(conn, chosen, asked, found.contact_ids)
        return found

    async def _answered(
        self,
        conn: AsyncConnection,
        chosen: Chosen,
        asked: Mapping[str, Any],
        found: Found,
        facts: Row[Any],
    ) -> Found:
        """The same with answers to what nobody asked these contacts yet, which are to be kept."""
        instants = (await conn.execute(instants_of(chosen), asked)).one()
        answered = await self._own.sure_answers(conn, chosen, asked, found.contact_ids)
        versions = dict(zip(facts.ids.split(","), facts.versions.split(","), strict=True))
        return await asyncio.to_thread(
            with_answers, found, instants, answered, versions, self._criteria.own.name
        )

    async def _made(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
    ) -> Found:
        """The same found out from what is stored, to be kept where it can be."""
        about = (
            select(contacts.c.contact_id, contacts.c.created_at, contacts.c.modified_at, *KNOWN)
            .outerjoin(memberships, memberships.c.contact_id == contacts.c.contact_id)
            .where(within(bindparam("directory")), chosen(contacts.c.contact_id))
            .order_by(contacts.c.contact_id)
        )
        rows = (await conn.execute(about, asked)).all()
        ids = [row[0] for row in rows]
        answered = await self._own.sure_answers(conn, chosen, asked, ids)
        others = await self._others_of(conn, chosen, asked, ids)
        read = await read_timelines(conn, chosen, asked, kinds)
        found = await asyncio.to_thread(together, rows, answered, others, read)
        if self._keeps:
            wanted = select(timelines.c.contact_id, timelines.c.version)
            there = await conn.execute(wanted.where(chosen(timelines.c.contact_id)), asked)
            name = self._criteria.own.name
            found.packs = await asyncio.to_thread(packs, found, there.all(), read.packs, name)
        return found

    async def _others_of(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], ids: Sequence[str]
    ) -> list[Answers]:
        if not len(self._criteria.others):
            return []
        answered = await self._others.answers(conn, chosen, asked)
        nothing = Answers((0,) * self._criteria.others.numbers)
        return [answered.get(each, nothing) for each in ids]

    def _columns(self, found: Found) -> Columns:
        busy = found.timelines.lengths > MOST
        tallies = self._criteria.tallies.columns_of(found.timelines)
        others, others_end, doubted = _side_by_side(found.others, len(found.contact_ids))
        return Columns(
            instants={name: found.own[:, place] for place, name in enumerate(INSTANTS)},
            own=found.own[:, len(INSTANTS) :],
            others=others,
            others_end=others_end,
            tallies={name: np.where(busy, 0, each) for name, each in tallies.items()},
            doubtful=found.uncountable | busy | doubted,
        )


def _side_by_side(answers: Sequence[Answers], count: int) -> tuple[Numbers, Numbers, Bools]:
    """Bits, next changes and doubts of so many contacts, who have no answers or one each."""
    if not answers:
        return np.zeros((count, 0), np.int64), np.full(count, NEVER), np.zeros(count, bool)
    bits, doubted, ends = zip(*answers, strict=True)
    return numbers(bits, 0), np.array(ends, np.int64), np.array(doubted, bool)


def _judged(
    contact_id: str, mask: int, end: int, known_mask: int, known_end: int, known_at: int
) -> Judged:
    there = known_at != NOBODY
    return {
        "contact_id": contact_id,
        "mask": mask,
        "next_change_at": end if end != NEVER else None,
        "known_mask": known_mask if there else None,
        "known_next_at": known_end if there and known_end != NEVER else None,
        "known_at": known_at if there else None,
    }
